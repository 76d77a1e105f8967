using System.Runtime.CompilerServices;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Mesh.Columnar;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Decode.Telemetry;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Storage;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest.Telemetry;

/// <summary>An event log with the telemetry topic, a lake, and workers on them.</summary>
internal sealed class TelemetryBench : IAsyncDisposable
{
    public const long StartNs = 1_763_812_800_000_000_000;

    private readonly TemporaryFolder folder = new();

    private TelemetryBench(LogBench log, TestDatabase place)
    {
        Log = log;
        Database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        Lake = new LocalObjectStore(folder["lake"]);
        Outbox = new Outbox(Database);
        Catalogue = new TableCatalogue(Database, Lake, TimeProvider.System);
        Admin = new TopicAdmin(log.Options, NullLogger.Instance);
        Producer = new RecordProducer(log.Options, NullLogger.Instance);
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public LogBench Log { get; }

    public MetadataDatabase Database { get; }

    public Outbox Outbox { get; }

    public LocalObjectStore Lake { get; }

    public TableCatalogue Catalogue { get; }

    public TopicAdmin Admin { get; }

    public RecordProducer Producer { get; }

    public ConcurrentQueue<DeadLetter> Letters { get; } = [];

    public TelemetryOptions Options { get; set; } = new()
    {
        Topology = "live", TopologyVersion = "1", Group = "mesh.live", MaxDelay = TimeSpan.FromMilliseconds(50), RetryDelay = TimeSpan.FromMilliseconds(20),
        MaxRetryDelay = TimeSpan.FromMilliseconds(200), IdentityInterval = TimeSpan.FromMilliseconds(200),
    };

    public static async Task<TelemetryBench> StartAsync(int partitions = 3, TestDatabase? place = null)
    {
        var bench = new TelemetryBench(await LogBench.StartAsync(Token), place ?? TestDatabase.Sqlite);
        await bench.Database.PrepareAsync(Token);
        await bench.Admin.EnsureAsync(new Dictionary<string, int> { [Topics.Telemetry] = partitions }, Token);
        return bench;
    }

    /// <summary>A message of one channel; header values are texts or bytes.</summary>
    public Task<EventPosition> SendAsync(string vehicle, byte[] value, params (string Name, object Value)[] headers) => Producer.SendBinaryAsync(
        Topics.Telemetry, Encoding.UTF8.GetBytes(vehicle), value,
        headers.Select(header => KeyValuePair.Create(header.Name, header.Value as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(header.Value, CultureInfo.InvariantCulture)!))), Token);

    public Task<EventPosition> SendJsonAsync(string vehicle, string json, string channel = "/speed", params (string Name, object Value)[] more) =>
        SendAsync(vehicle, Encoding.UTF8.GetBytes(json), [(TelemetryHeaders.Encoding, "json"), (TelemetryHeaders.Channel, channel), .. more]);

    /// <summary>Many JSON messages with value n = number, from several vehicles.</summary>
    public Task SendManyAsync(int from, int count, int vehicles = 5, string channel = "/speed") => Task.WhenAll(
        Enumerable.Range(from, count).Select(n => SendJsonAsync($"v{n % vehicles}", $$"""{"n": {{n}}}""", channel)));

    public RunningTelemetry Run(TelemetryOptions? options = null) => new(new TelemetryWorker(
        options ?? Options, Log.Options, Catalogue, Lake, Database,
        (letter, _) => { Letters.Enqueue(letter); return Task.CompletedTask; }, TimeProvider.System, NullLogger.Instance));

    public async Task<List<T>> RowsAsync<T>(string table, Func<RecordBatch, int, T> read)
    {
        var rows = new List<T>();
        if (await Catalogue.FindAsync(TableIdentifier.Parse(table), Token) is null) return rows;
        await foreach (var batch in Catalogue.ScanAsync(TableIdentifier.Parse(table), new ScanOptions(), Token))
        {
            for (int i = 0; i < batch.Length; i++) rows.Add(read(batch, i));
        }

        return rows;
    }

    public Task<List<(string Recording, long Sequence)>> IdentitiesAsync(string table) =>
        RowsAsync(table, (batch, i) => (batch["recording_id"].GetString(i), batch["sequence"].Values<long>()[i]));

    public Task<List<double>> NumbersAsync(string table = "raw.speed") => RowsAsync(table, (batch, i) => batch["n"].Values<double>()[i]);

    public async Task<long> CountAsync(string table)
    {
        var found = await Catalogue.FindAsync(TableIdentifier.Parse(table), Token);
        return found?.CurrentSnapshot?.TotalRows ?? 0;
    }

    public Task UntilRowsAsync(long rows, string table = "raw.speed") => UntilAsync(async () => await CountAsync(table) >= rows, $"{rows} rows in {table}");

    public static Task UntilAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        Eventually.TrueAsync(condition, Token, what: what);

    /// <summary>Every number once.</summary>
    public async Task ShouldHoldAsync(int count, string table = "raw.speed")
    {
        var numbers = await NumbersAsync(table);
        numbers.Order().ShouldBe(Enumerable.Range(0, count).Select(n => (double)n));
        (await IdentitiesAsync(table)).Distinct().Count().ShouldBe(count);
    }

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await Admin.DisposeAsync();
        await Log.DisposeAsync();
        Outbox.Dispose();
        Database.Dispose();
        folder.Dispose();
    }
}

internal sealed class RunningTelemetry : IAsyncDisposable
{
    private readonly TelemetryWorker worker;
    private readonly CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(TelemetryBench.Token);
    private readonly Task running;

    public RunningTelemetry(TelemetryWorker worker)
    {
        this.worker = worker;
        running = worker.RunAsync(stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running;
        worker.Dispose();
        stop.Dispose();
    }
}
