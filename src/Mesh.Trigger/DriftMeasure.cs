namespace Mesh.Trigger;

/// <summary>How far two distributions are apart.</summary>
public enum DriftMeasure
{
    /// <summary>Population stability index, Σ (q − p) ln (q / p) over bins; a bin without rows counts as 0.0001. Customary limits: 0.1 and 0.25.</summary>
    Psi,

    /// <summary>Kolmogorov-Smirnov statistic: the greatest distance of the two cumulative distributions, 0 to 1. For text, of the shares of one value.</summary>
    Ks,

    /// <summary>Jensen-Shannon divergence over bins in bits, 0 to 1.</summary>
    Js,
}
