using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>Writes one data file of a table. Nothing is visible before <see cref="CompleteAsync"/>; disposing without it leaves nothing behind.</summary>
internal sealed class LakeFileWriter : IAsyncDisposable
{
    private readonly IObjectStore lake;
    private readonly string key;
    private readonly IReadOnlyList<object?> partition;
    private readonly ObjectWriter output;
    private readonly ParquetWriter writer;

    private LakeFileWriter(IObjectStore lake, string key, IReadOnlyList<object?> partition, ObjectWriter output, ParquetWriter writer)
    {
        this.lake = lake;
        this.key = key;
        this.partition = partition;
        this.output = output;
        this.writer = writer;
    }

    /// <summary>Size so far, estimated; decides when to begin another file.</summary>
    public long EstimatedBytes => writer.EstimatedFileBytes;

    /// <summary>Begins a file.</summary>
    /// <param name="lake">Where.</param>
    /// <param name="key">Key that nobody else writes: it holds a random id.</param>
    /// <param name="schema">The table's schema with its field ids.</param>
    /// <param name="schemaId">Id of the schema, for the footer.</param>
    /// <param name="partition">Partition values of all rows.</param>
    /// <param name="options">Codec and sizes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public static async ValueTask<LakeFileWriter> CreateAsync(
        IObjectStore lake, string key, Schema schema, int schemaId, IReadOnlyList<object?> partition, ParquetWriterOptions options, CancellationToken cancellationToken)
    {
        var output = await lake.CreateAsync(key, PutMode.UniqueName, cancellationToken).ConfigureAwait(false);
        try
        {
            var footer = new Dictionary<string, string>(options.Metadata) { ["iceberg.schema"] = IcebergTypes.ToJson(schema, schemaId) };
            return new LakeFileWriter(lake, key, partition, output, new ParquetWriter(output.Stream, schema, options with { Metadata = footer }));
        }
        catch
        {
            await output.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Appends rows of the file's schema and partition.</summary>
    public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => writer.WriteAsync(batch, cancellationToken);

    /// <summary>Makes the file durable and visible.</summary>
    public async ValueTask<DataFile> CompleteAsync(CancellationToken cancellationToken)
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
