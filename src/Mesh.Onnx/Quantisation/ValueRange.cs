namespace Mesh.Onnx.Quantisation;

/// <summary>The values of a tensor that quantisation keeps; what lies outside is clipped.</summary>
/// <param name="Min">Smallest.</param>
/// <param name="Max">Largest.</param>
public readonly record struct ValueRange(float Min, float Max);
