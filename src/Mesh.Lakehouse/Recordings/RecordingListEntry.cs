namespace Mesh.Lakehouse.Recordings;

/// <summary>A recording in a list: figures only, the same as those of its <see cref="RecordingEntry"/>.</summary>
public sealed record RecordingListEntry
{
    /// <summary>Identity.</summary>
    public required string IngestId { get; init; }

    /// <summary>Pseudonym of the vehicle.</summary>
    public required string VehicleId { get; init; }

    /// <summary>The producer's name for the drive.</summary>
    public required string Session { get; init; }

    /// <summary>The producer's name for the file.</summary>
    public required string FileName { get; init; }

    /// <summary>Size of the recording.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Where it is.</summary>
    public required RecordingState State { get; init; }

    /// <summary>Why, when a run that counts is dead-lettered.</summary>
    public string? Reason { get; init; }

    /// <summary>When it became durable.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>When the last table of the last run had it; null until then.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>When retention deleted the landing object.</summary>
    public DateTimeOffset? LandingDeletedAt { get; init; }

    /// <summary>Uploads of the same bytes that were answered as duplicates.</summary>
    public int Duplicates { get; init; }

    /// <summary>Places where damage was found.</summary>
    public int LossCount { get; init; }

    /// <summary>Messages read from the recording, once per run.</summary>
    public long MessagesIn { get; init; }

    /// <summary>Rows in message tables.</summary>
    public long RowsOut { get; init; }

    /// <summary>Messages in dead letters.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Messages on channels that a topology does not ask for.</summary>
    public long NotSelected { get; init; }

    /// <summary>Rows in synchronised tables.</summary>
    public long FramesOut { get; init; }

    /// <summary>First log time of its rows, nanoseconds since 1970; null when it has none.</summary>
    public long? MinLogTimeNs { get; init; }

    /// <summary>Last log time of its rows.</summary>
    public long? MaxLogTimeNs { get; init; }
}
