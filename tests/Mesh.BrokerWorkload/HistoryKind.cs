namespace Mesh.BrokerWorkload;

/// <summary>What a journal line tells.</summary>
public enum HistoryKind
{
    /// <summary>A client is connected and begins.</summary>
    Ready,

    /// <summary>A record is about to be sent outside transactions.</summary>
    Send,

    /// <summary>The broker acknowledged a record.</summary>
    Ack,

    /// <summary>The record is certainly not in the log.</summary>
    Failed,

    /// <summary>Nobody can tell whether the record is in the log.</summary>
    Unknown,

    /// <summary>A transaction with these values is about to begin.</summary>
    Begin,

    /// <summary>Its commit is about to be asked for.</summary>
    Committing,

    /// <summary>Its commit was acknowledged.</summary>
    Committed,

    /// <summary>Its abort was acknowledged.</summary>
    Aborted,

    /// <summary>A newer producer with the same transactional id has taken over.</summary>
    Fenced,

    /// <summary>The client cannot go on, for a reason that is nobody's right.</summary>
    Fatal,

    /// <summary>A consumer was given a partition, or begins to read it.</summary>
    Assigned,

    /// <summary>A consumer gave a partition up.</summary>
    Revoked,

    /// <summary>A record was read.</summary>
    Read,

    /// <summary>A consumer's commit of an offset was acknowledged.</summary>
    OffsetCommitted,

    /// <summary>Log start and end as the broker tells them.</summary>
    Watermarks,

    /// <summary>A group's committed offset as the broker tells it.</summary>
    GroupOffset,

    /// <summary>A reader has reached the end of a partition.</summary>
    End,
}
