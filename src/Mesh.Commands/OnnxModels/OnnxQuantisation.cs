using System.Text;
using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Export;
using Mesh.Onnx.Quantisation;

namespace Mesh.Commands.OnnxModels;

/// <summary>Quantises a model file with samples.</summary>
public static class OnnxQuantisation
{
    /// <summary>The float model that the encodings beside it belong to.</summary>
    public const string FloatFile = "float.onnx";

    /// <summary>AIMET's encodings, version 1.0.0.</summary>
    public const string AimetFile = "aimet.encodings.json";

    /// <summary>For <c>--quantization_overrides</c> of QNN's converters.</summary>
    public const string OverridesFile = "qnn.overrides.json";

    /// <summary>TensorRT's calibration cache.</summary>
    public const string CacheFile = "tensorrt.calibration.cache";

    /// <summary>Writes the quantised model.</summary>
    /// <param name="runtime">What runs the model on the samples.</param>
    /// <param name="request">Files and options.</param>
    /// <param name="calibration">Samples for a model of these inputs, enumerated several times.</param>
    /// <exception cref="MeshException"><c>MESH98xx</c>, <c>MESH11090</c>, <c>MESH11091</c>.</exception>
    public static async Task<OnnxQuantisationReport> RunAsync(IOnnxRuntime runtime, OnnxQuantisationRequest request, ICalibrationSource calibration, CancellationToken cancellationToken)
    {
        byte[] bytes = await OnnxFiles.ReadAsync(request.Model, cancellationToken).ConfigureAwait(false);
        var (model, signature) = OnnxModelReader.Read(bytes);
        long size = bytes.Length;
        // The model has its own copy of the weights by now.
        bytes = [];
        var samples = await calibration.OpenAsync(signature, cancellationToken).ConfigureAwait(false);
        var quantised = await new PostTrainingQuantiser(runtime).QuantiseAsync(model, samples, request.Options, cancellationToken).ConfigureAwait(false);
        OnnxModelChecker.Check(quantised.Model);
        byte[] written = quantised.Model.ToByteArray();
        await OnnxFiles.WriteAsync(request.Output, written, cancellationToken).ConfigureAwait(false);
        if (request.ExportFolder is { } folder) await ExportAsync(quantised, folder, cancellationToken).ConfigureAwait(false);
        return new OnnxQuantisationReport(quantised.Report, size, written.Length, runtime.Name, calibration.Describe());
    }

    private static async Task ExportAsync(QuantisedModel quantised, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var encodings = QuantisationEncodings.From(quantised);
        await OnnxFiles.WriteAsync(Path.Combine(folder, FloatFile), quantised.Reference.ToByteArray(), cancellationToken).ConfigureAwait(false);
        await OnnxFiles.WriteAsync(Path.Combine(folder, AimetFile), encodings.ToAimet(), cancellationToken).ConfigureAwait(false);
        await OnnxFiles.WriteAsync(Path.Combine(folder, OverridesFile), encodings.ToQnnOverrides(), cancellationToken).ConfigureAwait(false);
        await OnnxFiles.WriteAsync(Path.Combine(folder, CacheFile), Encoding.UTF8.GetBytes(encodings.ToTensorRtCache()), cancellationToken).ConfigureAwait(false);
    }
}
