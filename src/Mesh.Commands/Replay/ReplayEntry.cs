namespace Mesh.Commands.Replay;

/// <summary>A replay and how far it is.</summary>
public sealed record ReplayEntry
{
    /// <summary>Identity.</summary>
    public required string Id { get; init; }

    /// <summary>What it takes.</summary>
    public required ReplayKind Kind { get; init; }

    /// <summary>Topology that decodes; empty when every letter goes through the one it came from.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Its version.</summary>
    public string TopologyVersion { get; init; } = "";

    /// <summary>Where it is.</summary>
    public ReplayState State { get; init; }

    /// <summary>When it was asked for.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it last did something.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>What was asked for, for people.</summary>
    public string Description { get; init; } = "";

    /// <summary>Bytes of recordings read per second at most; null for no limit.</summary>
    public long? BytesPerSecond { get; init; }

    /// <summary>Recordings worked on at a time.</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Recordings in it.</summary>
    public long Total { get; init; }

    /// <summary>Recordings finished well.</summary>
    public long Done { get; init; }

    /// <summary>Recordings that failed.</summary>
    public long Failed { get; init; }

    /// <summary>Bytes of all recordings.</summary>
    public long TotalBytes { get; init; }

    /// <summary>Bytes of those that are finished.</summary>
    public long FinishedBytes { get; init; }

    /// <summary>Rows brought into tables.</summary>
    public long Rows { get; init; }

    /// <summary>Seconds it has worked.</summary>
    public double WorkedSeconds { get; init; }

    /// <summary>Seconds still to go at the pace so far; null while there is no telling, and once it has ended.</summary>
    public double? RemainingSeconds => State is ReplayState.Done or ReplayState.Stopped || FinishedBytes == 0 || WorkedSeconds <= 0
        ? null
        : (TotalBytes - FinishedBytes) * WorkedSeconds / FinishedBytes;
}
