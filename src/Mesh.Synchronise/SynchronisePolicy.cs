namespace Mesh.Synchronise;

/// <summary>How the value of an input at a frame's time is made.</summary>
public enum SynchronisePolicy
{
    /// <summary>The sample closest in time, at most the tolerance away; of two equally close the earlier.</summary>
    Nearest,
    /// <summary>The last sample not later than the frame, while it is not too old.</summary>
    Previous,
    /// <summary>The first sample not earlier than the frame, while it is not too far away.</summary>
    Next,
    /// <summary>Between the samples on either side, while the gap between them is not too long. Never beyond the first and last sample.</summary>
    Linear,
}
