namespace Mesh.Training.Compression.Profiles;

/// <summary>Numbers that a variant computes with.</summary>
public enum ProfilePrecision
{
    /// <summary>8-bit integers, quantised on calibration samples.</summary>
    Int8,
    /// <summary>IEEE 754 half precision.</summary>
    Fp16,
    /// <summary>Single precision, as the parent.</summary>
    Fp32,
}
