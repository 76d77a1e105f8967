namespace Mesh.Synchronise;

/// <summary>What became of one input's samples in one recording.</summary>
/// <param name="Input">Name of the input's column.</param>
/// <param name="Channel">Its channel.</param>
public sealed record SynchroniseAccount(string Input, string Channel)
{
    /// <summary>Samples of the channel.</summary>
    public long Samples { get; internal set; }

    /// <summary>Samples that are in at least one frame, or that a value in one was interpolated from.</summary>
    public long UsedSamples { get; internal set; }

    /// <summary>Frames with a value.</summary>
    public long Matched { get; internal set; }

    /// <summary>Those of them whose value was interpolated.</summary>
    public long Interpolated { get; internal set; }

    /// <summary>Frames without a value, by <c>missing_reason</c>.</summary>
    public IReadOnlyDictionary<string, long> Missing => MissingCounts;

    internal SortedDictionary<string, long> MissingCounts { get; } = new(StringComparer.Ordinal);

    internal void CountMissing(string reason) => MissingCounts[reason] = MissingCounts.GetValueOrDefault(reason) + 1;
}
