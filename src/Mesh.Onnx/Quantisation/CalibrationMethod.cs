namespace Mesh.Onnx.Quantisation;

/// <summary>How the range of a tensor is chosen from what was seen.</summary>
public enum CalibrationMethod
{
    /// <summary>Everything that was seen fits. One pass over the samples; the others take two.</summary>
    MinMax,
    /// <summary>All but the outermost values fit.</summary>
    Percentile,
    /// <summary>The threshold whose quantised distribution is closest to the real one (Kullback-Leibler divergence).</summary>
    Entropy,
    /// <summary>The range with the smallest mean squared rounding and clipping error.</summary>
    MeanSquaredError,
}
