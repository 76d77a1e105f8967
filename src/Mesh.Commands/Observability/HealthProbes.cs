using System.Globalization;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Commands.Queries;
using Mesh.Kafka;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;

namespace Mesh.Commands.Observability;

/// <summary>What a server examines of itself. <c>mesh doctor</c> and <c>mesh status</c> show the same.</summary>
public static class HealthProbes
{
    private const string StorageProbeKey = "health/probe";

    /// <summary>Age up to which a write that succeeded says that the store works.</summary>
    private static readonly TimeSpan RecentWrite = TimeSpan.FromMinutes(1);

    /// <summary>The stages run: degraded while one is started again, failed when one has ended.</summary>
    public static HealthProbe Stages(Func<IReadOnlyList<StageView>> views) => new("stages", _ =>
    {
        var stages = views();
        var ended = stages.Where(stage => stage.State == "stopped").ToList();
        var restarting = stages.Where(stage => stage.State == "restarting").ToList();
        return Task.FromResult((ended.Count, restarting.Count) switch
        {
            ( > 0, _) => new HealthCheck("stages", HealthState.Failed, $"Ended: {Names(ended)}.", "Start the server again; its log says why the stage ended."),
            (_, > 0) => new HealthCheck(
                "stages", HealthState.Degraded, $"Being started again after a failure: {string.Join("; ", restarting.Select(stage => $"{stage.Name} ({stage.LastError})"))}.",
                "Remove the cause; the stage is started again by itself."),
            _ => new HealthCheck("stages", HealthState.Ok, $"{stages.Count} run."),
        });
    });

    /// <summary>Stages that have work get on with it. The only one that asks for a restart.</summary>
    /// <param name="heartbeats">The stages; asked anew each time, because topologies come and go.</param>
    /// <param name="limit">How long a stage may be at work without getting on.</param>
    public static HealthProbe Progress(Func<IReadOnlyList<StageHeartbeat>> heartbeats, TimeSpan limit) => new("progress", _ =>
    {
        var silent = heartbeats().Where(heartbeat => heartbeat.Silence > limit).ToList();
        return Task.FromResult(silent.Count > 0
            ? new HealthCheck(
                "progress", HealthState.Failed, $"At work without getting on: {string.Join(", ", silent.Select(heartbeat => $"{heartbeat.Stage} for {Text(heartbeat.Silence)}"))}.",
                "Start the server again: what it had begun is done again. A thread dump (`dotnet-stack report`) taken before tells where it stands.")
            : new HealthCheck("progress", HealthState.Ok, "Every stage that has work gets on with it."));
    }, IsLiveness: true);

    /// <summary>How far telemetry is: messages that are not in the tables yet, and the batch committed last.</summary>
    /// <param name="workers">The readers; asked anew each time, because topologies come and go.</param>
    /// <param name="admin">Tells the lag.</param>
    /// <param name="time">Clock.</param>
    public static HealthProbe Telemetry(Func<IReadOnlyList<TelemetryWorker>> workers, TopicAdmin admin, TimeProvider time) => new("telemetry", async cancellationToken =>
    {
        var findings = new List<string>();
        foreach (var worker in workers())
        {
            long behind = (await admin.DescribeGroupAsync(worker.Group, cancellationToken).ConfigureAwait(false)).Where(lag => lag.Topic == worker.Topic).Sum(lag => lag.Lag);
            string last = worker.LastBatch is { } batch
                ? string.Create(CultureInfo.InvariantCulture, $"last batch {(time.GetUtcNow() - batch.At).TotalSeconds:0.0} s ago, {batch.Messages:N0} messages within {batch.Delay.TotalSeconds:0.00} s")
                : "no batch since the start";
            var frames = (await worker.ReadFrameAccountsAsync(cancellationToken).ConfigureAwait(false))
                .Select(account => string.Create(CultureInfo.InvariantCulture, $", {account.Group}: {account.Made:N0} frames, {account.Late:N0} late"));
            findings.Add(string.Create(CultureInfo.InvariantCulture, $"{worker.Topology}: {behind:N0} messages behind, {last}{string.Concat(frames)}"));
        }

        return new HealthCheck("telemetry", HealthState.Ok, findings.Count == 0 ? "No topology reads telemetry." : string.Join("; ", findings) + ".");
    });

