namespace Mesh.Synchronise;

/// <summary>Why a sample is in no frame. For members of sets the matcher's own reasons come on top.</summary>
public static class UnmatchedReasons
{
    /// <summary>No frame is as near as the input's limit asks.</summary>
    public const string NoFrame = "no_frame";
    /// <summary>A frame is near, but took other samples, or had to go without.</summary>
    public const string NotNeeded = "not_needed";
    /// <summary>A later message of the channel has the same stamp, and the last one counts.</summary>
    public const string RepeatedStamp = "repeated_stamp";
    /// <summary>Another member of the set has no message in the recording at all.</summary>
    public const string PartnerAbsent = "partner_absent";
    /// <summary>No set came about with it.</summary>
    public const string NoSet = "no_set";
}
