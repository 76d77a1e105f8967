using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>
/// A recording and what became of it. A recording passes through every active topology; its own state is derived from those runs, of each
/// topology that of the newest version, because a newer version supersedes what an older one could not read:
/// accepted until one of them has written files; written until all that are awaited are finished; then dead-lettered when one of them is,
/// else committed. Figures are sums over all runs, so that rows + dead letters + not selected make up the messages read.
/// </summary>
public sealed record RecordingEntry
{
    /// <summary>Identity.</summary>
    public required IngestId IngestId { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public required string VehicleId { get; init; }

    /// <summary>The producer's name for the drive.</summary>
    public string Session { get; init; } = "";

    /// <summary>The producer's name for the file.</summary>
    public required string FileName { get; init; }

    /// <summary>The landing object; stays in the row after retention has deleted the object.</summary>
    public required string Uri { get; init; }

    /// <summary>Size of the recording.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Lower-case hex.</summary>
    public required string ContentSha256 { get; init; }

    /// <summary>When it became durable.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When retention deleted the landing object.</summary>
    public DateTimeOffset? LandingDeletedAt { get; init; }

    /// <summary>Uploads of the same bytes that were answered as duplicates.</summary>
    public int Duplicates { get; init; }

    /// <summary>What became of it per topology version, by topology and version.</summary>
    public IReadOnlyList<RecordingRunEntry> Runs { get; init; } = [];

    /// <summary>Active topologies, <c>NAME@VERSION</c>, that will read it and have not begun.</summary>
    public IReadOnlyList<string> Awaited { get; init; } = [];

    /// <summary>Where it is.</summary>
    public RecordingState State
    {
        get
        {
            if (Runs.Count == 0) return RecordingState.Accepted;
            if (Awaited.Count > 0 || Deciding.Any(run => !run.IsFinished)) return RecordingState.Written;
            return Deciding.Any(run => run.State == RecordingState.DeadLettered) ? RecordingState.DeadLettered : RecordingState.Committed;
        }
    }

    /// <summary>Why, when a run that counts is dead-lettered.</summary>
    public string? Reason => Deciding.FirstOrDefault(run => run.State == RecordingState.DeadLettered)?.Reason;

    /// <summary>When the last table of the last run had it; null until then.</summary>
    public DateTimeOffset? CommittedAt => State == RecordingState.Committed ? Deciding.Max(run => run.CommittedAt) : null;

    /// <summary>Messages read from the recording, once per run.</summary>
    public long MessagesIn => Runs.Sum(run => run.MessagesIn);

    /// <summary>Rows in message tables.</summary>
    public long RowsOut => Runs.Sum(run => run.RowsOut);

    /// <summary>Messages in dead letters.</summary>
    public long DeadLetters => Runs.Sum(run => run.DeadLetters);

    /// <summary>Messages on channels that a topology does not ask for.</summary>
    public long NotSelected => Runs.Sum(run => run.NotSelected);

    /// <summary>Rows in synchronised tables.</summary>
    public long FramesOut => Runs.Sum(run => run.FramesOut);

    /// <summary>Places where damage was found; also in listings, which leave out the places themselves.</summary>
    public int LossCount => Runs.Count == 0 ? 0 : Runs.Max(run => run.LossCount);

    /// <summary>Damage found.</summary>
    public IReadOnlyList<DataLoss> Losses => [.. Runs.SelectMany(run => run.Losses).Distinct()];

    /// <summary>What became of each channel, run by run.</summary>
    public IReadOnlyList<RecordingChannelEntry> Channels => [.. Runs.SelectMany(run => run.Channels)];

    /// <summary>Tables it is in, or will be.</summary>
    public IReadOnlyList<string> Tables => [.. Runs.SelectMany(run => run.Tables).Distinct().Order(StringComparer.Ordinal)];

    private IEnumerable<RecordingRunEntry> Deciding => Runs.GroupBy(run => run.Topology).Select(versions => versions.MaxBy(run => run.Order)!);
}
