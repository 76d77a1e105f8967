using Mesh.Onnx;
using Mesh.Training.Reference;

namespace Mesh.Training.Handoff.Contract;

/// <summary>Makes inputs for a model: numbers from a seed, spread as the training data where that is recorded. They test arithmetic, not fitness.</summary>
internal static class TestVectors
{
    private const int Count = 4;
    private const ulong Seed = 1337;
    private const long MaxElements = 1 << 20;

    /// <summary>Makes vectors; null when the model takes something that is not made here.</summary>
    /// <param name="signature">What the model takes.</param>
    /// <param name="mean">Mean along the last dimension; none for 0.</param>
    /// <param name="deviation">Standard deviation along the last dimension; none for 1.</param>
    public static IReadOnlyList<IReadOnlyDictionary<string, TensorText>>? Make(OnnxSignature signature, IReadOnlyList<double> mean, IReadOnlyList<double> deviation)
    {
        var random = new SplitMix(Seed);
        var vectors = new List<IReadOnlyDictionary<string, TensorText>>();
        for (int i = 0; i < Count; i++)
        {
            var inputs = new Dictionary<string, TensorText>();
            foreach (var input in signature.Inputs)
            {
                long[] shape = [.. input.Dimensions.Select(size => size ?? 1)];
                Int128 elements = shape.Aggregate((Int128)1, (product, size) => Int128.Min(product * size, MaxElements + 1));
                if (input.ElementType != OnnxElementType.Float || elements > MaxElements) return null;
                float[] values = new float[(int)elements];
                bool isKnown = shape.Length > 0 && mean.Count == shape[^1] && deviation.Count == mean.Count;
                for (int element = 0; element < values.Length; element++)
                {
                    double normal = random.NextNormal();
                    int channel = isKnown ? element % mean.Count : 0;
                    values[element] = (float)(isKnown ? mean[channel] + deviation[channel] * normal : normal);
                }

                inputs[input.Name] = TensorText.Of(OnnxTensor.Of<float>(values, shape));
            }

            vectors.Add(inputs);
        }

        return vectors;
    }
}
