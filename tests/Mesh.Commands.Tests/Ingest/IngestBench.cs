using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Commands.Ingest;
using Mesh.Formats.Mcap;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Tests.Ingest;

/// <summary>A landing area, a lake and its catalogue on disk; what upload and catalogue stages would do is done by hand.</summary>
internal sealed class IngestBench : IDisposable
{
    public const ulong StartNs = 1_763_812_800_000_000_000;

    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly IObjectStore landing;

    public IngestBench(Func<IObjectStore, IObjectStore>? wrapLake = null, IngestOptions? options = null, Func<IObjectStore, IObjectStore>? wrapLanding = null)
    {
        database = MetadataDatabase.Open(folder["mesh.db"]);
        Landing = new LocalObjectStore(folder["landing"]);
        LakeStore = new LocalObjectStore(folder["lake"]);
        Catalogue = new TableCatalogue(database, LakeStore, TimeProvider.System);
        Recordings = new RecordingStore(database, TimeProvider.System);
        Options = options ?? NewOptions();
        landing = wrapLanding?.Invoke(Landing) ?? Landing;
        Processor = NewProcessor(Options, wrapLake?.Invoke(LakeStore));
    }

    public static CancellationToken Token => TestContext.Current.CancellationToken;

    public MetadataDatabase Database => database;

    public LocalObjectStore Landing { get; }

    public LocalObjectStore LakeStore { get; }

    public TableCatalogue Catalogue { get; }

    public RecordingStore Recordings { get; }

    public UploadProcessor Processor { get; }

    public IngestOptions Options { get; }

    public ConcurrentQueue<DeadLetter> Letters { get; } = [];

    public static EventPosition At(long offset) => new(Topics.Uploads, 0, offset);

    public static IngestOptions NewOptions() => new()
    {
        Topology = "test", TopologyVersion = "v1", Group = "mesh.test", RetryDelay = TimeSpan.FromMilliseconds(1), MaxRetryDelay = TimeSpan.FromMilliseconds(5),
    };

    /// <summary>A processor of another topology on the same lake.</summary>
    public UploadProcessor NewProcessor(IngestOptions options, IObjectStore? lake = null) => new(
        options, landing, lake ?? LakeStore, Catalogue, Recordings,
        (letter, _) => { Letters.Enqueue(letter); return Task.CompletedTask; }, TimeProvider.System, NullLogger.Instance);

    public static byte[] Point(double x, double y) => [0, 1, 0, 0, .. BitConverter.GetBytes(x), .. BitConverter.GetBytes(y)];

    /// <summary>Points on two topics of one schema and text on a third: message i has log time start + i µs and x = i.</summary>
    public static async Task<byte[]> RecordingAsync(int messages, int everyBad = 0, McapWriterOptions? options = null)
    {
        using var stream = new MemoryStream();
        await using (var writer = new McapWriter(stream, options ?? new McapWriterOptions { ChunkBytes = 8192 }))
        {
            ushort point = writer.AddSchema("demo_msgs/msg/Point", "ros2msg", Encoding.UTF8.GetBytes("float64 x\nfloat64 y\n"));
            ushort[] channels = [writer.AddChannel(point, "/left", "cdr"), writer.AddChannel(point, "/right", "cdr"), writer.AddChannel(0, "/raw", "")];
            for (uint i = 0; i < messages; i++)
            {
                byte[] payload = Point(i, -(double)i);
                if (everyBad > 0 && i % everyBad == 0) payload = payload[..11];
                await writer.WriteMessageAsync(channels[i % 3], i, StartNs + i * 1000UL, StartNs + i * 1000UL, payload, Token);
            }

            await writer.CompleteAsync(Token);
        }

        return stream.ToArray();
    }

    /// <summary>Makes a recording durable and known, as the upload stage does.</summary>
    public async Task<UploadAccepted> UploadAsync(byte[] recording, string vehicle = "V1")
    {
        byte[] hash = SHA256.HashData(recording);
        var id = IngestId.Compute(hash, vehicle);
        await Landing.PutAsync($"{id}.mcap", recording, PutMode.Overwrite, Token);
        var entry = new RecordingEntry
        {
            IngestId = id, VehicleId = vehicle, FileName = "r.mcap", Uri = Landing.UriOf($"{id}.mcap"), SizeBytes = recording.Length,
            ContentSha256 = Convert.ToHexStringLower(hash), AcceptedAt = DateTimeOffset.UnixEpoch,
        };
        await Recordings.TryAddAsync(entry, _ => Task.CompletedTask, Token);
        return new UploadAccepted { IngestId = id.ToString(), VehicleId = vehicle, Uri = entry.Uri, SizeBytes = entry.SizeBytes, ContentSha256 = entry.ContentSha256 };
    }

