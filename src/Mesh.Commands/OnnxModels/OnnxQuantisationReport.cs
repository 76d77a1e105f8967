using Mesh.Onnx.Quantisation;

namespace Mesh.Commands.OnnxModels;

/// <summary>What became of a model.</summary>
/// <param name="Quantisation">What was done, and how close the outputs are.</param>
/// <param name="BytesBefore">Size of the file read.</param>
/// <param name="BytesAfter">Size of the file written.</param>
/// <param name="Runtime">What ran the model on the samples.</param>
/// <param name="Calibration">Where the samples came from.</param>
public sealed record OnnxQuantisationReport(QuantisationReport Quantisation, long BytesBefore, long BytesAfter, string Runtime, CalibrationReport Calibration);
