using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>A recording and what became of it.</summary>
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

    /// <summary>When the last table had it.</summary>
    public DateTimeOffset? CommittedAt { get; init; }

    /// <summary>When retention deleted the landing object.</summary>
    public DateTimeOffset? LandingDeletedAt { get; init; }

    /// <summary>Where it is.</summary>
    public RecordingState State { get; init; }

    /// <summary>Why, when it is dead-lettered.</summary>
    public string? Reason { get; init; }

    /// <summary>Messages read from the recording.</summary>
    public long MessagesIn { get; init; }

    /// <summary>Rows in message tables.</summary>
    public long RowsOut { get; init; }

    /// <summary>Messages in dead letters.</summary>
    public long DeadLetters { get; init; }

    /// <summary>Messages on channels the topology does not ask for.</summary>
    public long NotSelected { get; init; }

    /// <summary>Rows in synchronised tables.</summary>
    public long FramesOut { get; init; }

    /// <summary>Places where damage was found; also in listings, which leave out the places themselves.</summary>
    public int LossCount { get; init; }

    /// <summary>Damage found.</summary>
    public IReadOnlyList<DataLoss> Losses { get; init; } = [];

    /// <summary>What became of each channel.</summary>
    public IReadOnlyList<RecordingChannelEntry> Channels { get; init; } = [];

    /// <summary>Tables it is in, or will be.</summary>
    public IReadOnlyList<string> Tables { get; init; } = [];

    /// <summary>Uploads of the same bytes that were answered as duplicates.</summary>
    public int Duplicates { get; init; }
}
