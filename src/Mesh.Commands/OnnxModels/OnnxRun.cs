using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Npy;

namespace Mesh.Commands.OnnxModels;

/// <summary>Runs a model once on tensors from files.</summary>
public static class OnnxRun
{
    /// <summary>Runs a model.</summary>
    /// <param name="runtime">What runs it.</param>
    /// <param name="model">The model's file.</param>
    /// <param name="inputs">A <c>.npy</c> file per input.</param>
    /// <param name="outputFolder">Where each output becomes a <c>.npy</c> file; null keeps none.</param>
    /// <exception cref="MeshException"><c>MESH98xx</c> from the model, <c>MESH9823</c> from a tensor's file, <c>MESH11090</c>.</exception>
    public static async Task<OnnxRunReport> RunAsync(IOnnxRuntime runtime, string model, IReadOnlyDictionary<string, string> inputs, string? outputFolder, CancellationToken cancellationToken)
    {
        var tensors = new Dictionary<string, OnnxTensor>();
        foreach (var (name, path) in inputs) tensors[name] = await OnnxFiles.ReadTensorAsync(path, cancellationToken).ConfigureAwait(false);
        using var session = runtime.Open(await OnnxFiles.ReadAsync(model, cancellationToken).ConfigureAwait(false));
        string[] names = [.. session.Signature.Outputs.Select(output => output.Name)];
        var results = session.Run(tensors, names);
        var outputs = new List<OnnxOutputReport>();
        if (outputFolder is not null) Directory.CreateDirectory(outputFolder);
        for (int i = 0; i < names.Length; i++)
        {
            string? file = outputFolder is null ? null : Path.Combine(outputFolder, FileName(names[i]));
            if (file is not null) await OnnxFiles.WriteAsync(file, NpyFile.Write(results[i]), cancellationToken).ConfigureAwait(false);
            outputs.Add(Summarise(names[i], results[i], file));
        }

        return new OnnxRunReport(session.Runtime, outputs);
    }

    /// <summary>A value's name may hold anything; a file's may not.</summary>
    private static string FileName(string name) => string.Concat(name.Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '_' ? character : '_')) + ".npy";

    private static OnnxOutputReport Summarise(string name, OnnxTensor tensor, string? file)
    {
        double? min = null, max = null;
        double sum = 0;
        if (tensor.ElementType == OnnxElementType.Float)
        {
            foreach (float value in tensor.As<float>())
            {
                min = Math.Min(min ?? value, value);
                max = Math.Max(max ?? value, value);
                sum += value;
            }
        }

        return new OnnxOutputReport(name, tensor.ToString(), min, max, min is null ? null : sum / tensor.Count, file);
    }
}
