using Mesh.Synchronise.Matching;

namespace Mesh.Synchronise;

/// <summary>A message that is in no set.</summary>
internal readonly record struct DroppedMessage(int Channel, long Ordinal, DropReason Reason) : IComparable<DroppedMessage>
{
    public int CompareTo(DroppedMessage other) => Channel != other.Channel ? Channel.CompareTo(other.Channel) : Ordinal.CompareTo(other.Ordinal);
}

/// <summary>Words for a matcher's reasons.</summary>
internal static class SetReasons
{
    public static string Of(DropReason reason) => reason switch
    {
        DropReason.QueueOverflow => "queue_overflow",
        DropReason.NoPartner => "no_partner",
        DropReason.TooFarApart => "too_far_apart",
        DropReason.Superseded => "superseded",
        DropReason.PartnerLost => "partner_lost",
        DropReason.LateArrival => "late_arrival",
        DropReason.EndOfRecording => "end_of_recording",
        _ => UnmatchedReasons.NoSet,
    };
}
