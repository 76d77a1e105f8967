using System.Globalization;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Replay;

/// <summary>Takes requests about dead letters, replays and versions within the server; <see cref="ReplayStage"/> works them off.</summary>
public sealed partial class LocalReplays : IReplays
{
    private const int MostRecordingsAtATime = 64;
    private const int MostLetters = 100_000;

    private readonly MetadataDatabase database;
    private readonly RecordingStore recordings;
    private readonly ReplayTopologies topologies;
    private readonly ProductVersions versions;
    private readonly DeadLetterStore letters;
    private readonly ReplayStore replays;
    private readonly TimeProvider time;

    /// <param name="database">State.</param>
    /// <param name="recordings">Recordings and their accounts.</param>
    /// <param name="topologies">Topologies by version.</param>
    /// <param name="versions">Versions of products.</param>
    /// <param name="time">Clock.</param>
    public LocalReplays(MetadataDatabase database, RecordingStore recordings, TopologyStore topologies, ProductVersions versions, TimeProvider time)
    {
        this.database = database;
        this.recordings = recordings;
        this.topologies = new ReplayTopologies(topologies, Path.GetTempPath());
        this.versions = versions;
        this.time = time;
        letters = new DeadLetterStore(database, time);
        replays = new ReplayStore(database, time);
    }

