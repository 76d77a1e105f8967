using System.Data.Common;
using Mesh.Commands.Ingest;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Replay;

/// <summary>
/// Works off the replays in the metadata database, one server at a time. What is under way when the process dies is pending still and is done
/// again; ledger and letters see to it that it counts once. Live ingest goes first: a recording is begun only while none is worked on, or
/// after a minute, so that a fleet that never rests does not stop replays for good.
/// </summary>
public sealed class ReplayStage : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestDeference = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(30);

    private readonly MetadataDatabase database;
    private readonly ReplayStore replays;
    private readonly DeadLetterStore letters;
    private readonly RecordingStore recordings;
    private readonly ReplayTopologies topologies;
    private readonly TableCatalogue catalogue;
    private readonly IObjectStore landing;
    private readonly IObjectStore lake;
    private readonly RecordingReplay whole;
    private readonly Func<bool> isLiveBusy;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly ReplayMetrics metrics = new();
    private (string Replay, ByteRate Rate)? rate;

    /// <param name="database">State.</param>
    /// <param name="topologies">Topologies by version.</param>
    /// <param name="recordings">Recordings and their accounts.</param>
    /// <param name="catalogue">Tables.</param>
    /// <param name="landing">Where recordings are.</param>
    /// <param name="lake">Where data files go.</param>
    /// <param name="producer">Announces files.</param>
    /// <param name="writeLetter">Writes a dead letter and returns when it is durable.</param>
    /// <param name="isLiveBusy">Whether live uploads are being worked on.</param>
    /// <param name="spillFolder">For what synchronise spills.</param>
    /// <param name="logger">Log.</param>
    /// <param name="time">Clock.</param>
    public ReplayStage(
        MetadataDatabase database, TopologyStore topologies, RecordingStore recordings, TableCatalogue catalogue, IObjectStore landing, IObjectStore lake,
        EventProducer producer, Func<DeadLetter, CancellationToken, Task> writeLetter, Func<bool> isLiveBusy, string spillFolder, ILogger logger, TimeProvider time)
    {
        this.database = database;
        this.recordings = recordings;
        this.catalogue = catalogue;
        this.landing = landing;
        this.lake = lake;
        this.isLiveBusy = isLiveBusy;
        this.time = time;
        this.logger = logger;
        this.topologies = new ReplayTopologies(topologies, spillFolder);
        replays = new ReplayStore(database, time);
        letters = new DeadLetterStore(database, time);
        whole = new RecordingReplay(lake, catalogue, recordings, letters, producer, writeLetter, time, logger);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var lease = await database.HoldAsync("replay", cancellationToken).ConfigureAwait(false);
            await using var _ = lease.ConfigureAwait(false);
            while (true)
            {
                try
                {
                    await lease.ConfirmAsync(cancellationToken).ConfigureAwait(false);
                    if (await replays.NextAsync(cancellationToken).ConfigureAwait(false) is { } replay) await StepAsync(replay, cancellationToken).ConfigureAwait(false);
                    else await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
                }
                catch (MeshException exception) when (exception.IsTransient && exception.Code != "MESH8203")
                {
                    ReplayLog.Waiting(logger, LongestRetry / 10, exception.Message);
                    await Task.Delay(LongestRetry / 10, time, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The normal end.
        }
    }

    /// <inheritdoc/>
    public void Dispose() => metrics.Dispose();

    // A few recordings at a time, then the question whose turn it is again: dead letters that somebody waits for do not queue behind a fleet.
    private async Task StepAsync(ReplayEntry replay, CancellationToken cancellationToken)
    {
        var items = await replays.ListItemsAsync(replay.Id, ReplayItemState.Pending, replay.Parallelism, cancellationToken).ConfigureAwait(false);
        if (items.Count == 0)
        {
            await replays.ChangeStateAsync(replay.Id, ReplayState.Done, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (replay.Kind == ReplayKind.Recordings) await DeferToLiveAsync(cancellationToken).ConfigureAwait(false);
        long begun = time.GetTimestamp();
        await Task.WhenAll(items.Select(item => RunItemAsync(replay, item, cancellationToken))).ConfigureAwait(false);
        await replays.AddWorkAsync(replay.Id, time.GetElapsedTime(begun), cancellationToken).ConfigureAwait(false);
    }

    private async Task DeferToLiveAsync(CancellationToken cancellationToken)
    {
        for (long begun = time.GetTimestamp(); isLiveBusy() && time.GetElapsedTime(begun) < LongestDeference;)
        {
            await Task.Delay(Poll, time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task RunItemAsync(ReplayEntry replay, ReplayItem item, CancellationToken cancellationToken)
    {
        for (var delay = FirstRetry; ; delay = delay * 2 < LongestRetry ? delay * 2 : LongestRetry)
        {
            try
            {
                CrashPoint.Reach("replay.before-item");
                await FinishAsync(replay, item, await RunOnceAsync(replay, item, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (Exception exception) when (IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                ReplayLog.ItemRetried(logger, replay.Id, item.IngestId, delay, exception.Message);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                string code = (exception as MeshException)?.Code ?? "MESH2365";
                string reason = exception is MeshException ? exception.Message : $"It failed unexpectedly: {exception.GetType().Name}: {exception.Message} Please report this with the recording.";
                await FailAsync(replay, item, code, reason, cancellationToken).ConfigureAwait(false);
                return;
            }

            await Task.Delay(delay, time, cancellationToken).ConfigureAwait(false);

            // Whoever pauses or stops a replay that cannot get on is not kept waiting.
            if ((await replays.FindAsync(replay.Id, cancellationToken).ConfigureAwait(false))?.State != ReplayState.Running) return;
        }
    }

    private async Task<(long Rows, string Left)> RunOnceAsync(ReplayEntry replay, ReplayItem item, CancellationToken cancellationToken)
    {
        if (item.Mode == ReplayItemMode.Files) return (await whole.RunFilesAsync(replay, item, cancellationToken).ConfigureAwait(false), "");
        var id = IngestId.Parse(item.IngestId);
        var recording = await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH2353", $"There is no recording {item.IngestId} any more.");
        LocalReplays.RequireLanding(recording);
        var source = SourceFor(replay);
        var target = await topologies.LoadAsync(item.Topology, item.TopologyVersion, cancellationToken).ConfigureAwait(false);
        target = target with { MemoryBytes = Math.Max(128L << 20, target.MemoryBytes / 2), Parallelism = replay.Parallelism };
        if (item.Mode == ReplayItemMode.Whole)
        {
            return (await whole.RunWholeAsync(replay, item, recording, target, source, cancellationToken).ConfigureAwait(false), "");
        }

        var decoder = replay.Topology.Length == 0 ? target : await topologies.LoadAsync(replay.Topology, replay.TopologyVersion, cancellationToken).ConfigureAwait(false);
        var messages = new MessageReplay(database, source, lake, catalogue, recordings, letters, replays, time, logger);
        string left = await messages.RunAsync(
            replay, item, recording, new RecordingRun(id, item.Topology, item.TopologyVersion), decoder with { Parallelism = replay.Parallelism }, target, cancellationToken).ConfigureAwait(false);

        // Its rows were counted with each table's commit.
        return (0, left);
    }

    private async Task FinishAsync(ReplayEntry replay, ReplayItem item, (long Rows, string Left) outcome, CancellationToken cancellationToken)
    {
        CrashPoint.Reach("replay.before-item-done");
        string digest = item.Mode == ReplayItemMode.Messages ? "" : (await topologies.ResolveAsync($"{item.Topology}@{item.TopologyVersion}", cancellationToken).ConfigureAwait(false)).Digest;
        await database.WriteAsync(
            async transaction =>
            {
                await replays.FinishItemAsync(
                    transaction, replay.Id, item.Ordinal, outcome.Left.Length == 0 ? ReplayItemState.Done : ReplayItemState.Failed, outcome.Rows, outcome.Left).ConfigureAwait(false);
                if (item.Mode == ReplayItemMode.Messages) return;
                await letters.SettleAsync(
                    transaction, ReplayIds.ClaimOf(replay.Id, item.Mode), item.IngestId, $"the recording is committed in {item.Topology}@{item.TopologyVersion} ({replay.Id})",
                    item.Topology, item.TopologyVersion, digest).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        metrics.Add(item, outcome.Rows, failed: outcome.Left.Length > 0);
        ReplayLog.ItemDone(logger, replay.Id, item.IngestId, outcome.Rows, outcome.Left);
        CrashPoint.Reach("replay.after-item-done");
    }

    private async Task FailAsync(ReplayEntry replay, ReplayItem item, string code, string reason, CancellationToken cancellationToken)
    {
        string claim = ReplayIds.ClaimOf(replay.Id, item.Mode);
        if (replay.Kind == ReplayKind.DeadLetters && item.Mode != ReplayItemMode.Messages)
        {
            // The request took its run back to not finished; nothing else will finish it.
            var run = new RecordingRun(IngestId.Parse(item.IngestId), item.Topology, item.TopologyVersion);
            await recordings.MarkDeadLetteredAsync(run, $"{code}: {reason}", cancellationToken).ConfigureAwait(false);
        }

        await database.WriteAsync(
            async transaction =>
            {
                await replays.FinishItemAsync(transaction, replay.Id, item.Ordinal, ReplayItemState.Failed, 0, $"{code}: {reason}").ConfigureAwait(false);
                foreach (var letter in await letters.ListReplayingAsync(transaction, claim, item.IngestId).ConfigureAwait(false))
                {
                    await letters.ReopenAsync(transaction, letter.Id, claim, code, reason).ConfigureAwait(false);
                }
            },
            cancellationToken).ConfigureAwait(false);
        metrics.Add(item, 0, failed: true);
        ReplayLog.ItemFailed(logger, replay.Id, item.IngestId, code, reason);
    }

    private IObjectStore SourceFor(ReplayEntry replay)
    {
        if (replay.BytesPerSecond is not { } bytesPerSecond) return landing;
        lock (metrics)
        {
            if (rate?.Replay != replay.Id) rate = (replay.Id, new ByteRate(bytesPerSecond, time));
            return new ThrottledObjectStore(landing, rate.Value.Rate);
        }
    }

    private static bool IsTransient(Exception exception) => exception switch
    {
        MeshException failure => failure.IsTransient,
        EndOfStreamException => false,
        IOException or TimeoutException or HttpRequestException => true,
        DbException failure => failure.IsTransient,
        _ => false,
    };
}
