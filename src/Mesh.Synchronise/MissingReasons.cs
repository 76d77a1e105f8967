namespace Mesh.Synchronise;

/// <summary>Why a frame has no value of an input: the words of the column <c>missing_reason</c>.</summary>
public static class MissingReasons
{
    /// <summary>No sample on the side where the policy needs one: before the first, after the last.</summary>
    public const string NoSample = "no_sample";
    /// <summary>The nearest sample is farther away than the tolerance.</summary>
    public const string OutsideTolerance = "outside_tolerance";
    /// <summary>The sample that the policy takes is farther away than <c>maxAge</c>.</summary>
    public const string TooOld = "too_old";
    /// <summary>The samples on either side are farther apart than <c>maxGap</c>.</summary>
    public const string Gap = "gap";
    /// <summary>The frame's set lies before an earlier one, because stamps of a member run backwards; inputs are only looked for forwards.</summary>
    public const string OutOfOrder = "out_of_order";
    /// <summary>The recording has no message of the channel; the frame then has no column for it. Only in accounts.</summary>
    public const string ChannelAbsent = "channel_absent";
}
