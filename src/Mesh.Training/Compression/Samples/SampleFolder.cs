using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Npy;

namespace Mesh.Training.Compression.Samples;

/// <summary>
/// Samples in a folder, for models whose features Mesh does not know: <c>calibration/INPUT.npy</c> and <c>validation/INPUT.npy</c> with a row per
/// sample, and <c>validation/labels.npy</c> with the class of each where it is known.
/// </summary>
internal static class SampleFolder
{
    private const string Calibration = "calibration";
    private const string Validation = "validation";
    private const string Labels = "labels.npy";
    private const long MaxFileBytes = 1L << 30;

    /// <summary>Whether a folder holds samples.</summary>
    public static bool Has(string folder) => Directory.Exists(Path.Combine(folder, Calibration));

    /// <summary>Reads the samples of a model's inputs.</summary>
    /// <exception cref="MeshException"><c>MESH9412</c> when a file is missing or does not fit; <c>MESH9823</c> when one is broken.</exception>
    public static ModelSamples Read(string folder, OnnxSignature signature)
    {
        var calibration = ReadSet(Path.Combine(folder, Calibration), signature, null, "calibration samples");
        int[]? labels = File.Exists(Path.Combine(folder, Validation, Labels)) ? ReadLabels(Path.Combine(folder, Validation, Labels)) : null;
        return new ModelSamples(calibration, ReadSet(Path.Combine(folder, Validation), signature, labels, "validation samples"), folder, 0);
    }

    private static SampleSet ReadSet(string folder, OnnxSignature signature, int[]? labels, string origin)
    {
        var inputs = new Dictionary<string, OnnxTensor>();
        foreach (var input in signature.Inputs)
        {
            var tensor = ReadTensor(Path.Combine(folder, $"{Escape(input.Name)}.npy"));
            bool fits = tensor.ElementType == input.ElementType && tensor.Dimensions.Count == input.Dimensions.Count
                && !input.Dimensions.Skip(1).Where((size, i) => size is not null && size != tensor.Dimensions[i + 1]).Any();
            if (!fits) throw new MeshException("MESH9412", $"'{folder}' has {tensor} for the input {input}. A file has a row per sample and the model's type.");
            inputs[input.Name] = tensor;
        }

        return new SampleSet(inputs, labels, origin);
    }

    private static int[] ReadLabels(string path)
    {
        var tensor = ReadTensor(path);
        return tensor.ElementType switch
        {
            OnnxElementType.Int64 => [.. tensor.As<long>().ToArray().Select(value => checked((int)value))],
            OnnxElementType.Int32 => tensor.As<int>().ToArray(),
            _ => throw new MeshException("MESH9412", $"'{path}' is {tensor}, labels are whole numbers: save them as '<i8'."),
        };
    }

    private static OnnxTensor ReadTensor(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file is { Exists: true, Length: > MaxFileBytes }) throw new MeshException("MESH9412", $"'{path}' has {file.Length:N0} bytes, more than {MaxFileBytes:N0}: some hundreds of samples do.");
            return NpyFile.Read(File.ReadAllBytes(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH9412", $"Samples cannot be read: {exception.Message} docs/compression says what a folder of samples holds.", innerException: exception);
        }
        catch (MeshException exception) when (exception.Code == "MESH9823")
        {
            throw new MeshException(exception.Code, $"{path}: {exception.Message}", innerException: exception);
        }
    }

    // An input's name is anything; a file's is not.
    private static string Escape(string name) => string.Concat(name.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' ? letter : '_')).TrimStart('.');
}
