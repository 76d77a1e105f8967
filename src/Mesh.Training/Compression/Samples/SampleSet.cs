using System.Security.Cryptography;
using Mesh.Model;
using Mesh.Onnx;

namespace Mesh.Training.Compression.Samples;

/// <summary>Inputs of a model, a row per sample, with the right answers where these are known.</summary>
internal sealed class SampleSet
{
    private readonly Dictionary<string, OnnxTensor> inputs;

    /// <param name="inputs">By name; the first axis counts samples, as many in each.</param>
    /// <param name="labels">Class of each sample; null when they are not known.</param>
    /// <param name="origin">What they are, for people.</param>
    /// <exception cref="MeshException"><c>MESH9412</c> when the numbers of samples differ.</exception>
    public SampleSet(IReadOnlyDictionary<string, OnnxTensor> inputs, int[]? labels, string origin)
    {
        this.inputs = inputs.ToDictionary();
        Labels = labels;
        Origin = origin;
        long[] counts = [.. inputs.Values.Select(tensor => tensor.Dimensions.Count == 0 ? -1 : tensor.Dimensions[0]).Distinct()];
        if (counts is not [>= 0 and <= int.MaxValue and var count]) throw new MeshException("MESH9412", $"The inputs of {origin} have {string.Join(", ", counts)} samples. Give as many of each, along the first axis.");
        Count = (int)count;
        if (labels is not null && labels.Length != Count) throw new MeshException("MESH9412", $"{origin}: there are {Count} samples but {labels.Length} labels. Give one label for each.");
    }

    /// <summary>Number of samples.</summary>
    public int Count { get; }

    /// <summary>Class of each sample; null when they are not known.</summary>
    public int[]? Labels { get; }

    /// <summary>What they are, for people.</summary>
    public string Origin { get; }

    /// <summary>Names of the inputs.</summary>
    public IReadOnlyCollection<string> Names => inputs.Keys;

    /// <summary>Type and sizes of an input, the samples' axis first.</summary>
    public OnnxTensor this[string name] => inputs[name];

    /// <summary>A run of samples as the inputs of one run of the model.</summary>
    public IReadOnlyDictionary<string, OnnxTensor> Slice(int start, int count) => inputs.ToDictionary(
        pair => pair.Key,
        pair =>
        {
            int row = Count == 0 ? 0 : pair.Value.Bytes.Length / Count;
            return new OnnxTensor(pair.Value.ElementType, [count, .. pair.Value.Dimensions.Skip(1)], pair.Value.Bytes.Slice(start * row, count * row));
        });

    /// <summary>Bytes of one sample of an input.</summary>
    public ReadOnlyMemory<byte> RowOf(string name, int sample)
    {
        int row = inputs[name].Bytes.Length / Count;
        return inputs[name].Bytes.Slice(sample * row, row);
    }

    /// <summary>Samples in batches; what does not fill the last one is left out when the model takes whole batches only.</summary>
    /// <param name="batch">Samples in a batch.</param>
    /// <param name="wholeOnly">Whether the model's batch is fixed.</param>
    public IEnumerable<(int Start, IReadOnlyDictionary<string, OnnxTensor> Inputs)> Batches(int batch, bool wholeOnly)
    {
        for (int start = 0; start < Count; start += batch)
        {
            int count = Math.Min(batch, Count - start);
            if (wholeOnly && count < batch) yield break;
            yield return (start, Slice(start, count));
        }
    }

    /// <summary>At most this many, spread evenly; the same every time.</summary>
    public SampleSet Take(int most)
    {
        if (Count <= most) return this;
        int[] chosen = [.. Enumerable.Range(0, most).Select(i => (int)((long)i * Count / most))];
        var taken = inputs.ToDictionary(
            pair => pair.Key,
            pair =>
            {
                int row = pair.Value.Bytes.Length / Count;
                byte[] bytes = new byte[chosen.Length * row];
                for (int i = 0; i < chosen.Length; i++) pair.Value.Bytes.Span.Slice(chosen[i] * row, row).CopyTo(bytes.AsSpan(i * row));
                return new OnnxTensor(pair.Value.ElementType, [chosen.Length, .. pair.Value.Dimensions.Skip(1)], bytes);
            });
        return new SampleSet(taken, Labels is null ? null : [.. chosen.Select(sample => Labels[sample])], Origin);
    }

    /// <summary>SHA-256 over the inputs' values in order of name.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal)) hash.AppendData(tensor.Bytes.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
