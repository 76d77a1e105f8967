namespace Mesh.Synchronise;

/// <summary>How one field, or everything below it, is interpolated. On a type that a treatment does not fit the field is held.</summary>
/// <param name="Treatment">How.</param>
public sealed record FieldRule(FieldTreatment Treatment)
{
    /// <summary>Full circle of <see cref="FieldTreatment.Angle"/> in the field's unit (default: 360).</summary>
    public double Period { get; init; } = 360;

    /// <summary>
    /// Fastest change that is believed, per second: in the field's unit, for orientations in radians. A faster one makes the field null
    /// (default: null, no limit). For an angle it decides whether the way round can be known.
    /// </summary>
    public double? MaxRate { get; init; }

    /// <summary>Whether a quaternion without component names begins with w (default: false, xyzw).</summary>
    public bool IsWFirst { get; init; }
}
