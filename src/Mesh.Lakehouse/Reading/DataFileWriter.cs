using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Storage;

namespace Mesh.Lakehouse.Reading;

/// <summary>Writes one Parquet file of a table. Nothing is there before it is completed.</summary>
internal sealed class DataFileWriter : IAsyncDisposable
{
    private readonly string uri;
    private readonly ObjectWriter output;
    private readonly ParquetWriter parquet;

    private DataFileWriter(string uri, ObjectWriter output, ParquetWriter parquet)
    {
        this.uri = uri;
        this.output = output;
        this.parquet = parquet;
    }

    /// <summary>Rows given so far.</summary>
    public long RowCount => parquet.RowCount;

    /// <summary>A new file in the folder of the table's data.</summary>
    public static async ValueTask<DataFileWriter> CreateAsync(IObjectStore lake, TableMetadata metadata, Schema schema, string kind, CancellationToken cancellationToken)
    {
        string key = $"{lake.KeyOf(metadata.Location)}/data/{kind}-{Guid.NewGuid():N}.parquet";
        var options = new ParquetWriterOptions { Metadata = new Dictionary<string, string> { ["iceberg.schema"] = IcebergTypes.ToJson(schema, metadata.CurrentSchemaId) } };
        var output = await lake.CreateAsync(key, PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        return new DataFileWriter(lake.UriOf(key), output, new ParquetWriter(output.Stream, schema, options));
    }

    public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => parquet.WriteAsync(batch, cancellationToken);

    /// <summary>The whole file, of rows of one partition.</summary>
    public async ValueTask<DataFile> CompleteAsync(IReadOnlyList<object?> partition, CancellationToken cancellationToken)
    {
        var summary = await parquet.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await output.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return new DataFile
        {
            Uri = uri, RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = partition, Columns = summary.Columns, SplitOffsets = summary.SplitOffsets,
        };
    }

    public async ValueTask DisposeAsync()
    {
        await parquet.DisposeAsync().ConfigureAwait(false);
        await output.DisposeAsync().ConfigureAwait(false);
    }
}
