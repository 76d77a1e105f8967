using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Columnar.Compression;
using Mesh.Commands.Configuration;
using Mesh.Commands.Inspect;
using Mesh.Commands.Observability;
using Mesh.Commands.State;
using Mesh.Formats;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Onnx.Runtime;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh doctor [FILE]</c>: a recording's structure, or the installation.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE") { Description = "A recording; without it, the installation is examined.", Arity = ArgumentArity.ZeroOrOne };
        var json = CommonOptions.Json();
        var (data, config) = (CommonOptions.Data(), CommonOptions.Config());
        var command = new Command("doctor", "Examine a recording's structure, or without FILE the installation.") { file, data, config, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(file) is not { } path) return await ExamineInstallationAsync(parsed.GetValue(data), parsed.GetValue(config), parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            var report = await ProgressBar.RunAsync("doctor", progress => RecordingExaminer.ExamineAsync(path, new RecordingReaderOptions(), progress, cancellationToken)).ConfigureAwait(false);
            if (parsed.GetValue(json)) Printer.Json(report);
            else Print(report);
            return report.Losses.Count > 0 ? ExitCodes.DataLoss : report.Findings.Any(finding => finding.Severity == FindingSeverity.Error) ? ExitCodes.Failed : ExitCodes.Done;
        });
        return command;
    }

    private static void Print(DoctorReport report)
    {
        foreach (var finding in report.Findings)
        {
            Terminal.Out.WriteLine($"{finding.Severity.ToString().ToLowerInvariant(),-7} {finding.Code}{(finding.Offset is { } offset ? $" at byte {offset:N0}" : "")}: {finding.Text}");
        }

        foreach (var loss in report.Losses) Terminal.Out.WriteLine($"lost    {loss}");
        string verdict = report.Losses.Count > 0 ? $"damaged in {report.Losses.Count:N0} places, intact are"
            : report.Findings.Any(finding => finding.Severity == FindingSeverity.Error) ? "breaks its specification, but nothing is lost:" : "sound,";
        Terminal.Out.WriteLine($"{report.File}: {verdict} {report.Messages:N0} messages on {report.Channels:N0} channels");
        if (report.Losses.Count > 0) Terminal.Out.WriteLine($"`mesh recover {report.File} -o OUT` writes what is intact into a clean recording.");
    }

    private static async Task<int> ExamineInstallationAsync(string? data, string? config, bool json, CancellationToken cancellationToken)
    {
        var settings = CommonOptions.ReadSettings(config);
        using var state = data is null ? null : StateDirectory.OpenForReading(data);
        var checks = new List<Finding>
        {
            new("libzstd", Zstd.IsNative, Zstd.IsNative ? "found" : "not found: zstd is read by slower own code and cannot be written. apt-get install libzstd1"),
            new("liblz4", Lz4.IsNative, Lz4.IsNative ? "found" : "not found: lz4 is read by slower own code and cannot be written. apt-get install liblz4-1"),
            new("deflate", true, Deflate.Library == "managed" ? "the framework's own inflater; faster with apt-get install libdeflate0" : $"{Deflate.Library} found"),
            new("bzip2", true, Bzip2.Library == "managed" ? "managed code; faster with apt-get install libbz2-1.0" : $"{Bzip2.Library} found"),
            Kafka(),
            OnnxRuntime(settings),
            await DatabaseAsync(settings, cancellationToken).ConfigureAwait(false),
            await StorageAsync(state, settings, cancellationToken).ConfigureAwait(false),
            Disk(),
        };
        if (data is not null && ServerEndpoints.Find(data) is not null) checks.AddRange(await RunningServerAsync(data, config, cancellationToken).ConfigureAwait(false));
        if (json) Printer.Json(checks);
        else Printer.Table(["part", "", "finding"], checks.Select(check => (string[])[check.Part, check.Sound ? "ok" : "!!", check.Text]));
        return checks.All(check => check.Sound) ? ExitCodes.Done : ExitCodes.Failed;
    }

    /// <summary>What the server that runs on the directory finds of itself, as <c>/health</c> says it.</summary>
    private static async Task<IReadOnlyList<Finding>> RunningServerAsync(string data, string? config, CancellationToken cancellationToken)
    {
        try
        {
            var queries = await CommonOptions.OpenQueriesAsync(null, data, null, config, cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var status = await queries.GetStatusAsync(cancellationToken).ConfigureAwait(false);
                return [.. (status.Health?.Checks ?? []).Select(check => new Finding(
                    $"server: {check.Name}", check.State != HealthState.Failed, check.Remedy is null ? check.Reason : $"{check.Reason} {check.Remedy}"))];
            }
        }
        catch (MeshException exception)
        {
            return [new Finding("server", false, $"{exception.Code}: {exception.Message}")];
        }
    }

    private static Finding Kafka()
    {
        try
        {
            return new Finding("librdkafka", true, $"found, version {Mesh.Kafka.NativeClient.Version}");
        }
        catch (Exception exception) when (exception is DllNotFoundException or EntryPointNotFoundException or InvalidOperationException or TypeInitializationException)
        {
            return new Finding("librdkafka", false, $"cannot be loaded: {exception.Message} apt-get install librdkafka1, then build again");
        }
    }

    private static Finding OnnxRuntime(Settings settings)
    {
        var found = OnnxRuntimes.List(OnnxRuntimeSettings.Read(settings, CommonOptions.EnvironmentVariables()));
        return OnnxRuntimes.Chosen(found) is not { } chosen
            ? new Finding("onnxruntime", true, "not found: models are run by Mesh's own evaluator, which is slower. mesh runtime install onnxruntime")
            : new Finding("onnxruntime", chosen.Problem is null, chosen.Problem ?? $"found, version {chosen.Version} with {string.Join(", ", chosen.Providers)}, {chosen.Path}");
    }

    private static async Task<Finding> DatabaseAsync(Settings settings, CancellationToken cancellationToken)
    {
        try
        {
            if (settings.Text(SettingKeys.CatalogueConnection) is not { } connection) return new Finding("catalogue", true, "SQLite, in the state directory");
            using var database = MetadataDatabase.Connect(connection, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
            await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
            return new Finding("catalogue", true, $"{PostgresConnection.Describe(connection)} answers");
        }
        catch (MeshException exception)
        {
            return new Finding("catalogue", false, $"{exception.Code}: {exception.Message}");
        }
    }

    private static async Task<Finding> StorageAsync(StateDirectory? state, Settings settings, CancellationToken cancellationToken)
    {
        try
        {
            string? uri = await LakeStorage.ExamineAsync(state, settings, cancellationToken).ConfigureAwait(false);
            return new Finding("storage", true, uri is null ? "folders, in the state directory" : $"{uri} answers and keeps conditional puts");
        }
        catch (MeshException exception)
        {
            return new Finding("storage", false, $"{exception.Code}: {exception.Message}");
        }
    }

    private static Finding Disk()
    {
        long free = new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
        return new Finding("temporary disk", free > 1L << 30, $"{ByteSizeText.Format(free)} free in {Path.GetTempPath()}");
    }

    private sealed record Finding(string Part, bool Sound, string Text);
}
