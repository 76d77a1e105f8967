using Mesh.Onnx.Passes;

namespace Mesh.Commands.OnnxModels;

/// <summary>What became of a model.</summary>
/// <param name="Simplified">What the passes did.</param>
/// <param name="HalfPrecision">What the conversion to half precision did; null when it was not asked for.</param>
/// <param name="BytesBefore">Size of the file read.</param>
/// <param name="BytesAfter">Size of the file written.</param>
public sealed record OnnxOptimisationReport(OptimisationReport Simplified, HalfPrecisionReport? HalfPrecision, long BytesBefore, long BytesAfter);
