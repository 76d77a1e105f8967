using System.Security.Cryptography;
using Mesh.Catalogue;
using Mesh.Commands.Ingest;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Trigger;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Commands.Topologies.Testing;

/// <summary>A landing area, a lake and its catalogue in a folder, and the topology's ingest on them: what a server does, without a log or a listener.</summary>
internal sealed class TestLake : IDisposable
{
    private readonly MetadataDatabase database;
    private readonly LocalObjectStore landing;
    private readonly LocalObjectStore lake;
    private readonly RecordingStore recordings;
    private readonly UploadProcessor processor;
    private readonly Dictionary<string, long> letters = [];
    private readonly TimeProvider time;
    private readonly TriggerEvaluator triggers;
    private readonly Outbox outbox;
    private long offset;

    public TestLake(string folder, TopologyPlan plan, TimeProvider time)
    {
        this.time = time;
        database = MetadataDatabase.Open(Path.Combine(folder, "mesh.db"));
        landing = new LocalObjectStore(Path.Combine(folder, "landing"));
        lake = new LocalObjectStore(Path.Combine(folder, "lake"));
        Tables = new TableCatalogue(database, lake, time);
        recordings = new RecordingStore(database, time);
        string spill = Directory.CreateDirectory(Path.Combine(folder, "spill")).FullName;
        var rules = plan.Triggers.Select(WithoutTime).ToList();
        triggers = new TriggerEvaluator(database, () => rules, ProductNames.Of(plan.Topology).TableOf, NullLogger.Instance, time, Tables);
        outbox = new Outbox(database);
        processor = new UploadProcessor(plan.Ingest with { SpillFolder = spill }, landing, lake, Tables, recordings, TakeLetterAsync, time, NullLogger.Instance);
    }

    /// <summary>The tables made.</summary>
    public TableCatalogue Tables { get; }

    /// <summary>Uploads that were there already.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Dead letters by code.</summary>
    public IReadOnlyDictionary<string, long> Letters => letters;

    /// <summary>Uploads a recording and commits what comes of it.</summary>
    public async Task UploadAsync(string path, string vehicle, CancellationToken cancellationToken)
    {
        byte[] hash;
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false)) hash = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
        var id = IngestId.Compute(hash, vehicle);
        string key = $"{id}{Path.GetExtension(path)}";
        await landing.ImportFileAsync(path, key, cancellationToken).ConfigureAwait(false);
        var entry = new RecordingEntry
        {
            IngestId = id, VehicleId = vehicle, FileName = Path.GetFileName(path), Uri = landing.UriOf(key), SizeBytes = new FileInfo(path).Length,
            ContentSha256 = Convert.ToHexStringLower(hash), AcceptedAt = time.GetUtcNow(),
        };
        if (!await recordings.TryAddAsync(entry, _ => Task.CompletedTask, cancellationToken).ConfigureAwait(false))
        {
            Duplicates++;
            return;
        }

        var accepted = new UploadAccepted
        {
            IngestId = id.ToString(), VehicleId = vehicle, FileName = entry.FileName, Uri = entry.Uri, SizeBytes = entry.SizeBytes, ContentSha256 = entry.ContentSha256,
        };
        var outcome = await processor.ProcessUploadAsync(accepted, new EventPosition(Topics.Uploads, 0, offset++), cancellationToken).ConfigureAwait(false);
        foreach (var written in outcome.Events) await DirectCommit.CommitAsync(Tables, recordings, database, lake, written, cancellationToken).ConfigureAwait(false);
        await TellTriggersAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What the triggers fired for, oldest first.</summary>
    public async Task<IReadOnlyList<TriggerFiring>> ListFiringsAsync(CancellationToken cancellationToken) =>
        [.. (await triggers.Ledger.ListFiringsAsync(int.MaxValue, cancellationToken).ConfigureAwait(false)).Reverse()];

    /// <summary>Where the triggers stand.</summary>
    public ValueTask<IReadOnlyList<TriggerStatus>> ListTriggersAsync(CancellationToken cancellationToken) => triggers.ListAsync(cancellationToken);

    public void Dispose()
    {
        outbox.Dispose();
        processor.Dispose();
        database.Dispose();
    }

    private Task TakeLetterAsync(DeadLetter letter, CancellationToken cancellationToken)
    {
        lock (letters) letters[letter.Code] = letters.GetValueOrDefault(letter.Code) + Math.Max(1, letter.Count);
        return Task.CompletedTask;
    }

    private async Task TellTriggersAsync(CancellationToken cancellationToken)
    {
        var entries = await outbox.PeekAsync(int.MaxValue, cancellationToken).ConfigureAwait(false);
        foreach (var entry in entries.Where(entry => entry.Topic == Topics.SnapshotCommitted))
        {
            await triggers.ApplyAsync(SnapshotCommitted.Parser.ParseFrom(entry.Protobuf), cancellationToken).ConfigureAwait(false);
        }

        await outbox.RemoveAsync([.. entries.Select(entry => entry.Id)], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A test is about what data makes a rule due: it does not wait, and it has no time of day.</summary>
    private static TriggerRule WithoutTime(TriggerRule rule) => rule with { Schedule = null, Debounce = null, Cooldown = TimeSpan.Zero, Budget = null };
}