    /// <summary>The event log answers.</summary>
    public static HealthProbe EventLog(TopicAdmin admin) => new("event log", async cancellationToken =>
    {
        var topics = await admin.ListAsync(cancellationToken).ConfigureAwait(false);
        return new HealthCheck("event log", HealthState.Ok, $"Answers; {topics.Count} topics.");
    });

    /// <summary>The metadata database can be written.</summary>
    public static HealthProbe Database(MetadataDatabase database) => new("database", async cancellationToken =>
    {
        // Takes the writer's lock and changes nothing. SQLite waits for a lock on the caller's thread, so it gets one of its own.
        await Task.Factory.StartNew(
            () => database.WriteAsync(transaction => transaction.ExecuteAsync("DELETE FROM outbox WHERE id < 0"), cancellationToken).AsTask(),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap().ConfigureAwait(false);
        return new HealthCheck("database", HealthState.Ok, "Can be written.");
    });

    /// <summary>The lake can be written: something was written lately, else something small is.</summary>
    public static HealthProbe Storage(MeteredObjectStore lake, TimeProvider time) => new("storage", async cancellationToken =>
    {
        if (lake.LastWrite is not { Failure: null } last || time.GetUtcNow() - last.At > RecentWrite)
        {
            await lake.PutAsync(StorageProbeKey, "ok"u8.ToArray(), PutMode.Overwrite, cancellationToken).ConfigureAwait(false);
            await lake.DeleteAsync(StorageProbeKey, cancellationToken).ConfigureAwait(false);
        }

        return new HealthCheck("storage", HealthState.Ok, $"{lake.RootUri} can be written.");
    });

    /// <summary>There is room: degraded below twice the floor, failed below it, where uploads are refused.</summary>
    /// <param name="free">Free bytes now.</param>
    /// <param name="floorBytes">The floor, <c>upload.minFreeBytes</c>.</param>
    public static HealthProbe Disk(Func<long> free, long floorBytes) => new("disk", _ =>
    {
        long bytes = free();
        string found = $"{ByteSizeText.Format(bytes)} free; uploads are refused below {ByteSizeText.Format(floorBytes)}.";
        const string Remedy = "Free space, enlarge the disk, or shorten `landing.retention` and `kafka.retention`.";
        return Task.FromResult(
            bytes < floorBytes ? new HealthCheck("disk", HealthState.Failed, found, Remedy)
            : bytes < 2 * floorBytes ? new HealthCheck("disk", HealthState.Degraded, found, Remedy)
            : new HealthCheck("disk", HealthState.Ok, found));
    });

    /// <summary>Uploads become snapshots in time.</summary>
    /// <param name="recordings">Recordings.</param>
    /// <param name="limit">Age of an unfinished upload from which the server is degraded, <c>health.maxLag</c>.</param>
    /// <param name="time">Clock.</param>
    public static HealthProbe Uploads(RecordingStore recordings, TimeSpan limit, TimeProvider time) => new("uploads", async cancellationToken =>
    {
        var summary = await recordings.SummariseAsync(cancellationToken).ConfigureAwait(false);
        var age = summary.OldestUnfinishedAt is { } oldest ? time.GetUtcNow() - oldest : TimeSpan.Zero;
        return age > limit
            ? new HealthCheck(
                "uploads", HealthState.Degraded, $"{summary.Unfinished:N0} are not finished, the oldest was accepted {Text(age)} ago; the limit is {Text(limit)} (`health.maxLag`).",
                "`mesh recordings list` shows them; more `limits.parallelism` or another server on the same group makes it faster.")
            : new HealthCheck("uploads", HealthState.Ok, $"{summary.Unfinished:N0} are not finished.");
    });

    private static string Text(TimeSpan time) => time.TotalHours >= 1 ? $"{time.TotalHours:0.0} h" : time.TotalMinutes >= 1 ? $"{time.TotalMinutes:0} min" : $"{time.TotalSeconds:0} s";

    private static string Names(IEnumerable<StageView> stages) => string.Join(", ", stages.Select(stage => stage.Name));
}
