namespace Mesh.Onnx.Quantisation;

/// <summary>How far a quantised model's outputs are from the float model's, over all samples.</summary>
/// <param name="SqnrDb">Signal to quantisation noise of all outputs together, in dB, at most <see cref="EqualDb"/>.</param>
/// <param name="Agreement">Share of rows of the first output whose largest element is at the same place; null when it has no rows.</param>
public sealed record OutputComparison(double SqnrDb, double? Agreement)
{
    /// <summary>What stands for outputs that are equal.</summary>
    public const double EqualDb = 300;
}
