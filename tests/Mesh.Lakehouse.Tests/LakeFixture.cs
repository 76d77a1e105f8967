using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests;

/// <summary>A lake in a temporary folder with one catalogue; further ones share the folder and the database.</summary>
internal sealed class LakeFixture : IDisposable
{
    public static readonly TableIdentifier Imu = new("raw", "imu");
    private int files;

    private readonly TestDatabase place;

    public LakeFixture(TableCatalogueOptions? options = null, TestDatabase? place = null)
    {
        this.place = place ?? TestDatabase.Sqlite;
        Database = OpenDatabase();
        Store = new LocalObjectStore(Folder["lake"]);
        Catalogue = new TableCatalogue(Database, Store, Time, options);
    }

    public static CancellationToken None => TestContext.Current.CancellationToken;

    public TemporaryFolder Folder { get; } = new();

    public ManualTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 10, 0, 0, TimeSpan.Zero));

    public MetadataDatabase Database { get; }

    public LocalObjectStore Store { get; }

    public TableCatalogue Catalogue { get; }

    public static Schema ImuSchema { get; } = new(
    [
        new Field("recording_id", DataType.Utf8, Nullable: false),
        new Field("vehicle_id", DataType.Utf8, Nullable: false),
        new Field("sequence", DataType.Int64, Nullable: false),
        new Field("log_time", DataType.TimestampMicros, Nullable: false),
        new Field("ax", DataType.Float64) { Doc = "m/s2" },
    ]);

    public static TableDefinition Definition(Schema schema, params PartitionField[] partitionBy) =>
        new(schema, partitionBy, schema.IndexOf("log_time") >= 0 ? ["log_time"] : [], new Dictionary<string, string> { ["mesh.owner"] = "test" });

    public static IngestId Ingest(string name) => IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes(name)), "V1");

    public static IngestSet Set(string upload, params DataFile[] dataFiles) => new(Ingest(upload), "fleet", "v1", "attempt-1", dataFiles);

    public static AppendRequest Request(params IngestSet[] sets) => new() { Sets = sets };

    public Task<Table> CreateImuAsync(params PartitionField[] partitionBy) =>
        Catalogue.EnsureAsync(Imu, Definition(ImuSchema, partitionBy), SchemaChangePolicy.Evolve, None).AsTask();

    /// <summary>A file that only the catalogue looks at: its bytes are not Parquet.</summary>
    public async Task<DataFile> FakeFileAsync(TableIdentifier table, long rows = 10, params object?[] partition)
    {
        string key = $"{table.Namespace}/{table.Name}/data/fake-{Interlocked.Increment(ref files)}-{Guid.NewGuid():N}.parquet";
        await Store.PutAsync(key, new byte[100], PutMode.IfAbsent, None);
        return new DataFile
        {
            Uri = Store.UriOf(key), RowCount = rows, FileBytes = 100, Partition = partition, SplitOffsets = [4],
            Columns =
            [
                new ColumnMetrics { FieldId = 3, ValueCount = rows, NullCount = 0, ColumnBytes = 50, LowerBound = BitConverter.GetBytes(0L), UpperBound = BitConverter.GetBytes(rows - 1) },
                new ColumnMetrics { FieldId = 5, ValueCount = rows, NullCount = 1, NanCount = 2, ColumnBytes = 40 },
            ],
        };
    }

    /// <summary>A real Parquet file with the batch's rows, written as the partition stage does.</summary>
    public Task<DataFile> WriteAsync(Table table, RecordBatch batch, params object?[] partition) => WriteAsync(Store, table, batch, partition);

    public static async Task<DataFile> WriteAsync(IObjectStore store, Table table, RecordBatch batch, params object?[] partition)
    {
        string key = $"{table.Identifier.Namespace}/{table.Identifier.Name}/data/part-{Guid.NewGuid():N}.parquet";
        var options = new ParquetWriterOptions
        {
            Metadata = new Dictionary<string, string> { ["iceberg.schema"] = IcebergTypes.ToJson(batch.Schema, table.SchemaId) },
        };
        await using var writer = await store.CreateAsync(key, PutMode.IfAbsent, None);
        await using var parquet = new ParquetWriter(writer.Stream, batch.Schema, options);
        await parquet.WriteAsync(batch, None);
        var summary = await parquet.CompleteAsync(None);
        await writer.CompleteAsync(None);
        return new DataFile
        {
            Uri = store.UriOf(key), RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = partition,
            Columns = summary.Columns, SplitOffsets = summary.SplitOffsets,
        };
    }

    /// <summary>The same database, as another process would open it.</summary>
    public MetadataDatabase OpenDatabase() => MetadataDatabase.Open(Folder["mesh.db"], place.Connection, place.Schema);

    public void Dispose()
    {
        Database.Dispose();
        Folder.Dispose();
    }
}
