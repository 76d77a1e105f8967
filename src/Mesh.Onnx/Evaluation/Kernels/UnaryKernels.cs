using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Operators on single elements: activations, roots, logarithms, rounding.</summary>
internal static class UnaryKernels
{
    private const float SeluAlpha = 1.67326319217681884765625f;
    private const float SeluGamma = 1.05070102214813232421875f;

    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["Relu"] = run => Numbers(run, new Relu()),
        ["Abs"] = run => Numbers(run, new Absolute()),
        ["Neg"] = run => Numbers(run, new Negative()),
        ["Sign"] = run => Numbers(run, new SignOf()),
        ["Clip"] = Clip,
        ["LeakyRelu"] = run => Floats(run, new LeakyRelu(run.Node.Float("alpha", 0.01f))),
        ["ThresholdedRelu"] = run => Floats(run, new ThresholdedRelu(run.Node.Float("alpha", 1))),
        ["Elu"] = run => Floats(run, new Elu(run.Node.Float("alpha", 1), 1)),
        ["Celu"] = run => Floats(run, new Celu(run.Node.Float("alpha", 1))),
        ["Selu"] = run => Floats(run, new Elu(run.Node.Float("alpha", SeluAlpha), run.Node.Float("gamma", SeluGamma))),
        ["Sigmoid"] = run => Floats(run, new Sigmoid()),
        ["HardSigmoid"] = run => Floats(run, new HardSigmoid(run.Node.Float("alpha", 0.2f), run.Node.Float("beta", 0.5f))),
        ["HardSwish"] = run => Floats(run, new HardSwish()),
        ["Softplus"] = run => Floats(run, new Softplus()),
        ["Softsign"] = run => Floats(run, new Softsign()),
        ["Mish"] = run => Floats(run, new Mish()),
        ["Gelu"] = Gelu,
        ["Erf"] = run => Floats(run, new Erf()),
        ["Tanh"] = run => Floats(run, new Of(Function.Tanh)),
        ["Exp"] = run => Floats(run, new Of(Function.Exp)),
        ["Log"] = run => Floats(run, new Of(Function.Log)),
        ["Sqrt"] = run => Floats(run, new Of(Function.Sqrt)),
        ["Reciprocal"] = run => Floats(run, new Of(Function.Reciprocal)),
        ["Ceil"] = run => Floats(run, new Of(Function.Ceiling)),
        ["Floor"] = run => Floats(run, new Of(Function.Floor)),
        ["Round"] = run => Floats(run, new Of(Function.Round)),
        ["Sin"] = run => Floats(run, new Of(Function.Sin)),
        ["Cos"] = run => Floats(run, new Of(Function.Cos)),
        ["Tan"] = run => Floats(run, new Of(Function.Tan)),
        ["Asin"] = run => Floats(run, new Of(Function.Asin)),
        ["Acos"] = run => Floats(run, new Of(Function.Acos)),
        ["Atan"] = run => Floats(run, new Of(Function.Atan)),
        ["Sinh"] = run => Floats(run, new Of(Function.Sinh)),
        ["Cosh"] = run => Floats(run, new Of(Function.Cosh)),
        ["Asinh"] = run => Floats(run, new Of(Function.Asinh)),
        ["Acosh"] = run => Floats(run, new Of(Function.Acosh)),
        ["Atanh"] = run => Floats(run, new Of(Function.Atanh)),
        ["Not"] = Not,
        ["IsNaN"] = run => Test(run, positive: false, negative: false, nan: true),
        ["IsInf"] = run => Test(run, run.Node.Int("detect_positive", 1) != 0, run.Node.Int("detect_negative", 1) != 0, nan: false),
    };

    private interface INumberOperation
    {
        T Apply<T>(T x)
            where T : unmanaged, INumber<T>;
    }

    private interface IFloatOperation
    {
        T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T>;
    }

    private enum Function
    {
        Tanh, Exp, Log, Sqrt, Reciprocal, Ceiling, Floor, Round, Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Asinh, Acosh, Atanh,
    }

    private static void Floats<TOperation>(NodeRun run, TOperation operation)
        where TOperation : struct, IFloatOperation
    {
        var x = run.Input(0);
        var y = run.Output(0, x.Type, x.Shape);
        if (x.Type == OnnxElementType.Float) Apply(x.As<float>(), y.As<float>(), operation);
        else if (x.Type == OnnxElementType.Double) Apply(x.As<double>(), y.As<double>(), operation);
        else throw run.UnsupportedType(x.Type);
    }

    private static void Apply<T, TOperation>(ReadOnlySpan<T> x, Span<T> y, TOperation operation)
        where T : unmanaged, IFloatingPointIeee754<T>
        where TOperation : struct, IFloatOperation
    {
        for (int i = 0; i < x.Length; i++) y[i] = operation.Apply(x[i]);
    }

    private static void Numbers<TOperation>(NodeRun run, TOperation operation)
        where TOperation : struct, INumberOperation
    {
        var x = run.Input(0);
        var y = run.Output(0, x.Type, x.Shape);
        switch (x.Type)
        {
            case OnnxElementType.Float: ApplyNumber(x.As<float>(), y.As<float>(), operation); break;
            case OnnxElementType.Double: ApplyNumber(x.As<double>(), y.As<double>(), operation); break;
            case OnnxElementType.Int64: ApplyNumber(x.As<long>(), y.As<long>(), operation); break;
            case OnnxElementType.Int32: ApplyNumber(x.As<int>(), y.As<int>(), operation); break;
            case OnnxElementType.Int16: ApplyNumber(x.As<short>(), y.As<short>(), operation); break;
            case OnnxElementType.Int8: ApplyNumber(x.As<sbyte>(), y.As<sbyte>(), operation); break;
            case OnnxElementType.UInt64: ApplyNumber(x.As<ulong>(), y.As<ulong>(), operation); break;
            case OnnxElementType.UInt32: ApplyNumber(x.As<uint>(), y.As<uint>(), operation); break;
            case OnnxElementType.UInt16: ApplyNumber(x.As<ushort>(), y.As<ushort>(), operation); break;
            case OnnxElementType.UInt8: ApplyNumber(x.As<byte>(), y.As<byte>(), operation); break;
            default: throw run.UnsupportedType(x.Type);
        }
    }

    private static void ApplyNumber<T, TOperation>(ReadOnlySpan<T> x, Span<T> y, TOperation operation)
        where T : unmanaged, INumber<T>
        where TOperation : struct, INumberOperation
    {
        for (int i = 0; i < x.Length; i++) y[i] = operation.Apply(x[i]);
    }

    private static void Clip(NodeRun run)
    {
        var x = run.Input(0);
        if (run.Opset < 11)
        {
            double low = run.Node.Float("min", float.MinValue), high = run.Node.Float("max", float.MaxValue);
            Floats(run, new ClipDoubles(low, high));
            return;
        }

        var y = run.Output(0, x.Type, x.Shape);
        switch (x.Type)
        {
            case OnnxElementType.Float: Clip<float>(run, x, y); break;
            case OnnxElementType.Double: Clip<double>(run, x, y); break;
            case OnnxElementType.Int64: Clip<long>(run, x, y); break;
            case OnnxElementType.Int32: Clip<int>(run, x, y); break;
            case OnnxElementType.Int8: Clip<sbyte>(run, x, y); break;
            case OnnxElementType.UInt8: Clip<byte>(run, x, y); break;
            case OnnxElementType.UInt64: Clip<ulong>(run, x, y); break;
            case OnnxElementType.UInt32: Clip<uint>(run, x, y); break;
            default: throw run.UnsupportedType(x.Type);
        }
    }

    private static void Clip<T>(NodeRun run, Tensor x, Tensor y)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        T low = run.Optional(1) is { } min ? min.As<T>()[0] : T.MinValue, high = run.Optional(2) is { } max ? max.As<T>()[0] : T.MaxValue;
        var source = x.As<T>();
        var target = y.As<T>();
        // Not Math.Clamp: where min is above max the specification wants max, and NaN stays NaN.
        for (int i = 0; i < source.Length; i++) target[i] = T.Min(T.Max(source[i], low), high);
    }

    private static void Gelu(NodeRun run)
    {
        string approximate = run.Node.Text("approximate", "none");
        if (approximate == "tanh") Floats(run, new TanhGelu());
        else if (approximate == "none") Floats(run, new ExactGelu());
        else throw run.Wrong($"has approximate '{approximate}'; there are 'none' and 'tanh'");
    }

    private static void Not(NodeRun run)
    {
        var x = run.Input(0);
        if (x.Type != OnnxElementType.Boolean) throw run.UnsupportedType(x.Type);
        var y = run.Output(0, x.Type, x.Shape);
        for (int i = 0; i < x.Length; i++) y.Bytes[i] = (byte)(x.Bytes[i] ^ 1);
    }

    private static void Test(NodeRun run, bool positive, bool negative, bool nan)
    {
        var x = run.Input(0);
        if (x.Type is not (OnnxElementType.Float or OnnxElementType.Double)) throw run.UnsupportedType(x.Type);
        var y = run.Output(0, OnnxElementType.Boolean, x.Shape);
        for (int i = 0; i < x.Length; i++)
        {
            double value = x.Number(i);
            y.Bytes[i] = (nan && double.IsNaN(value)) || (positive && double.IsPositiveInfinity(value)) || (negative && double.IsNegativeInfinity(value)) ? (byte)1 : (byte)0;
        }
    }

    private readonly struct Relu : INumberOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, INumber<T> => x > T.Zero || T.IsNaN(x) ? x : T.Zero;
    }

    private readonly struct Absolute : INumberOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, INumber<T> => T.Abs(x);
    }

    private readonly struct Negative : INumberOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, INumber<T> => -x;
    }

    private readonly struct SignOf : INumberOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, INumber<T> => x > T.Zero ? T.One : x < T.Zero ? T.CreateTruncating(-1) : x;
    }

    private readonly struct ClipDoubles(double low, double high) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.Min(T.Max(x, T.CreateTruncating(low)), T.CreateTruncating(high));
    }

    private readonly struct LeakyRelu(float alpha) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x < T.Zero ? x * T.CreateTruncating(alpha) : x;
    }

    private readonly struct ThresholdedRelu(float alpha) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x > T.CreateTruncating(alpha) ? x : T.Zero;
    }

    private readonly struct Elu(float alpha, float gamma) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(gamma) * (x < T.Zero ? T.CreateTruncating(alpha) * T.ExpM1(x) : x);
    }

    private readonly struct Celu(float alpha) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            T a = T.CreateTruncating(alpha);
            return T.Max(T.Zero, x) + T.Min(T.Zero, a * T.ExpM1(x / a));
        }
    }

    private readonly struct Sigmoid : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));
    }

    private readonly struct HardSigmoid(float alpha, float beta) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.Max(T.Zero, T.Min(T.One, (T.CreateTruncating(alpha) * x) + T.CreateTruncating(beta)));
    }

    private readonly struct HardSwish : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x * new HardSigmoid(1f / 6, 0.5f).Apply(x);
    }

    private readonly struct Softplus : IFloatOperation
    {
        // log(1 + e^x), written so that e^x does not overflow.
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.Max(x, T.Zero) + T.LogP1(T.Exp(-T.Abs(x)));
    }

    private readonly struct Softsign : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x / (T.One + T.Abs(x));
    }

    private readonly struct Mish : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x * T.Tanh(new Softplus().Apply(x));
    }

    private readonly struct Erf : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => T.CreateTruncating(ErrorFunction.Erf(double.CreateTruncating(x)));
    }

    private readonly struct ExactGelu : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => x * T.CreateTruncating(0.5 * (1 + ErrorFunction.Erf(double.CreateTruncating(x) / Math.Sqrt(2))));
    }

    private readonly struct TanhGelu : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            double wide = double.CreateTruncating(x);
            return T.CreateTruncating(0.5 * wide * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (wide + (0.044715 * wide * wide * wide)))));
        }
    }

    private readonly struct Of(Function function) : IFloatOperation
    {
        public T Apply<T>(T x)
            where T : unmanaged, IFloatingPointIeee754<T> => function switch
            {
                Function.Tanh => T.Tanh(x),
                Function.Exp => T.Exp(x),
                Function.Log => T.Log(x),
                Function.Sqrt => T.Sqrt(x),
                Function.Reciprocal => T.One / x,
                Function.Ceiling => T.Ceiling(x),
                Function.Floor => T.Floor(x),
                Function.Round => T.Round(x, MidpointRounding.ToEven),
                Function.Sin => T.Sin(x),
                Function.Cos => T.Cos(x),
                Function.Tan => T.Tan(x),
                Function.Asin => T.Asin(x),
                Function.Acos => T.Acos(x),
                Function.Atan => T.Atan(x),
                Function.Sinh => T.Sinh(x),
                Function.Cosh => T.Cosh(x),
                Function.Asinh => T.Asinh(x),
                Function.Acosh => T.Acosh(x),
                _ => T.Atanh(x),
            };
    }
}
