using System.Globalization;
using Mesh.Columnar;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Testing;

namespace Mesh.Partition.Tests;

/// <summary>A lake on disk with its catalogue, and batches to put into it.</summary>
internal sealed class PartitionBench : IDisposable
{
    public static readonly Schema Columns = WithFields(new Field("x", DataType.Float64));

    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;

    public PartitionBench()
    {
        database = MetadataDatabase.Open(folder["mesh.db"]);
        Lake = new LocalObjectStore(folder["lake"]);
        Catalogue = new TableCatalogue(database, Lake, TimeProvider.System);
    }

    public LocalObjectStore Lake { get; }

    public TableCatalogue Catalogue { get; }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public static UploadContext Upload { get; } = new(
        IngestId.Compute(new byte[32], "V1"), "V1", "file:///landing/r.mcap", "attempt1", "test", "v1", new EventPosition("fleet.uploads.v1", 0, 0));

    public static Schema WithFields(params Field[] fields) => new([.. SystemColumns.Fields, .. fields]);

    public static long Micros(string time) => DateTimeOffset.Parse(time, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds() * 1000;

    public TablePartitioner NewPartitioner(PartitionOptions? options = null, SchemaChangePolicy policy = SchemaChangePolicy.Evolve) =>
        new(Upload, options ?? new PartitionOptions(), policy, Catalogue, Lake);

    /// <summary>A batch whose field x is a running number and whose further fields are filled by <paramref name="more"/>.</summary>
    public static ChannelBatch Batch(
        string channel, IReadOnlyList<long> logTimesUs, int firstSequence = 0, Schema? columns = null, Action<IReadOnlyList<ColumnBuilder>, int>? more = null, string schemaName = "demo_msgs/msg/Point")
    {
        columns ??= Columns;
        var builder = new StructBuilder(columns.AsStruct());
        for (int i = 0; i < logTimesUs.Count; i++)
        {
            var children = builder.Children;
            ((BinaryBuilder)children[0]).Append(Upload.IngestId.ToString());
            ((BinaryBuilder)children[1]).Append("V1");
            ((BinaryBuilder)children[2]).Append(channel);
            ((FixedWidthBuilder<long>)children[3]).Append(firstSequence + i);
            ((FixedWidthBuilder<long>)children[4]).Append(logTimesUs[i]);
            ((FixedWidthBuilder<long>)children[5]).Append(logTimesUs[i] * 1000);
            children[6].AppendNull();
            children[7].AppendNull();
            if (more is null) ((FixedWidthBuilder<double>)children[8]).Append(firstSequence + i);
            else more(children, firstSequence + i);
            builder.EndStruct();
        }

        return new ChannelBatch(channel, schemaName, builder.BuildBatch(), logTimesUs.ToArray(), "log");
    }

    /// <summary>Adds the files to their tables as the catalogue stage does.</summary>
    public async Task CommitAsync(IReadOnlyList<TableFiles> tables)
    {
        foreach (var table in tables)
        {
            var set = new IngestSet(Upload.IngestId, "test", "v1", Upload.AttemptId, [.. table.Files.Select(file => file.File)]);
            await Catalogue.AppendAsync(table.Identifier, new AppendRequest { Sets = [set] }, Token);
        }
    }

    public async Task<List<RecordBatch>> ScanAsync(string table)
    {
        var batches = new List<RecordBatch>();
        await foreach (var batch in Catalogue.ScanAsync(TableIdentifier.Parse(table), new ScanOptions(), Token)) batches.Add(batch);
        return batches;
    }

    public async Task<List<string>> DataKeysAsync()
    {
        var keys = new List<string>();
        await foreach (var entry in Lake.ListAsync("raw", Token))
        {
            if (entry.Key.EndsWith(".parquet", StringComparison.Ordinal)) keys.Add(entry.Key);
        }

        return keys;
    }

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }
}
