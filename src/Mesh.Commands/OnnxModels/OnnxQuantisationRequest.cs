using Mesh.Onnx.Quantisation;

namespace Mesh.Commands.OnnxModels;

/// <summary>What <see cref="OnnxQuantisation"/> is to do.</summary>
/// <param name="Model">The float model's file.</param>
/// <param name="Output">Where the quantised model goes.</param>
/// <param name="Options">How it is quantised.</param>
/// <param name="ExportFolder">Where the float model with encodings for other toolchains goes; null writes none.</param>
public sealed record OnnxQuantisationRequest(string Model, string Output, QuantisationOptions Options, string? ExportFolder = null);
