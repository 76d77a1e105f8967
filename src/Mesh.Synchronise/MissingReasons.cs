namespace Mesh.Synchronise;

/// <summary>Why a frame has no value of an input: the words of the column <c>missing_reason</c>.</summary>
public static class MissingReasons
{
    /// <summary>No sample on the side where the policy needs one: before the first, after the last.</summary>
    public const string NoSample = "no_sample";
    /// <summary>The nearest sample is farther away than the tolerance.</summary>
    public const string OutsideTolerance = "outside_tolerance";
    /// <summary>The sample is older than its channel's limit.</summary>
    public const string TooOld = "too_old";
    /// <summary>The samples on either side are too far apart.</summary>
    public const string Gap = "gap";
    /// <summary>The recording has no message of the channel; the frame then has no column for it. Only in accounts.</summary>
    public const string ChannelAbsent = "channel_absent";
}
