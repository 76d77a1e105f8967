namespace Mesh.Synchronise.Matching;

/// <summary>Why a message is in no set.</summary>
public enum DropReason
{
    /// <summary>It was the oldest of its channel when the channel's queue was full.</summary>
    QueueOverflow,

    /// <summary>No set could be completed with it: the other channels had nothing that fits.</summary>
    NoPartner,

    /// <summary>The set it would have begun is wider than the limit of the policy.</summary>
    TooFarApart,

    /// <summary>A better set, or a later message of its channel, took its place.</summary>
    Superseded,

    /// <summary>The channel that its set would have waited for had lost messages to a full queue, so the set could not be proven best.</summary>
    PartnerLost,

    /// <summary>Its stamp lies before what has been decided already.</summary>
    LateArrival,

    /// <summary>It was still waiting for a decision when the recording ended.</summary>
    EndOfRecording,
}