    /// <inheritdoc/>
    public async Task<RecordingReplayReport> StartAsync(RecordingReplayRequest request, CancellationToken cancellationToken)
    {
        if (request.BytesPerSecond is <= 0) throw new MeshException("MESH2366", "The rate of a replay must be positive; leave it out for no limit.");
        if (request.Parallelism is < 1 or > MostRecordingsAtATime) throw new MeshException("MESH2366", $"A replay works on 1 to {MostRecordingsAtATime} recordings at a time, not {request.Parallelism}.");
        var topology = await topologies.ResolveAsync(request.Topology, cancellationToken).ConfigureAwait(false);
        var times = request.Since is null && request.Until is null
            ? new Dictionary<string, (long, long)>()
            : await recordings.ListLogTimesAsync(cancellationToken).ConfigureAwait(false);
        var items = new List<ReplayItem>();
        int already = 0, gone = 0, withoutTimes = 0;

        // Oldest first, as they came.
        foreach (var recording in (await recordings.ListAsync(int.MaxValue, cancellationToken).ConfigureAwait(false)).Reverse())
        {
            string id = recording.IngestId.ToString();
            if (request.Recordings is { Count: > 0 } wanted && !wanted.Any(prefix => IsBeginning(prefix, id))) continue;
            if (request.Vehicle is { } vehicle && recording.VehicleId != vehicle) continue;
            if (request.Since is not null || request.Until is not null)
            {
                if (!times.TryGetValue(id, out var logged))
                {
                    withoutTimes++;
                    continue;
                }

                if (request.Since is { } since && logged.Item2 / 1000 < UnixMicros.Of(since)) continue;
                if (request.Until is { } until && logged.Item1 / 1000 >= UnixMicros.Of(until)) continue;
            }

            if (recording.Runs.Any(run => run.Topology == topology.Name && run.TopologyVersion == topology.VersionText && run.State == RecordingState.Committed)) already++;
            else if (recording.LandingDeletedAt is not null) gone++;
            else items.Add(new ReplayItem(items.Count, id, topology.Name, topology.VersionText, recording.SizeBytes, ReplayItemMode.Whole));
        }

        ReplayEntry? replay = null;
        if (!request.DryRun && items.Count > 0)
        {
            replay = new ReplayEntry
            {
                Id = ReplayIds.Create(time),
                Kind = ReplayKind.Recordings,
                Topology = topology.Name,
                TopologyVersion = topology.VersionText,
                Description = Describe(request),
                BytesPerSecond = request.BytesPerSecond,
                Parallelism = request.Parallelism,
            };
            replay = await AddAsync(replay, items, _ => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        }

        return new RecordingReplayReport(replay, topology.FullName, items.Count, items.Sum(item => item.SizeBytes), already, gone, withoutTimes);
    }

    /// <inheritdoc/>
    public async Task<ReplayEntry> ChangeAsync(string id, ReplayState to, CancellationToken cancellationToken)
    {
        var replay = await replays.FindAsync(id, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH2367", $"There is no replay '{id}'. `mesh replay list` shows them.");
        bool changed = await replays.ChangeStateAsync(replay.Id, to, cancellationToken).ConfigureAwait(false);
        if (changed && to == ReplayState.Stopped) await ReleaseAsync(replay, cancellationToken).ConfigureAwait(false);
        var now = (await replays.FindAsync(replay.Id, cancellationToken).ConfigureAwait(false))!;
        return changed || now.State == to
            ? now
            : throw new MeshException("MESH2367", $"Replay {replay.Id} is {now.State.ToString().ToLowerInvariant()} and cannot go on from there to {to.ToString().ToLowerInvariant()}. Start a new one.");
    }

    /// <inheritdoc/>
    public async Task<ProductVersionsView> SwitchAsync(string product, ProductSwitchRequest request, CancellationToken cancellationToken) =>
        await versions.SwitchAsync(product, request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <exception cref="MeshException"><c>MESH2352</c>: retention has deleted the recording.</exception>
    internal static void RequireLanding(RecordingEntry recording)
    {
        if (recording.LandingDeletedAt is { } deleted)
        {
            throw new MeshException("MESH2352", string.Create(CultureInfo.InvariantCulture,
                $"Recording {recording.IngestId} cannot be read again: retention deleted its landing object on {deleted:yyyy-MM-dd HH:mm} UTC. If its producer still has {recording.FileName}, it can be published for another session (`mesh publish --session`); otherwise drop its dead letters."));
        }
    }

    // Letters that a stopped replay has not got to wait for somebody again.
    private async Task ReleaseAsync(ReplayEntry replay, CancellationToken cancellationToken)
    {
        var pending = await replays.ListItemsAsync(replay.Id, ReplayItemState.Pending, int.MaxValue, cancellationToken).ConfigureAwait(false);
        foreach (var item in pending.Where(item => replay.Kind == ReplayKind.DeadLetters && item.Mode != ReplayItemMode.Messages))
        {
            var run = new RecordingRun(IngestId.Parse(item.IngestId), item.Topology, item.TopologyVersion);
            await recordings.MarkDeadLetteredAsync(run, $"Its replay {replay.Id} was stopped.", cancellationToken).ConfigureAwait(false);
        }

        await database.WriteAsync(
            async transaction =>
            {
                foreach (var item in pending)
                {
                    string claim = ReplayIds.ClaimOf(replay.Id, item.Mode);
                    foreach (var letter in await letters.ListReplayingAsync(transaction, claim, item.IngestId).ConfigureAwait(false))
                    {
                        await letters.ReopenAsync(transaction, letter.Id, claim, letter.Code, letter.Reason, "released").ConfigureAwait(false);
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
    }

    private async Task<ReplayEntry> AddAsync(ReplayEntry replay, List<ReplayItem> items, Func<MetadataTransaction, Task> inSameTransaction, CancellationToken cancellationToken)
    {
        await database.WriteAsync(
            async transaction =>
            {
                await replays.AddAsync(transaction, replay, items).ConfigureAwait(false);
                await inSameTransaction(transaction).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("replay.after-request");
        return (await replays.FindAsync(replay.Id, cancellationToken).ConfigureAwait(false))!;
    }

    private static string Describe(RecordingReplayRequest request) => string.Join(", ", new[]
    {
        request.Recordings is { Count: > 0 } ids ? $"recordings {string.Join(' ', ids.Select(id => id.Length > 12 ? id[..12] : id))}" : "",
        request.Vehicle is { } vehicle ? $"vehicle {vehicle}" : "",
        request.Since is { } since ? string.Create(CultureInfo.InvariantCulture, $"logged since {since:u}") : "",
        request.Until is { } until ? string.Create(CultureInfo.InvariantCulture, $"logged until {until:u}") : "",
    }.Where(part => part.Length > 0).DefaultIfEmpty("all recordings"));

    private static bool IsBeginning(string prefix, string id) => prefix.Length >= 4
        ? id.StartsWith(prefix, StringComparison.Ordinal)
        : throw new MeshException("MESH2350", $"'{prefix}' is too short for the id of a recording: give at least 4 of its digits.");
}
