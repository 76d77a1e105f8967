namespace Mesh.Onnx.Quantisation;

/// <summary>What quantising one layer alone does to the outputs.</summary>
/// <param name="Node">Name of the layer.</param>
/// <param name="SqnrDb">Signal to quantisation noise of the outputs with only this layer quantised, in dB.</param>
public sealed record LayerSensitivity(string Node, double SqnrDb);
