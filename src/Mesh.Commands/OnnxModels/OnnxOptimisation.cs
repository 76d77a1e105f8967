using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;

namespace Mesh.Commands.OnnxModels;

/// <summary>Simplifies a model file, and converts it to half precision when asked to.</summary>
public static class OnnxOptimisation
{
    /// <summary>Writes the simplified model.</summary>
    /// <param name="input">The model's file.</param>
    /// <param name="output">Where the result goes.</param>
    /// <param name="half">How to convert to half precision; null leaves single precision.</param>
    /// <exception cref="MeshException"><c>MESH98xx</c>, <c>MESH11090</c>.</exception>
    public static async Task<OnnxOptimisationReport> RunAsync(string input, string output, HalfPrecisionOptions? half, CancellationToken cancellationToken)
    {
        byte[] bytes = await OnnxFiles.ReadAsync(input, cancellationToken).ConfigureAwait(false);
        var graph = ModelGraph.Read(bytes);
        var optimised = GraphOptimiser.Optimise(graph);
        var halved = half is null ? null : HalfPrecision.Convert(graph, half);
        var model = graph.ToProto();
        OnnxModelChecker.Check(model);
        byte[] written = model.ToByteArray();
        await OnnxFiles.WriteAsync(output, written, cancellationToken).ConfigureAwait(false);
        return new OnnxOptimisationReport(optimised, halved, bytes.Length, written.Length);
    }
}
