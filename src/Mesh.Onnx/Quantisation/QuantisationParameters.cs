namespace Mesh.Onnx.Quantisation;

/// <summary>How numbers become integers: q = round(x / scale) + zero point.</summary>
/// <param name="Scale">Step between neighbouring integers.</param>
/// <param name="ZeroPoint">The integer that stands for 0.</param>
/// <param name="Type"><see cref="OnnxElementType.UInt8"/>, <see cref="OnnxElementType.Int8"/> or <see cref="OnnxElementType.UInt16"/>.</param>
public readonly record struct QuantisationParameters(float Scale, int ZeroPoint, OnnxElementType Type)
{
    private const float SmallestScale = 1e-8f;
    private const int SymmetricLimit = 127;

    /// <summary>The smallest integer.</summary>
    public int Low => Type == OnnxElementType.Int8 ? sbyte.MinValue : 0;

    /// <summary>The largest integer.</summary>
    public int High => Type switch
    {
        OnnxElementType.UInt8 => byte.MaxValue,
        OnnxElementType.Int8 => sbyte.MaxValue,
        _ => ushort.MaxValue,
    };

    /// <summary>Parameters that cover a range. The range is widened to hold 0, which must be exact: padding and Relu make many zeros.</summary>
    public static QuantisationParameters Cover(ValueRange range, QuantisationFlavour flavour, int bits = 8)
    {
        float min = MathF.Min(range.Min, 0), max = MathF.Max(range.Max, 0);
        if (flavour == QuantisationFlavour.TensorRt) return new QuantisationParameters(MathF.Max(MathF.Max(-min, max) / SymmetricLimit, SmallestScale), 0, OnnxElementType.Int8);
        var type = flavour == QuantisationFlavour.OrtS8S8 ? OnnxElementType.Int8 : bits == 16 ? OnnxElementType.UInt16 : OnnxElementType.UInt8;
        var shape = new QuantisationParameters(1, 0, type);
        float scale = MathF.Max((max - min) / (shape.High - shape.Low), SmallestScale);
        float zero = Math.Clamp(MathF.Round(shape.Low - (min / scale), MidpointRounding.ToEven), shape.Low, shape.High);
        return new QuantisationParameters(scale, (int)zero, type);
    }

    /// <summary>The integer for a number.</summary>
    public int Quantise(float value) => (int)Math.Clamp((double)MathF.Round(value / Scale, MidpointRounding.ToEven) + ZeroPoint, Low, High);

    /// <summary>The number for an integer.</summary>
    public float Dequantise(int value) => (value - ZeroPoint) * Scale;
}
