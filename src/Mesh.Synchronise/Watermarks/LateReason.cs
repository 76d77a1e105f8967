namespace Mesh.Synchronise.Watermarks;

/// <summary>Why a message was not put in order.</summary>
public enum LateReason
{
    /// <summary>Its stamp lies before the watermark.</summary>
    BehindWatermark,

    /// <summary>Its stamp lay far from all others and nothing confirmed it.</summary>
    Outlier,
}
