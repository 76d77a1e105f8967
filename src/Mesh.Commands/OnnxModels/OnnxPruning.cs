using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Pruning;

namespace Mesh.Commands.OnnxModels;

/// <summary>Prunes a model file.</summary>
public static class OnnxPruning
{
    /// <summary>Writes the smaller model.</summary>
    /// <param name="runtime">What runs the model on samples; null when the measure needs none.</param>
    /// <param name="input">The model's file.</param>
    /// <param name="output">Where the result goes.</param>
    /// <param name="options">How much is cut, and where.</param>
    /// <param name="calibration">Samples, when importance is measured by activation.</param>
    /// <exception cref="MeshException"><c>MESH98xx</c>, <c>MESH11090</c>, <c>MESH11091</c>.</exception>
    public static async Task<OnnxPruningReport> RunAsync(IOnnxRuntime? runtime, string input, string output, PruningOptions options, ICalibrationSource? calibration, CancellationToken cancellationToken)
    {
        byte[] bytes = await OnnxFiles.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        var (model, signature) = OnnxModelReader.Read(bytes);
        var samples = calibration is null ? null : await calibration.OpenAsync(signature, cancellationToken).ConfigureAwait(false);
        var (pruned, report) = await new StructuredPruner(runtime).PruneAsync(model, options, samples, cancellationToken).ConfigureAwait(false);
        OnnxModelChecker.Check(pruned);
        byte[] written = pruned.ToByteArray();
        await OnnxFiles.WriteAsync(output, written, cancellationToken).ConfigureAwait(false);
        return new OnnxPruningReport(report, bytes.Length, written.Length, calibration?.Describe());
    }
}
