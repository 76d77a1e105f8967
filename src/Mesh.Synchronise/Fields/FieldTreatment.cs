namespace Mesh.Synchronise;

/// <summary>How the value of a field between two samples is made.</summary>
public enum FieldTreatment
{
    /// <summary>On the straight line; whole numbers are rounded, halves away from zero.</summary>
    Linear,
    /// <summary>The earlier sample's: states, identities, counters.</summary>
    Hold,
    /// <summary>The nearer sample's, the earlier in the middle.</summary>
    Nearest,
    /// <summary>The shorter way round a circle.</summary>
    Angle,
    /// <summary>The shorter rotation between two orientations, at a steady rate.</summary>
    Quaternion,
}
