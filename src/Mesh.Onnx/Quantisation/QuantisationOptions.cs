namespace Mesh.Onnx.Quantisation;

/// <summary>How a model is quantised.</summary>
public sealed record QuantisationOptions
{
    /// <summary>What it is written for (default: ONNX Runtime on x86).</summary>
    public QuantisationFlavour Flavour { get; init; } = QuantisationFlavour.OrtU8S8;

    /// <summary>Bits of an activation: 8 (default), or 16, which only <see cref="QuantisationFlavour.Qnn"/> has.</summary>
    public int ActivationBits { get; init; } = 8;

    /// <summary>How ranges of activations are chosen (default: from the smallest to the largest value seen).</summary>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.MinMax;

    /// <summary>With <see cref="CalibrationMethod.Percentile"/>: the share of values that fit, in percent (default: 99.99).</summary>
    public double Percentile { get; init; } = 99.99;

    /// <summary>Nodes that stay in float, by name (default: none).</summary>
    public IReadOnlySet<string> KeptNodes { get; init; } = new HashSet<string>();

    /// <summary>Weights of 7 bits (default: 8), for x86 processors without VNNI, whose 16-bit sums can overflow.</summary>
    public bool ReducedRange { get; init; }

    /// <summary>
    /// Signal to quantisation noise that the outputs must keep, in dB (default: none asked). While it is missed, the layer that hurts most stays
    /// in float.
    /// </summary>
    public double? MinSqnrDb { get; init; }

    /// <summary>Whether every layer's own effect is measured even where no bound asks for it (default: no). Costs two runs of the samples a layer.</summary>
    public bool MeasureSensitivity { get; init; }
}
