using Mesh.Columnar;
using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.Parquet;
using Mesh.Formats;
using Mesh.Model;
using Mesh.Storage.S3;

namespace Mesh.Commands.Recordings;

/// <summary>
/// Writes Parquet or Arrow files: one per channel in a folder, or a single one when a file was named and the input has one channel.
/// Rows begin with <c>log_time</c>, <c>log_time_ns</c>, <c>publish_time_ns</c> and <c>sequence</c>; a table's rows stay as they are.
/// </summary>
internal sealed class TableSink(CopyRequest request, bool arrow) : ColumnSink
{
    private const long MemoryForRowGroups = 48L << 20;

    // A page of every column is open at a time, so those of a wide table must be small.
    private const int MemoryForPages = 8 << 20, SmallestPage = 64 << 10;

    private static readonly Field[] TimeFields =
    [
        new("log_time", DataType.TimestampMicros, Nullable: false) { Doc = "Log time, microseconds, UTC." },
        new("log_time_ns", DataType.Int64, Nullable: false) { Doc = "Log time as recorded, nanoseconds." },
        new("publish_time_ns", DataType.Int64, Nullable: false) { Doc = "Publish time as recorded, nanoseconds." },
        new("sequence", DataType.Int64, Nullable: false) { Doc = "The recorder's own sequence number." },
    ];

    private readonly Dictionary<(string Topic, MessageSchema? Schema), Table> tables = [];
    private readonly HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<OutputReport> reports = [];
    private readonly string extension = arrow ? ".arrow" : ".parquet";

    private bool IsFolder => !request.Output.EndsWith(extension, StringComparison.OrdinalIgnoreCase);

    public override async ValueTask WriteAsync(ColumnBatch batch, CancellationToken cancellationToken)
    {
        var key = (batch.Channel.Topic, batch.Channel.Schema);
        bool isTable = batch.Channel.Schema is null && batch.Channel.MessageEncoding.Length == 0;
        var schema = isTable ? batch.Fields.Schema : new Schema([.. TimeFields, .. Renamed(batch.Fields.Schema.Fields)]);
        if (!tables.TryGetValue(key, out var table)) tables.Add(key, table = Create(batch.Channel, schema));
        IReadOnlyList<ColumnVector> columns = isTable ? batch.Fields.Columns : [Micros(batch.LogTimesNs), batch.LogTimesNs, batch.PublishTimesNs, batch.Sequences, .. batch.Fields.Columns];
        await table.WriteAsync(new RecordBatch(schema, batch.Fields.Length, columns), cancellationToken).ConfigureAwait(false);

        // Many channels at once share the memory for open row groups.
        while (tables.Values.Sum(open => open.BufferedBytes) > MemoryForRowGroups && tables.Values.MaxBy(open => open.BufferedBytes) is { } largest)
        {
            await largest.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    public override async ValueTask<IReadOnlyList<OutputReport>> CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (var table in tables.Values) reports.Add(await table.CompleteAsync(cancellationToken).ConfigureAwait(false));
        if (IsFolder && !S3Objects.IsUri(request.Output)) Directory.CreateDirectory(request.Output);
        return reports;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var table in tables.Values) await table.DisposeAsync().ConfigureAwait(false);
    }

    private Table Create(RecordingChannel channel, Schema schema)
    {
        if (!IsFolder && tables.Count > 0)
        {
            throw new MeshException("MESH10608",
                $"The input has several channels, and '{request.Output}' is one table. Name a folder (no extension, with --format {extension[1..]}) to get a file per channel, or choose one with --topic.");
        }

        string name = OutputRouter.FileNameOf(channel.Topic);
        for (int i = 2; IsFolder && !names.Add(name); i++) name = $"{OutputRouter.FileNameOf(channel.Topic)}_{i}";
        string path = IsFolder ? Path.Combine(request.Output, name + extension) : request.Output;
        var file = OutputFile.Create(path, request.Overwrite);
        var metadata = new Dictionary<string, string> { ["topic"] = channel.Topic, ["schema"] = channel.Schema?.Name ?? "" };
        return file.Open(stream => arrow
            ? new Table(file, null, new ArrowWriter(stream, schema, new ArrowWriterOptions { Compression = OutputFormats.Choose(request.Compression, ArrowCompression.Zstd) }))
            : new Table(file, new ParquetWriter(stream, schema, ParquetOptions(schema, metadata)), null));
    }

    private ParquetWriterOptions ParquetOptions(Schema schema, Dictionary<string, string> metadata)
    {
        var usual = new ParquetWriterOptions { Compression = OutputFormats.Choose(request.Compression, ParquetCompression.Zstd), Metadata = metadata };
        int share = Math.Max(SmallestPage, MemoryForPages / Math.Max(1, schema.Fields.Sum(field => Leaves(field.Type))));
        return usual with { PageBytes = Math.Min(usual.PageBytes, share), MaxDictionaryBytes = Math.Min(usual.MaxDictionaryBytes, share) };
    }

    private static int Leaves(DataType type) => type switch
    {
        StructType structure => structure.Fields.Sum(field => Leaves(field.Type)),
        ListType list => Leaves(list.Element.Type),
        _ => 1,
    };

    private static IEnumerable<Field> Renamed(IReadOnlyList<Field> fields)
    {
        var taken = new HashSet<string>(TimeFields.Select(field => field.Name), StringComparer.OrdinalIgnoreCase);
        foreach (var field in fields)
        {
            string name = field.Name;
            while (!taken.Add(name)) name += "_";
            yield return field with { Name = name };
        }
    }

    private static ColumnVector Micros(ColumnVector nanoseconds)
    {
        var builder = new FixedWidthBuilder<long>(DataType.TimestampMicros);
        foreach (long time in nanoseconds.Values<long>()) builder.Append(time / 1000);
        return builder.Build();
    }

    private sealed class Table(OutputFile file, ParquetWriter? parquet, ArrowWriter? arrow) : IAsyncDisposable
    {
        private long rows;

        public long BufferedBytes => parquet?.BufferedBytes ?? 0;

        public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
        {
            rows += batch.Length;
            if (parquet is not null) await parquet.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
            else await arrow!.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }

        public ValueTask FlushAsync(CancellationToken cancellationToken) => parquet?.FlushRowGroupAsync(cancellationToken) ?? default;

        public async ValueTask<OutputReport> CompleteAsync(CancellationToken cancellationToken)
        {
            if (parquet is not null) await parquet.CompleteAsync(cancellationToken).ConfigureAwait(false);
            else await arrow!.CompleteAsync(cancellationToken).ConfigureAwait(false);
            return new OutputReport(file.Path, rows, await file.CommitAsync(cancellationToken).ConfigureAwait(false));
        }

        public async ValueTask DisposeAsync()
        {
            if (parquet is not null) await parquet.DisposeAsync().ConfigureAwait(false);
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }
}
