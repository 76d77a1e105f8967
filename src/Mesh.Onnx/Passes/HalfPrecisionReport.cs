namespace Mesh.Onnx.Passes;

/// <summary>What <see cref="HalfPrecision"/> did.</summary>
/// <param name="Converted">Nodes that compute in half precision now.</param>
/// <param name="Kept">Nodes that still compute in single precision.</param>
/// <param name="Clipped">Weights beyond ±65504, the largest half-precision number, which they became. More than none is a reason to keep their node.</param>
public sealed record HalfPrecisionReport(int Converted, int Kept, long Clipped);
