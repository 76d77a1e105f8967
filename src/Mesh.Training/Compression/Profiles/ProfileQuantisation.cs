using Mesh.Onnx.Quantisation;

namespace Mesh.Training.Compression.Profiles;

/// <summary>How a profile quantises.</summary>
public sealed record ProfileQuantisation
{
    /// <summary>How ranges are chosen (default: everything that was seen fits).</summary>
    public CalibrationMethod Method { get; init; } = CalibrationMethod.MinMax;

    /// <summary>With <see cref="CalibrationMethod.Percentile"/>: share of values that fit, in percent (default: 99.99).</summary>
    public double Percentile { get; init; } = 99.99;

    /// <summary>Signal to noise that outputs must keep, in dB; layers that hurt most stay in float until it is met. Null (the default): none asked.</summary>
    public double? MinSqnrDb { get; init; }

    /// <summary>Nodes that stay in float, by name.</summary>
    public IReadOnlyList<string> Keep { get; init; } = [];
}
