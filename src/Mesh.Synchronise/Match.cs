namespace Mesh.Synchronise;

/// <summary>What an input has for a frame: one sample, a value between two, or a reason why nothing.</summary>
internal readonly struct Match
{
    public Match(string missingReason) => MissingReason = missingReason;

    public Match(RowRef sample, long errorNs)
    {
        From = sample;
        Nearest = sample;
        TimeNs = sample.Time;
        ErrorNs = errorNs;
    }

    public Match(RowRef from, RowRef to, double u, long timeNs, long errorNs)
    {
        From = from;
        To = to;
        U = u;
        Nearest = u <= 0.5 ? from : to;
        TimeNs = timeNs;
        ErrorNs = errorNs;
    }

    public string? MissingReason { get; }

    public RowRef From { get; }

    public RowRef To { get; }

    /// <summary>Fraction of the way from one sample to the other.</summary>
    public double U { get; }

    public RowRef Nearest { get; }

    /// <summary>The time the value belongs to.</summary>
    public long TimeNs { get; }

    /// <summary>Distance from the frame's time to the nearest real sample.</summary>
    public long ErrorNs { get; }

    public bool IsInterpolated => To.IsPresent;
}
