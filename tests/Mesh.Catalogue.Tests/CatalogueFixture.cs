using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Catalogue.Tests;

/// <summary>A lake, its database and an event log, in a temporary folder. The stage only sees files' names and sizes, so their bytes are none.</summary>
internal sealed class CatalogueFixture : IAsyncDisposable
{
    public const string Imu = "raw.imu";
    public const int FileBytes = 100;
    private int files;

    private CatalogueFixture(EmbeddedKafka kafka)
    {
        Kafka = kafka;
        Producer = new EventProducer(kafka.Options, NullLogger.Instance);
    }

    public static CancellationToken Timeout => TestContext.Current.CancellationToken;

    public required TemporaryFolder Folder { get; init; }

    public EmbeddedKafka Kafka { get; private set; }

    public EventProducer Producer { get; private set; }

    public required MetadataDatabase Database { get; init; }

    public required LocalObjectStore Lake { get; init; }

    public required TableCatalogue Catalogue { get; init; }

    public required RecordingStore Recordings { get; init; }

    public required Outbox Outbox { get; init; }

    public static async Task<CatalogueFixture> CreateAsync(TestDatabase place, params string[] tables)
    {
        var folder = new TemporaryFolder();
        var database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        var lake = new LocalObjectStore(folder["lake"]);
        var fixture = new CatalogueFixture(await EmbeddedKafka.StartAsync(folder["broker"]))
        {
            Folder = folder,
            Database = database,
            Lake = lake,
            Catalogue = new TableCatalogue(database, lake, TimeProvider.System),
            Recordings = new RecordingStore(database, TimeProvider.System),
            Outbox = new Outbox(database),
        };
        await fixture.CreateTopicsAsync();
        foreach (string table in tables.DefaultIfEmpty(Imu))
        {
            var schema = new Schema([new Field("recording_id", DataType.Utf8, Nullable: false), new Field("log_time", DataType.TimestampMicros, Nullable: false)]);
            await fixture.Catalogue.EnsureAsync(
                TableIdentifier.Parse(table), new TableDefinition(schema, [new PartitionField("log_time", PartitionTransform.Day)], [], new Dictionary<string, string>()),
                SchemaChangePolicy.Evolve, Timeout);
        }

        return fixture;
    }

    /// <summary>Another cluster, where offsets begin at zero.</summary>
    public async Task MoveToAnotherLogAsync()
    {
        await Producer.DisposeAsync();
        await Kafka.DisposeAsync();
        Kafka = await EmbeddedKafka.StartAsync(Folder["another-broker"]);
        Producer = new EventProducer(Kafka.Options, NullLogger.Instance);
        await CreateTopicsAsync();
    }

    public static IngestId Upload(int number) => IngestId.Compute(SHA256.HashData(Encoding.UTF8.GetBytes($"upload {number}")), "V1");

    /// <summary>A recording that has been uploaded and an event with one file of ten rows, one second long.</summary>
    public async Task<FilesWritten> WrittenAsync(int number, string table = Imu, string attempt = "a1", params string[] tables)
    {
        await AddRecordingAsync(number);
        var written = new FilesWritten
        {
            AttemptId = attempt, IngestId = Upload(number).ToString(), Table = table, Topology = "fleet", TopologyVersion = "v1",
            Account = new RecordingAccount
            {
                MessagesIn = 12, RowsOut = 10, DeadLetters = 2,
                Channels = { new ChannelAccount { Channel = "/imu", Table = table, MessagesIn = 12, RowsOut = 10, DeadLetters = 2, TimeBase = "header" } },
                Losses = { new LossFact { Code = "MESH10001", Offset = 5, Bytes = 7, Expected = "a", Found = "b" } },
            },
            Tables = { tables.DefaultIfEmpty(table).Where(name => name.Length > 0) },
        };
        if (table.Length > 0) written.Files.Add(await FileAsync(table, number));
        return written;
    }

    public async Task<Kafka.Events.DataFile> FileAsync(string table, int number)
    {
        string key = $"{table.Replace('.', '/')}/data/{Interlocked.Increment(ref files)}-{Guid.NewGuid():N}.parquet";
        await Lake.PutAsync(key, new byte[FileBytes], PutMode.IfAbsent, Timeout);
        return new Kafka.Events.DataFile
        {
            Uri = Lake.UriOf(key), RowCount = 10, FileBytes = FileBytes, MinLogTimeUs = number * 10_000_000L + 1, MaxLogTimeUs = number * 10_000_000L + 1_000_001,
            Partition = { new PartitionValue { Field = "log_time_day", IntValue = 20_000 } },
        };
    }

    public async Task AddRecordingAsync(int number) => await Recordings.TryAddAsync(
        new RecordingEntry
        {
            IngestId = Upload(number), VehicleId = "V1", FileName = "a.mcap", Uri = "file:///landing/a", SizeBytes = 1, ContentSha256 = new string('0', 64),
            AcceptedAt = DateTimeOffset.UnixEpoch,
        },
        _ => Task.CompletedTask, Timeout);

    public Task PublishAsync(FilesWritten written) => Producer.PublishAsync(Topics.FilesWritten, written.Table, written, Timeout);

    public CatalogueStage Stage(IObjectStore? lake = null, TableCatalogue? catalogue = null) => new(
        Kafka.Options, catalogue ?? Catalogue, Recordings, Database, lake ?? Lake, new DeadLetterSink(Producer), NullLogger.Instance, TimeProvider.System,
        new CatalogueOptions { FirstRetryDelay = TimeSpan.FromMilliseconds(20) });

    /// <summary>Runs a stage until a condition holds, then stops it.</summary>
    public async Task RunUntilAsync(Func<Task<bool>> condition, CatalogueStage? stage = null)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Timeout);
        var running = (stage ?? Stage()).RunAsync(stop.Token);
        while (!await condition())
        {
            if (running.IsCompleted) break;
            await Task.Delay(25, Timeout);
        }

        await stop.CancelAsync();
        await running;
    }

    public Task<bool> IsCommittedAsync(int number) => HasStateAsync(number, RecordingState.Committed);

    public async Task<bool> HasStateAsync(int number, RecordingState state) => (await Recordings.FindAsync(Upload(number), Timeout))?.State == state;

    public ValueTask<Table> LoadAsync(string table = Imu) => Catalogue.LoadAsync(TableIdentifier.Parse(table), Timeout);

    /// <summary>The snapshots that have been announced, in order.</summary>
    public async Task<List<SnapshotCommitted>> AnnouncedAsync() =>
        [.. (await Outbox.PeekAsync(1_000, Timeout)).Where(entry => entry.Topic == Topics.SnapshotCommitted).Select(entry => SnapshotCommitted.Parser.ParseFrom(entry.Protobuf))];

    public async Task<List<DeadLetter>> LettersAsync()
    {
        await using var admin = new TopicAdmin(Kafka.Options, NullLogger.Instance);
        List<DeadLetter> letters = [];
        await foreach (var letter in new DeadLetterReader(admin, NullLogger.Instance).ReadAsync("catalogue", Timeout)) letters.Add(letter);
        return letters;
    }

    public async ValueTask DisposeAsync()
    {
        await Producer.DisposeAsync();
        await Kafka.DisposeAsync();
        Database.Dispose();
        Folder.Dispose();
    }

    private async Task CreateTopicsAsync()
    {
        await using var admin = new TopicAdmin(Kafka.Options, NullLogger.Instance);
        await admin.EnsureAsync(new Dictionary<string, int> { [Topics.FilesWritten] = 2, [Topics.DeadLetters("catalogue")] = 1 }, Timeout);
    }
}
