namespace Mesh.Onnx.Export;

/// <summary>
/// How one tensor is quantised, as Qualcomm's tools write it: x = scale · (q + offset) with q from 0 to 2^bits - 1. An offset is at most 0; a
/// symmetric tensor of 8 bits has -128.
/// </summary>
public sealed record TensorEncoding
{
    /// <summary>The tensor's name in the float model.</summary>
    public required string Name { get; init; }

    /// <summary>Bits of an integer.</summary>
    public required int Bits { get; init; }

    /// <summary>Whether as many steps lie below zero as above.</summary>
    public required bool IsSymmetric { get; init; }

    /// <summary>Whether there is a scale per channel; otherwise there is one.</summary>
    public required bool IsPerChannel { get; init; }

    /// <summary>Steps between neighbouring integers.</summary>
    public required IReadOnlyList<float> Scales { get; init; }

    /// <summary>Offset of each scale.</summary>
    public required IReadOnlyList<int> Offsets { get; init; }

    /// <summary>The smallest number a channel can hold.</summary>
    public double MinOf(int channel) => (double)Scales[channel] * Offsets[channel];

    /// <summary>The largest number a channel can hold.</summary>
    public double MaxOf(int channel) => (double)Scales[channel] * (Offsets[channel] + (1L << Bits) - 1);
}
