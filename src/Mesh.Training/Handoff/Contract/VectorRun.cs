using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;

namespace Mesh.Training.Handoff.Contract;

/// <summary>Runs test vectors on an ONNX file with the reference evaluator, and compares answers.</summary>
internal static class VectorRun
{
    private const double ModelTolerance = 1e-4;

    // A quantised value beside a boundary may fall to either side on another processor, which is one step of the output's range.
    private const double VariantTolerance = 0.02;

    /// <summary>What a vector may need: a file that asks for more is not run.</summary>
    private static readonly OnnxEvaluatorOptions Limits = new() { MaxTensorBytes = 256L << 20, MaxLiveBytes = 1L << 30 };

    public static string Runtime { get; } = new OnnxEvaluator(Limits).Name;

    /// <summary>Answers to the vectors.</summary>
    /// <exception cref="MeshException">Why the file cannot be run here.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> Run(byte[] model, IReadOnlyList<IReadOnlyDictionary<string, TensorText>> vectors)
    {
        using var session = new OnnxEvaluator(Limits).Open(model);
        string[] names = [.. session.Signature.Outputs.Select(output => output.Name)];
        var answers = new List<IReadOnlyDictionary<string, OnnxTensor>>();
        foreach (var vector in vectors)
        {
            var inputs = session.Signature.Inputs.ToDictionary(
                input => input.Name,
                input => Convert(vector.TryGetValue(input.Name, out var text) ? text.ToTensor() : throw new MeshException("MESH9565", $"The test vectors have no input '{input.Name}'."), input.ElementType));
            answers.Add(names.Zip(session.Run(inputs, names)).ToDictionary(pair => pair.First, pair => pair.Second));
        }

        return answers;
    }

    /// <summary>Largest tolerance that still says something, for answers of a size.</summary>
    public static double ToleranceFor(bool isVariant, double largest) => (isVariant ? VariantTolerance : ModelTolerance) * Math.Max(1, largest);

    /// <summary>Share that answers may differ by.</summary>
    public static double RelativeFor(bool isVariant) => isVariant ? VariantTolerance : ModelTolerance;

    /// <summary>Largest size of a number in some answers.</summary>
    public static double LargestOf(IEnumerable<IReadOnlyDictionary<string, OnnxTensor>> answers) =>
        answers.SelectMany(answer => answer.Values).SelectMany(TensorText.Numbers).Select(Math.Abs).DefaultIfEmpty(0).Max();

    /// <summary>Largest difference of two lists of answers by the names that both have.</summary>
    public static double Difference(IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> left, IReadOnlyList<IReadOnlyDictionary<string, OnnxTensor>> right)
    {
        double largest = 0;
        foreach (var (a, b) in left.Zip(right))
        {
            foreach (var (name, tensor) in a)
            {
                if (!b.TryGetValue(name, out var other)) continue;
                double[] x = TensorText.Numbers(tensor);
                double[] y = TensorText.Numbers(other);
                if (x.Length != y.Length) return double.PositiveInfinity;
                for (int i = 0; i < x.Length; i++)
                {
                    double difference = Math.Abs(x[i] - y[i]);
                    // NaN is unlike everything, another NaN included.
                    if (!(difference <= largest)) largest = double.IsNaN(difference) ? double.PositiveInfinity : difference;
                }
            }
        }

        return largest;
    }

    private static OnnxTensor Convert(OnnxTensor tensor, OnnxElementType type)
    {
        if (tensor.ElementType == type) return tensor;
        double[] numbers = TensorText.Numbers(tensor);
        return type switch
        {
            OnnxElementType.Float16 => OnnxTensor.Of<Half>(Array.ConvertAll(numbers, number => (Half)number), [.. tensor.Dimensions]),
            OnnxElementType.Float => OnnxTensor.Of<float>(Array.ConvertAll(numbers, number => (float)number), [.. tensor.Dimensions]),
            OnnxElementType.Double => OnnxTensor.Of<double>(numbers, [.. tensor.Dimensions]),
            _ => throw new MeshException("MESH9565", $"A test vector of {tensor.ElementType} is not turned into {type}."),
        };
    }
}
