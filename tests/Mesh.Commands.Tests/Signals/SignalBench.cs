using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar.Parquet;
using Mesh.Commands.Signals;
using Mesh.Commands.Signals.Building;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Signals;

/// <summary>A lake with one table and one recording in it, and what answers questions about its signals.</summary>
internal sealed class SignalBench : IAsyncDisposable
{
    public static readonly TableIdentifier Imu = new("raw", "imu");

    private SignalBench()
    {
        Database = MetadataDatabase.Open(Folder["mesh.db"], "", "");
        Lake = new LocalObjectStore(Folder["lake"]);
        Tables = new TableCatalogue(Database, Lake, TimeProvider.System);
        Recordings = new RecordingStore(Database, TimeProvider.System);
        Store = new PyramidStore(Tables, Recordings, Lake);
        Builder = new PyramidBuilder(Tables, Store, Folder["spill"]);
        Signals = new LocalSignals(Tables, Recordings, Store, Builder, (table, recording) => Requests.Add((table, recording)));
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public TemporaryFolder Folder { get; } = new();

    public MetadataDatabase Database { get; }

    public LocalObjectStore Lake { get; }

    public TableCatalogue Tables { get; }

    public RecordingStore Recordings { get; }

    public PyramidStore Store { get; }

    public PyramidBuilder Builder { get; }

    public LocalSignals Signals { get; }

    public List<(TableIdentifier Table, string Recording)> Requests { get; } = [];

    public IngestId Id { get; private set; }

    public string Recording => Id.ToString();

    public static async Task<SignalBench> StartAsync()
    {
        var bench = new SignalBench();
        await bench.Database.PrepareAsync(Token);
        await bench.Tables.EnsureAsync(Imu, new TableDefinition(SignalRowsOf.Schema, [], ["log_time_ns"], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, Token);
        bench.Id = await bench.RecordAsync("drive");
        return bench;
    }

    /// <summary>A recording with an account that says it is in the table.</summary>
    public async Task<IngestId> RecordAsync(string name)
    {
        var id = IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes(name)), "V1");
        var entry = new RecordingEntry { IngestId = id, VehicleId = "V1", FileName = name, Uri = "file:///x", SizeBytes = 1, ContentSha256 = new string('0', 64), AcceptedAt = DateTimeOffset.UtcNow };
        await Recordings.TryAddAsync(entry, _ => Task.CompletedTask, Token);
        var channels = new[] { SignalRowsOf.Left, SignalRowsOf.Right }.Select(channel => new RecordingChannelEntry(channel, "imu", Imu.ToString(), 1, 1, 0, "header")).ToList();
        await Database.WriteAsync(
            async transaction =>
            {
                await Recordings.SetAccountAsync(transaction, id, new RecordingAccountEntry(1, 1, 0, 0, 0, [], channels, [Imu.ToString()], "fleet", "1"));
                return true;
            },
            Token);
        return id;
    }

    /// <summary>Commits rows of the recording as one file of one upload.</summary>
    public async Task CommitAsync(SignalRowsOf rows, int from, int count, string upload)
    {
        var table = await Tables.LoadAsync(Imu, Token);
        string key = $"raw/imu/data/part-{Guid.NewGuid():N}.parquet";
        await using var writer = await Lake.CreateAsync(key, PutMode.IfAbsent, Token);
        var named = rows.Batch(table.Schema, Recording, from, count);
        await using var parquet = new ParquetWriter(writer.Stream, table.Schema, new ParquetWriterOptions { Metadata = new Dictionary<string, string> { ["iceberg.schema"] = IcebergTypes.ToJson(table.Schema, table.SchemaId) } });
        await parquet.WriteAsync(named, Token);
        var summary = await parquet.CompleteAsync(Token);
        await writer.CompleteAsync(Token);
        var file = new DataFile { Uri = Lake.UriOf(key), RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = [], Columns = summary.Columns, SplitOffsets = summary.SplitOffsets };
        var id = IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes(upload)), "V1");
        await Tables.AppendAsync(Imu, new AppendRequest { Sets = [new IngestSet(id, "fleet", "1", "attempt-1", [file])] }, Token);
    }

    /// <summary>Keys of the pyramids in the lake.</summary>
    public async Task<List<string>> PyramidsAsync()
    {
        var keys = new List<string>();
        await foreach (var entry in Lake.ListAsync("pyramids/", Token)) keys.Add(entry.Key);
        return keys;
    }

    public async ValueTask DisposeAsync()
    {
        await Signals.DisposeAsync();
        Builder.Dispose();
        Database.Dispose();
        Folder.Dispose();
    }
}
