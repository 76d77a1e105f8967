using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Training.Loading;

/// <summary>What a stream reads: columns with their dictionaries, row groups, and the number that tells this stream from others.</summary>
internal sealed class TensorPlan
{
    public const string RecordingColumn = "recording_id";
    public const string SequenceColumn = "sequence";

    private const long InOrderBytes = 16L << 20;

    private TensorPlan()
    {
    }

    public required TensorSource Source { get; init; }

    public required TensorReadOptions Options { get; init; }

    public required Predicate? Filter { get; init; }

    public required ColumnSelection Selection { get; init; }

    public IReadOnlyList<TensorColumn> Columns => Selection.Columns;

    /// <summary>Per column its values in ordinal order; null where it has no codes.</summary>
    public required IReadOnlyList<CodeTable?> Codes { get; init; }

    public required IReadOnlyList<TensorGroup> Groups { get; init; }

    /// <summary>Rows of all row groups, before any condition.</summary>
    public long Rows => Groups.Sum(group => group.Rows);

    /// <summary>Bytes of a shuffle buffer, or of what is read at a time where nothing is shuffled.</summary>
    public long BufferBytes => Options.ShuffleBufferBytes > 0 ? Options.ShuffleBufferBytes : InOrderBytes;

    /// <summary>Rows in files that have none of the columns, which are left out.</summary>
    public required long RowsWithoutColumns { get; init; }

    /// <summary>Whether the recording of each row decides what happens with it.</summary>
    public bool NeedsRecording => Options.Window > 1 || SkipsHeldOut;

    /// <summary>Whether hold-outs change what is read.</summary>
    public bool SkipsHeldOut => Options.Holdouts == HoldoutUse.Only || (Options.Holdouts == HoldoutUse.Exclude && Source.HeldOut.Count > 0);

    /// <summary>16 hexadecimal digits of the hash of everything that decides the order of the rows.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Looks at every footer, and at the columns of text for their values.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH9202</c>, <c>MESH9203</c>: a column. <c>MESH9204</c>: too many texts. <c>MESH9206</c>: an option does not go with the data. Those of reading.
    /// </exception>
    public static async Task<TensorPlan> MakeAsync(TensorSource source, TensorReadOptions options, OpenFiles files, CancellationToken cancellationToken)
    {
        Check(options);
        Predicate[] conditions = [.. new[] { source.Filter, options.Where }.OfType<string>().Select(PredicateParser.Parse)];
        var filter = conditions is [var only] ? only : conditions.Length == 0 ? null : new AndPredicate(conditions);
        var schemas = new List<Schema>();
        var all = new List<TensorGroup>();
        for (int file = 0; file < source.Files.Count; file++)
        {
            var reader = await files.OpenAsync(file, cancellationToken).ConfigureAwait(false);
            schemas.Add(reader.Schema);
            for (int group = 0; group < reader.RowGroupCount; group++) all.Add(new TensorGroup(file, group, reader.RowsOf(group)));
        }

        var selection = ColumnSelection.Make(source.Name, schemas, options.Columns, options.Text);
        bool[] hasColumns = [.. schemas.Select(schema => selection.Columns.Any(column => ColumnSelection.Find(schema.Fields, column.Name) is not null))];
        var plan = new TensorPlan
        {
            Source = source,
            Options = options,
            Filter = filter,
            Selection = selection,
            Codes = [.. selection.Columns.Select(column => column.IsCoded ? new CodeTable() : null)],
            Groups = [.. all.Where(group => hasColumns[group.File] && group.Rows > 0)],
            RowsWithoutColumns = all.Where(group => !hasColumns[group.File]).Sum(group => group.Rows),
            Fingerprint = FingerprintOf(source, options, selection.Columns, all),
        };
        for (int file = 0; file < schemas.Count; file++) if (hasColumns[file]) plan.CheckFile(source.Files[file].Uri, schemas[file]);
        await plan.CollectCodesAsync(files, cancellationToken).ConfigureAwait(false);
        return plan;
    }

    /// <summary>How the rows of a row group are read.</summary>
    /// <param name="group">The row group.</param>
    /// <param name="schema">Schema of its file.</param>
    /// <param name="memory">Where batches are made.</param>
    public ParquetReadOptions ReadOptions(TensorGroup group, Schema schema, ColumnMemory memory) => new()
    {
        Columns = [.. Wanted().Where(path => ColumnSelection.Find(schema.Fields, path) is not null)],
        Filter = Filter,
        FirstRowGroup = group.Number,
        RowGroupCount = 1,
        Parallelism = Options.Parallelism,
        Memory = memory,
    };