    /// <summary>Makes a recording that is written straight into the landing area known.</summary>
    public async Task<UploadAccepted> UploadAsync(string key, Func<Stream, Task> write)
    {
        await using (var output = await Landing.CreateAsync(key, PutMode.Overwrite, Token))
        {
            await write(output.Stream);
            await output.CompleteAsync(Token);
        }

        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        var id = IngestId.Compute(hash, "V1");
        var entry = new RecordingEntry
        {
            IngestId = id, VehicleId = "V1", FileName = key, Uri = Landing.UriOf(key), SizeBytes = (await Landing.GetSizeAsync(key, Token))!.Value,
            ContentSha256 = Convert.ToHexStringLower(hash), AcceptedAt = DateTimeOffset.UnixEpoch,
        };
        await Recordings.TryAddAsync(entry, _ => Task.CompletedTask, Token);
        return new UploadAccepted { IngestId = id.ToString(), VehicleId = "V1", Uri = entry.Uri, SizeBytes = entry.SizeBytes, ContentSha256 = entry.ContentSha256 };
    }

    /// <summary>Commits what an attempt announced, as the catalogue stage does.</summary>
    public async Task<List<AppendOutcome>> CommitAsync(IReadOnlyList<FilesWritten> events)
    {
        var outcomes = new List<AppendOutcome>();
        foreach (var written in events.Where(written => written.Table.Length > 0)) outcomes.Add(await CommitAsync(written));
        return outcomes;
    }

    public async Task<AppendOutcome> CommitAsync(FilesWritten written)
    {
        var files = written.Files.AsEnumerable();
        if (written.FilesUri.Length > 0)
        {
            await using var source = await LakeStore.OpenAsync(LakeStore.KeyOf(written.FilesUri), Token);
            var bytes = new byte[source.Length];
            await source.ReadAtAsync(0, bytes, Token);
            files = FilesWritten.Parser.ParseFrom(bytes).Files;
        }

        var id = IngestId.Parse(written.IngestId);
        var account = written.Account;
        var entry = new RecordingAccountEntry(
            account.MessagesIn, account.RowsOut, account.DeadLetters, account.NotSelected, account.FramesOut,
            [.. account.Losses.Select(loss => new DataLoss(loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found))],
            [.. account.Channels.Select(channel => new RecordingChannelEntry(channel.Channel, channel.Schema, channel.Table, channel.MessagesIn, channel.RowsOut, channel.DeadLetters, channel.TimeBase))],
            [.. written.Tables], written.Topology, written.TopologyVersion) { Digest = written.TopologyDigest };
        return await Catalogue.AppendAsync(
            TableIdentifier.Parse(written.Table),
            new AppendRequest
            {
                Sets = [new IngestSet(id, written.Topology, written.TopologyVersion, written.AttemptId, [.. files.Select(FileSetEvents.FromEvent)])],
                OnCommitting = (transaction, _, _) => Recordings.SetAccountAsync(transaction, id, entry),
            },
            Token);
    }

    public async Task<List<RecordBatch>> ScanAsync(string table)
    {
        var batches = new List<RecordBatch>();
        if (await Catalogue.FindAsync(TableIdentifier.Parse(table), Token) is null) return batches;
        await foreach (var batch in Catalogue.ScanAsync(TableIdentifier.Parse(table), new ScanOptions(), Token)) batches.Add(batch);
        return batches;
    }

    /// <summary>Identity of every row of a table: recording, channel, sequence.</summary>
    public async Task<List<(string Recording, string Channel, long Sequence)>> IdentitiesAsync(string table)
    {
        var rows = new List<(string, string, long)>();
        foreach (var batch in await ScanAsync(table))
        {
            for (int i = 0; i < batch.Length; i++)
            {
                rows.Add((batch["recording_id"].GetString(i), batch["channel"].GetString(i), batch["sequence"].Values<long>()[i]));
            }
        }

        return rows;
    }

    public void Dispose()
    {
        Processor.Dispose();
        database.Dispose();
        folder.Dispose();
    }
}
