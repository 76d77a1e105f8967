namespace Mesh.Synchronise;

/// <summary>How the value of an input at a reference's time is made.</summary>
public enum SynchronisePolicy
{
    /// <summary>The sample closest in time, at most the tolerance away; of two equally close the earlier.</summary>
    Nearest,
    /// <summary>The last sample not later than the reference, while it is not too old.</summary>
    Previous,
    /// <summary>Between the samples on either side, while the gap between them is not too long. Never beyond the first and last sample.</summary>
    Linear,
}
