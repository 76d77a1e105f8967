using Mesh.Onnx.Evaluation;

namespace Mesh.Onnx.Tests.Evaluation;

/// <summary>Says where two tensors differ by more than is allowed.</summary>
internal static class TensorComparison
{
    /// <returns>Null when they agree.</returns>
    public static string? Difference(OnnxTensor actual, OnnxTensor expected, double absolute, double relative)
    {
        if (actual.ElementType != expected.ElementType || !actual.Dimensions.SequenceEqual(expected.Dimensions)) return $"{actual} where {expected} is expected";
        for (int i = 0; i < actual.Count; i++)
        {
            double a = Number(actual, i), b = Number(expected, i);
            if (double.IsNaN(a) && double.IsNaN(b)) continue;
            if (a == b || Math.Abs(a - b) <= absolute + (relative * Math.Abs(b))) continue;
            return $"element {i} of {actual} is {a:R} where {b:R} is expected";
        }

        return null;
    }

    public static double Number(OnnxTensor tensor, int index) => tensor.ElementType switch
    {
        OnnxElementType.Float => tensor.As<float>()[index],
        OnnxElementType.Double => tensor.As<double>()[index],
        OnnxElementType.Float16 => (double)tensor.As<Half>()[index],
        OnnxElementType.Int64 => tensor.As<long>()[index],
        OnnxElementType.Int32 => tensor.As<int>()[index],
        OnnxElementType.Int16 => tensor.As<short>()[index],
        OnnxElementType.UInt16 => tensor.As<ushort>()[index],
        OnnxElementType.Int8 => tensor.As<sbyte>()[index],
        OnnxElementType.UInt32 => tensor.As<uint>()[index],
        OnnxElementType.UInt64 => tensor.As<ulong>()[index],
        _ => tensor.Bytes.Span[index],
    };
}
