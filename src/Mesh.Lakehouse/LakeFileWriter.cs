using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>
/// Writes one data or delete file of a table: the only place that decides what a file of the lake looks like. Nothing is visible before
/// <see cref="CompleteAsync"/>; disposing without it leaves nothing behind.
/// </summary>
public sealed class LakeFileWriter : IAsyncDisposable
{
    private const string BloomFilterProperty = "write.parquet.bloom-filter-enabled.column.";

    private readonly IObjectStore lake;
    private readonly string key;
    private readonly ObjectWriter output;
    private readonly ParquetWriter writer;

    private LakeFileWriter(IObjectStore lake, string key, ObjectWriter output, ParquetWriter writer)
    {
        this.lake = lake;
        this.key = key;
        this.output = output;
        this.writer = writer;
    }

    /// <summary>Rows given so far.</summary>
    public long RowCount => writer.RowCount;

    /// <summary>Size so far, estimated; decides when to begin another file.</summary>
    public long EstimatedBytes => writer.EstimatedFileBytes;

    /// <summary>How files of a table are written: with Bloom filters on <c>recording_id</c> and what the table's properties name.</summary>
    /// <param name="schema">Schema of the files.</param>
    /// <param name="properties">Properties of the table; <c>write.parquet.bloom-filter-enabled.column.COLUMN</c> is honoured, as Iceberg's own writers do.</param>
    public static ParquetWriterOptions OptionsFor(Schema schema, IReadOnlyDictionary<string, string> properties)
    {
        // After compaction a file holds many recordings, of which somebody looks for one.
        var filtered = new HashSet<string>(StringComparer.Ordinal);
        if (schema.IndexOf("recording_id") >= 0) filtered.Add("recording_id");
        foreach (var (name, value) in properties)
        {
            if (!name.StartsWith(BloomFilterProperty, StringComparison.Ordinal)) continue;
            string column = name[BloomFilterProperty.Length..];
            int index = schema.IndexOf(column);

            // A property that names what the file does not have, or cannot have a filter, must not stop the writing.
            if (index < 0 || schema.Fields[index].Type.Kind is TypeKind.Boolean or TypeKind.Struct or TypeKind.List or TypeKind.Map) continue;
            if (bool.TryParse(value, out bool isWanted) && isWanted) filtered.Add(column);
            else filtered.Remove(column);
        }

        return new ParquetWriterOptions { BloomFilterColumns = filtered };
    }

    /// <summary>Begins a file.</summary>
    /// <param name="lake">Where.</param>
    /// <param name="key">Key that nobody else writes: it holds a random id.</param>
    /// <param name="schema">The table's schema with its field ids, or that of a delete file.</param>
    /// <param name="schemaId">Id of the table's schema, for the footer.</param>
    /// <param name="options">Codec and sizes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async ValueTask<LakeFileWriter> CreateAsync(
        IObjectStore lake, string key, Schema schema, int schemaId, ParquetWriterOptions options, CancellationToken cancellationToken)
    {
        var output = await lake.CreateAsync(key, PutMode.UniqueName, cancellationToken).ConfigureAwait(false);
        try
        {
            var footer = new Dictionary<string, string>(options.Metadata) { ["iceberg.schema"] = IcebergTypes.ToJson(schema, schemaId) };
            return new LakeFileWriter(lake, key, output, new ParquetWriter(output.Stream, schema, options with { Metadata = footer }));
        }
        catch
        {
            await output.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Appends rows of the file's schema.</summary>
    public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => writer.WriteAsync(batch, cancellationToken);

    /// <summary>Closes the open row group, freeing its memory.</summary>
    public ValueTask FlushRowGroupAsync(CancellationToken cancellationToken) => writer.FlushRowGroupAsync(cancellationToken);

    /// <summary>Makes the file durable and visible.</summary>
    /// <param name="partition">Partition values of all its rows.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    public async ValueTask<DataFile> CompleteAsync(IReadOnlyList<object?> partition, CancellationToken cancellationToken)
    {
        var summary = await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await output.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return new DataFile
        {
            Uri = lake.UriOf(key),
            RowCount = summary.RowCount,
            FileBytes = summary.FileBytes,
            Partition = partition,
            Columns = summary.Columns,
            SplitOffsets = summary.SplitOffsets,
        };
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await output.DisposeAsync().ConfigureAwait(false);
    }
}