    private IEnumerable<string> Wanted()
    {
        foreach (var column in Columns) yield return column.Name;
        if (NeedsRecording) yield return RecordingColumn;
        if (Options.Window > 1) yield return SequenceColumn;
    }

    private void CheckFile(string uri, Schema schema)
    {
        foreach (string path in Filter?.ColumnPaths() ?? [])
        {
            if (ColumnSelection.Find(schema.Fields, path) is null) throw new MeshException("MESH9206", $"'{uri}' has no column '{path}', which the condition names. Read without it, or another snapshot.");
        }

        Require(NeedsRecording, RecordingColumn, TypeKind.Utf8, Options.Window > 1 ? "windows are made of the rows of one recording" : "frozen hold-outs are recordings; `--holdouts include` reads all rows");
        Require(Options.Window > 1, SequenceColumn, TypeKind.Int64, "windows are made of rows that follow each other");

        void Require(bool isNeeded, string name, TypeKind kind, string why)
        {
            if (!isNeeded || ColumnSelection.Find(schema.Fields, name)?.Field.Type.Kind == kind) return;
            throw new MeshException("MESH9206", $"'{uri}' has no column '{name}' of {kind}: {why}.");
        }
    }

    private async Task CollectCodesAsync(OpenFiles files, CancellationToken cancellationToken)
    {
        int[] coded = [.. Enumerable.Range(0, Columns.Count).Where(column => Codes[column] is not null)];
        if (coded.Length == 0) return;
        var memory = new ColumnMemory(maxIdleBytes: 32 << 20);
        foreach (var group in Groups)
        {
            var reader = await files.OpenAsync(group.File, cancellationToken).ConfigureAwait(false);
            string[] paths = [.. coded.Select(column => Columns[column].Name).Where(path => ColumnSelection.Find(reader.Schema.Fields, path) is not null)];
            if (paths.Length == 0) continue;
            var options = ReadOptions(group, reader.Schema, memory) with { Columns = paths };
            await foreach (var batch in reader.ReadAsync(options, cancellationToken).ConfigureAwait(false))
            {
                foreach (int column in coded)
                {
                    if (ColumnPlace.Find(batch.Schema, Columns[column].Name) is { } place) Codes[column]!.Collect(place.Follow(batch), Columns[column].Name);
                }

                memory.Reclaim();
            }
        }

        foreach (int column in coded) Codes[column]!.Freeze();
    }

    private static void Check(TensorReadOptions options)
    {
        Require(options.BatchSize is >= 1 and <= 1 << 24, "--batch-size", "from 1 to 16,777,216");
        Require(options.ShuffleBufferBytes is >= 0 and <= 1L << 30, "--shuffle-buffer", "from 0 to 1 GiB");
        Require(options.Epochs >= 1, "--epochs", "at least 1");
        Require(options.ShardCount >= 1 && options.ShardIndex >= 0 && options.ShardIndex < options.ShardCount, "--shard", "I/N with I from 0 to N - 1");
        Require(options.Window is >= 1 and <= 1 << 16, "--window", "from 1 to 65,536");
        Require(options.Stride is >= 1 and <= 1 << 16, "--stride", "from 1 to 65,536");

        static void Require(bool isGood, string option, string expected)
        {
            if (!isGood) throw new MeshException("MESH9206", $"{option} is expected to be {expected}.");
        }
    }

    // Everything that decides which row comes when; batch size, epochs and parallelism do not.
    private static string FingerprintOf(TensorSource source, TensorReadOptions options, IReadOnlyList<TensorColumn> columns, List<TensorGroup> groups)
    {
        var text = new StringBuilder();
        foreach (var file in source.Files) text.Append(file.Uri).Append('\n');
        foreach (var group in groups) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{group.File},{group.Number},{group.Rows};");
        foreach (var column in columns) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{column.Name},{column.ElementType},{column.Layout},{column.Length},{column.IsCoded}");
        foreach (string recording in source.HeldOut.Order(StringComparer.Ordinal)) text.Append('\n').Append(recording);
        text.Append(
            System.Globalization.CultureInfo.InvariantCulture,
            $"\n{options.ShuffleBufferBytes},{options.Seed},{options.ShardIndex}/{options.ShardCount},{options.Window},{options.Stride},{options.Holdouts},{options.Where},{source.Filter}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }
}
