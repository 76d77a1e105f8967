using Mesh.Kafka;
using Mesh.Kafka.Events;

namespace Mesh.Streaming.DeadLetters;

/// <summary>A dead letter as the index keeps it: what the topic says, and what has become of it since.</summary>
public sealed record DeadLetterEntry
{
    /// <summary>Identity; see <see cref="DeadLetterSink.IdOf"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Stage that could not handle it.</summary>
    public required string Stage { get; init; }

    /// <summary>Stable code of the error, of the last attempt.</summary>
    public required string Code { get; init; }

    /// <summary>What, where, what to do; of the last attempt.</summary>
    public required string Reason { get; init; }

    /// <summary>The recording; empty when the letter belongs to none.</summary>
    public string IngestId { get; init; } = "";

    /// <summary>Pseudonym of the vehicle; may be empty.</summary>
    public string VehicleId { get; init; } = "";

    /// <summary>Channel; table for a file set; empty for a whole recording.</summary>
    public string Channel { get; init; } = "";

    /// <summary>First sequence in the channel; -1 for a whole recording or file set.</summary>
    public long Sequence { get; init; } = -1;

    /// <summary>Last sequence; equal to the first for a single message.</summary>
    public long LastSequence { get; init; } = -1;

    /// <summary>Messages it stood for when it was written.</summary>
    public long Count { get; init; } = 1;

    /// <summary>Messages of them that replays have brought into the lake.</summary>
    public long Replayed { get; init; }

    /// <summary>Of the first message, nanoseconds; 0 when unknown.</summary>
    public ulong LogTimeNs { get; init; }

    /// <summary>Schema of the message in its recording.</summary>
    public string SchemaName { get; init; } = "";

    /// <summary>The recording, when the payload is not part of the letter.</summary>
    public string PayloadUri { get; init; } = "";

    /// <summary>Byte position in it.</summary>
    public long PayloadOffset { get; init; }

    /// <summary>Bytes of the payload.</summary>
    public long PayloadBytes { get; init; }

    /// <summary>Attempts made, replays included.</summary>
    public int Attempts { get; init; }

    /// <summary>Topology the stage ran; empty for stages that run none.</summary>
    public string Topology { get; init; } = "";

    /// <summary>Its version.</summary>
    public string TopologyVersion { get; init; } = "";

    /// <summary>Of the event that was being handled.</summary>
    public EventPosition Source { get; init; }

    /// <summary>Of the letter itself in its topic, the record of truth.</summary>
    public EventPosition Letter { get; init; }

    /// <summary>When it was written first.</summary>
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state changed last.</summary>
    public DateTimeOffset ChangedAt { get; init; }

    /// <summary>Where it is on its way back.</summary>
    public DeadLetterState State { get; init; }

    /// <summary>The replay that works on it; empty when none does.</summary>
    public string ReplayId { get; init; } = "";

    /// <summary>Messages still not in the lake.</summary>
    public long Remaining => State is DeadLetterState.Replayed ? 0 : Count - Replayed;

    /// <summary>What it stands for.</summary>
    public DeadLetterKind Kind =>
        IngestId.Length == 0 ? DeadLetterKind.Event
        : Stage == "catalogue" && SchemaName == FilesWritten.Descriptor.FullName ? DeadLetterKind.FileSet
        : Sequence < 0 ? DeadLetterKind.Recording
        : DeadLetterKind.Messages;
}
