using Mesh.Model;
using Mesh.Onnx;

namespace Mesh.Training.Handoff.Contract;

/// <summary>A tensor in JSON.</summary>
/// <param name="ElementType">Type of the elements, as ONNX names it, in lower case.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Data">The elements in row-major order, little-endian, Base64.</param>
public sealed record TensorText(string ElementType, IReadOnlyList<long> Shape, string Data)
{
    internal static TensorText Of(OnnxTensor tensor) => new(NameOf(tensor.ElementType), tensor.Dimensions, Convert.ToBase64String(tensor.Bytes.Span));

    internal OnnxTensor ToTensor() => new(
        Enum.TryParse<OnnxElementType>(ElementType, ignoreCase: true, out var type) ? type : throw new MeshException("MESH9565", $"'{ElementType}' is no element type of ONNX."),
        [.. Shape], Convert.FromBase64String(Data));

    internal static string NameOf(OnnxElementType type) => type.ToString().ToLowerInvariant();

    /// <summary>The elements as numbers.</summary>
    internal static double[] Numbers(OnnxTensor tensor) => tensor.ElementType switch
    {
        OnnxElementType.Float => Widen(tensor.As<float>()),
        OnnxElementType.Float16 => Widen(tensor.As<Half>()),
        OnnxElementType.Double => Widen(tensor.As<double>()),
        OnnxElementType.Int64 => Widen(tensor.As<long>()),
        OnnxElementType.Int32 => Widen(tensor.As<int>()),
        OnnxElementType.Int8 => Widen(tensor.As<sbyte>()),
        OnnxElementType.UInt8 => Widen(tensor.As<byte>()),
        _ => throw new MeshException("MESH9566", $"Outputs of type {tensor.ElementType} are not compared here."),
    };

    private static double[] Widen<T>(Span<T> values)
        where T : unmanaged, System.Numerics.INumberBase<T>
    {
        double[] numbers = new double[values.Length];
        for (int i = 0; i < numbers.Length; i++) numbers[i] = double.CreateChecked(values[i]);
        return numbers;
    }
}
