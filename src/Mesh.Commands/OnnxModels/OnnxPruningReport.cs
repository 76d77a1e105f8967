using Mesh.Onnx.Pruning;

namespace Mesh.Commands.OnnxModels;

/// <summary>What became of a model.</summary>
/// <param name="Pruning">What was cut, and what could not be.</param>
/// <param name="BytesBefore">Size of the file read.</param>
/// <param name="BytesAfter">Size of the file written.</param>
/// <param name="Calibration">Where samples came from; null when none were needed.</param>
public sealed record OnnxPruningReport(PruningReport Pruning, long BytesBefore, long BytesAfter, CalibrationReport? Calibration);
