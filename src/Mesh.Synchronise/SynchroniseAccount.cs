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

    /// <summary>Those of them with a field whose value could be another just as well.</summary>
    public long Ambiguous { get; internal set; }

    /// <summary>Largest distance of a frame's time to the nearest real sample, nanoseconds.</summary>
    public long MaxMatchErrorNs { get; internal set; }

    /// <summary>Mean of these distances, nanoseconds; 0 without frames.</summary>
    public double MeanMatchErrorNs => Matched == 0 ? 0 : (double)SumOfErrors / Matched;

    /// <summary>Frames without a value, by <c>missing_reason</c>.</summary>
    public IReadOnlyDictionary<string, long> Missing => MissingCounts;

    /// <summary>Samples in no frame, by reason.</summary>
    public IReadOnlyDictionary<string, long> Unmatched => UnmatchedCounts;

    internal SortedDictionary<string, long> MissingCounts { get; } = new(StringComparer.Ordinal);

    internal SortedDictionary<string, long> UnmatchedCounts { get; } = new(StringComparer.Ordinal);

    private Int128 SumOfErrors { get; set; }

    internal void Count(in Match match)
    {
        if (match.MissingReason is { } reason)
        {
            Add(MissingCounts, reason);
            return;
        }

        Matched++;
        if (match.IsInterpolated) Interpolated++;
        MaxMatchErrorNs = Math.Max(MaxMatchErrorNs, match.ErrorNs);
        SumOfErrors += match.ErrorNs;
    }

    internal void CountUnmatched(string reason, long count = 1) => Add(UnmatchedCounts, reason, count);

    private static void Add(SortedDictionary<string, long> counts, string reason, long count = 1) => counts[reason] = counts.GetValueOrDefault(reason) + count;
}
