namespace Mesh.Onnx.Quantisation;

/// <summary>What <see cref="PostTrainingQuantiser"/> did, measured on the calibration samples.</summary>
public sealed record QuantisationReport
{
    /// <summary>What the model is written for.</summary>
    public required QuantisationFlavour Flavour { get; init; }

    /// <summary>How ranges were chosen.</summary>
    public required CalibrationMethod Method { get; init; }

    /// <summary>Nodes that are quantised.</summary>
    public required IReadOnlyList<string> Quantised { get; init; }

    /// <summary>What each layer does when it alone is quantised, the worst first; null when nobody asked and no bound was missed.</summary>
    public IReadOnlyList<LayerSensitivity>? Sensitivity { get; init; }

    /// <summary>Layers that stayed in float because of their effect, in the order in which they were left out.</summary>
    public required IReadOnlyList<LayerSensitivity> LeftOut { get; init; }

    /// <summary>How close the outputs are to the float model's. Task accuracy may say something else: gate on that.</summary>
    public required OutputComparison Outputs { get; init; }
}
