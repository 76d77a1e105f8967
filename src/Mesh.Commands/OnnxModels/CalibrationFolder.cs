using System.Runtime.CompilerServices;
using Mesh.Model;
using Mesh.Onnx;

namespace Mesh.Commands.OnnxModels;

/// <summary>
/// Calibration samples in a directory: for a model with one input, every <c>.npy</c> file is a batch; for one with several, a directory per input,
/// in which files of one name belong together.
/// </summary>
/// <param name="folder">The directory.</param>
public sealed class CalibrationFolder(string folder) : ICalibrationSource
{
    /// <inheritdoc/>
    public Task<IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>> OpenAsync(OnnxSignature signature, CancellationToken cancellationToken) =>
        Task.FromResult(ReadAsync(folder, [.. signature.Inputs.Select(value => value.Name)], cancellationToken));

    /// <inheritdoc/>
    public CalibrationReport Describe() => new() { Folder = folder };

    /// <summary>Reads the batches in order of file name.</summary>
    /// <exception cref="MeshException"><c>MESH11091</c> when files are missing; <c>MESH9823</c> when one is broken.</exception>
    public static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> ReadAsync(string folder, IReadOnlyList<string> inputs, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string first = inputs.Count == 1 ? folder : Path.Combine(folder, inputs[0]);
        if (!Directory.Exists(first)) throw new MeshException("MESH11091", $"There is no directory {first} with calibration samples.");
        string[] names = [.. Directory.EnumerateFiles(first, "*.npy").Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
        if (names.Length == 0) throw new MeshException("MESH11091", $"{first} has no .npy files. numpy.save writes them, one per batch.");
        foreach (string name in names)
        {
            var sample = new Dictionary<string, OnnxTensor>();
            foreach (string input in inputs)
            {
                string path = inputs.Count == 1 ? Path.Combine(folder, name) : Path.Combine(folder, input, name);
                if (!File.Exists(path)) throw new MeshException("MESH11091", $"{path} is missing: every input needs a file of each name.");
                sample[input] = await OnnxFiles.ReadTensorAsync(path, cancellationToken).ConfigureAwait(false);
            }

            yield return sample;
        }
    }
}
