using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Commands.Governance;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Commands.Loading;
using Mesh.Commands.State;
using Mesh.Model;
using Mesh.Training.Loading;
using Microsoft.Win32.SafeHandles;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh jobs read --tensors</c>: rows of a job's input or a table as safetensors over a pipe.</summary>
internal sealed class JobsReadCommand
{
    private readonly Option<bool> tensors = new("--tensors") { Description = "Stream batches of tensors: safetensors files, each behind its length." };
    private readonly Option<bool> describe = new("--describe") { Description = "Say which tensors and how many rows there are, instead of streaming." };
    private readonly Option<string?> spec = new("--spec") { Description = "Job spec whose input is read (default: MESH_JOB_SPEC, its files below MESH_INPUT_DIR).", HelpName = "FILE" };
    private readonly Option<string?> input = new("--input") { Description = "Product of the input, when the job has several.", HelpName = "PRODUCT" };
    private readonly Option<string?> table = new("--table", "--product") { Description = "Read a table, or a product's, instead of a job's input.", HelpName = "NAME" };
    private readonly Option<string?> snapshot = new("--snapshot") { Description = "Snapshot id, branch or tag of the table (default: the current snapshot).", HelpName = "REF" };
    private readonly Option<string[]> columns = new("--columns")
    {
        Description = "Columns, with commas between; STRUCT.COLUMN, LIST[N] for lists of N elements each (default: all that become tensors, text left out).", HelpName = "NAMES",
    };
    private readonly Option<int> batchSize = new("--batch-size") { Description = "Samples per batch.", DefaultValueFactory = _ => new TensorReadOptions().BatchSize, HelpName = "N" };
    private readonly Option<string> shuffleBuffer = new("--shuffle-buffer")
    {
        Description = "Bytes of rows that are shuffled at a time; 0 for the order of the files.", DefaultValueFactory = _ => "64MiB", HelpName = "SIZE",
    };
    private readonly Option<long> seed = new("--seed") { Description = "Decides the order.", DefaultValueFactory = _ => new TensorReadOptions().Seed, HelpName = "N" };
    private readonly Option<int> epochs = new("--epochs") { Description = "Passes over the rows, each in another order.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<string> shard = new("--shard") { Description = "Part I of N, from 0: RANK/WORLD_SIZE of torchrun.", DefaultValueFactory = _ => "0/1", HelpName = "I/N" };
    private readonly Option<string?> resume = new("--resume") { Description = "Go on behind the batch that had this cursor.", HelpName = "CURSOR" };
    private readonly Option<int> window = new("--window") { Description = "Consecutive rows of a recording that make a sample.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<int> stride = new("--stride") { Description = "Windows begin at sequence numbers that are multiples of this.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<HoldoutUse> holdouts = new("--holdouts") { Description = "Recordings of frozen hold-outs.", DefaultValueFactory = _ => HoldoutUse.Exclude, HelpName = "exclude|only|include" };
    private readonly Option<TextTensors> text = new("--text") { Description = "What becomes of text.", DefaultValueFactory = _ => TextTensors.Codes, HelpName = "codes|bytes|refuse" };
    private readonly Option<int> parallelism = new("--parallelism") { Description = "Columns decoded at the same time.", DefaultValueFactory = _ => 1, HelpName = "N" };
    private readonly Option<string> output = new("--output", "-o") { Description = "File to write; - is standard output.", DefaultValueFactory = _ => "-", HelpName = "FILE" };

    public static Command Create() => new JobsReadCommand().Build();

    private Command Build()
    {
        var where = CatalogueTableCommands.Where();
        var (server, data, token, config, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config(), CommonOptions.Json());
        var command = new Command("read", "Rows of a job's input, or of a table, as shuffled batches of tensors that a trainer reads from a pipe.");
        foreach (var option in new Option[]
        {
            tensors, describe, spec, input, table, snapshot, columns, where, batchSize, shuffleBuffer, seed, epochs, shard, resume, window, stride, holdouts, text, parallelism, output,
            server, data, token, config, json,
        }) command.Add(option);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!parsed.GetValue(tensors) && !parsed.GetValue(describe)) throw new UsageException("Say what is wanted: --tensors to stream batches, or --describe.");
            var request = Read(parsed, parsed.GetValue(where));
            using var storage = request.Table is not null && parsed.GetValue(data) is { } folder ? OpenStorage(folder, parsed.GetValue(config)) : null;
            var source = request.Table is null
                ? TensorSources.OfJob(request)
                : await FindTableAsync(request, (parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config)), storage, cancellationToken).ConfigureAwait(false);
            var stream = await TensorStream.OpenAsync(source, request.Options, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                if (parsed.GetValue(describe)) Print(stream.View, parsed.GetValue(json));
                else await StreamAsync(stream, parsed.GetValue(output)!, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            }

            return ExitCodes.Done;
        });
        return command;
    }

    private TensorRequest Read(ParseResult parsed, string? where)
    {
        string? specFile = parsed.GetValue(spec) ?? (parsed.GetValue(table) is null ? Environment.GetEnvironmentVariable("MESH_JOB_SPEC") : null);
        if (specFile is null == parsed.GetValue(table) is null)
        {
            throw new UsageException("Name what is read: --table NAME, or --spec FILE (MESH_JOB_SPEC within a job), not both.");
        }

        if (!ByteSizeText.TryParse(parsed.GetValue(shuffleBuffer), out long buffer)) throw new UsageException($"--shuffle-buffer '{parsed.GetValue(shuffleBuffer)}' is no size such as 64MiB.");
        string[] place = parsed.GetValue(shard)!.Split('/');
        if (place.Length != 2 || !int.TryParse(place[0], NumberStyles.None, CultureInfo.InvariantCulture, out int part) || !int.TryParse(place[1], NumberStyles.None, CultureInfo.InvariantCulture, out int parts)
            || part >= parts)
        {
            throw new UsageException($"--shard '{parsed.GetValue(shard)}' is not I/N with I from 0 to N - 1.");
        }

        string[] names = [.. (parsed.GetValue(columns) ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))];
        return new TensorRequest
        {
            SpecFile = specFile,
            InputFolder = parsed.GetValue(spec) is null || Path.GetFullPath(specFile!) == EnvironmentSpec() ? Environment.GetEnvironmentVariable("MESH_INPUT_DIR") : null,
            Input = parsed.GetValue(input),
            Table = parsed.GetValue(table),
            Snapshot = parsed.GetValue(snapshot),
            Options = new TensorReadOptions
            {
                Columns = names.Length == 0 ? null : names,
                BatchSize = parsed.GetValue(batchSize),
                ShuffleBufferBytes = buffer,
                Seed = parsed.GetValue(seed),
                Epochs = parsed.GetValue(epochs),
                ShardIndex = part,
                ShardCount = parts,
                Resume = parsed.GetValue(resume),
                Window = parsed.GetValue(window),
                Stride = parsed.GetValue(stride),
                Where = where,
                Holdouts = parsed.GetValue(holdouts),
                Text = parsed.GetValue(text),
                Parallelism = parsed.GetValue(parallelism),
            },
        };
    }

    // MESH_INPUT_DIR is the folder of the job in MESH_JOB_SPEC, of no other.
    private static string? EnvironmentSpec() => Environment.GetEnvironmentVariable("MESH_JOB_SPEC") is { } path ? Path.GetFullPath(path) : null;

    private static LakeStorage OpenStorage(string folder, string? config)
    {
        using var state = StateDirectory.OpenForReading(folder);
        return LakeStorage.OpenForReading(state, CommonOptions.ReadSettings(config));
    }

    private static async Task<TensorSource> FindTableAsync(
        TensorRequest request, (string? Server, string? Data, string? Token, string? Config) place, LakeStorage? storage, CancellationToken cancellationToken)
    {
        var queries = await CommonOptions.OpenQueriesAsync(place.Server, place.Data, place.Token, place.Config, cancellationToken).ConfigureAwait(false);
        await using var _ = queries.ConfigureAwait(false);
        if (request.Options.Holdouts == HoldoutUse.Include) return await TensorSources.OfTableAsync(request, queries, null, storage, cancellationToken).ConfigureAwait(false);
        var governance = await GovernanceCommand.OpenAsync(place.Server, place.Data, place.Token, place.Config, forReading: true, cancellationToken).ConfigureAwait(false);
        await using var __ = governance.ConfigureAwait(false);
        return await TensorSources.OfTableAsync(request, queries, governance, storage, cancellationToken).ConfigureAwait(false);
    }

    private static async Task StreamAsync(TensorStream stream, string output, bool json, CancellationToken cancellationToken)
    {
        foreach (var column in stream.View.LeftOut) await Terminal.Error.WriteLineAsync($"left out: {column.Name} {column.Reason}").ConfigureAwait(false);
        TensorReport report;
        try
        {
            if (output == "-")
            {
                await using var target = OpenPipe();
                report = await stream.WriteAsync(target, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                if (File.Exists(output)) throw new UsageException($"'{output}' exists: name another file with -o, or remove it.");
                await using var target = new FileStream(output, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
                report = await stream.WriteAsync(target, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (IOException exception) when (output == "-")
        {
            // A trainer that has seen enough closes its end.
            await Terminal.Error.WriteLineAsync($"the reader has closed the pipe: {exception.Message}").ConfigureAwait(false);
            return;
        }

        if (json && output != "-")
        {
            Printer.Json(report);
            return;
        }

        double seconds = Math.Max(report.Seconds, 1e-6);
        await Terminal.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Samples:N0} samples in {report.Batches:N0} batches, {ByteSizeText.Format(report.DataBytes)} of tensors in {report.Seconds:0.00} s: {report.Samples / seconds:N0} samples/s, {report.DataBytes / seconds / 1e6:N1} MB/s"))
            .ConfigureAwait(false);
    }

    // The console's own stream says nothing when the other end is closed, and would go on for ever.
    private static Stream OpenPipe() => OperatingSystem.IsWindows()
        ? Terminal.OpenStandardOutput()
        : new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);

    private static void Print(TensorStreamView view, bool json)
    {
        if (json)
        {
            Printer.Json(view);
            return;
        }

        Printer.Facts(
        [
            ("source", view.Source),
            ("rows", $"{view.Rows.ToString("N0", CultureInfo.InvariantCulture)} in {view.RowGroups.ToString("N0", CultureInfo.InvariantCulture)} row groups of {view.Files.ToString("N0", CultureInfo.InvariantCulture)} files"),
            ("without the columns", view.RowsWithoutColumns == 0 ? null : $"{view.RowsWithoutColumns.ToString("N0", CultureInfo.InvariantCulture)} rows, left out"),
            ("held out", view.HeldOutRecordings == 0 ? null : $"{view.HeldOutRecordings} recordings"),
            ("parts share", view.Sharding == "samples" ? "samples: every part reads all row groups, which are few" : "row groups"),
            ("fingerprint", view.Fingerprint),
        ]);
        Printer.Table(
            ["column", "element", "layout", "per row", "may be absent", "texts"],
            view.Columns.Select(column => (string[])
            [
                column.Name, column.Dtype, column.Layout, column.Layout == "ragged" ? "any" : column.Length.ToString(CultureInfo.InvariantCulture), column.Nullable ? "yes" : "no",
                column.Values is null ? "" : column.Values.Count.ToString(CultureInfo.InvariantCulture),
            ]),
            new HashSet<int> { 3, 5 });
        foreach (var column in view.LeftOut) Terminal.Out.WriteLine($"left out: {column.Name} {column.Reason}");
    }
}
