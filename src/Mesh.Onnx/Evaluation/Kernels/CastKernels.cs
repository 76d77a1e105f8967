using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Conversion between number types (ONNX <c>Cast</c>). Numbers too large for an integer type saturate; integers are cut as in C.</summary>
internal static class CastKernels
{
    /// <summary>A new tensor of the wanted type.</summary>
    public static Tensor Convert(Tensor tensor, OnnxElementType type, TensorMemory memory)
    {
        var result = Tensor.Rent(memory, type, tensor.Shape);
        Copy(tensor, result);
        return result;
    }

    public static void Cast(NodeRun run) => To(run, (OnnxElementType)run.Node.Int("to", 0));

    public static void CastLike(NodeRun run) => To(run, run.Input(1).Type);

    private static void To(NodeRun run, OnnxElementType type)
    {
        var input = run.Input(0);
        if (type is OnnxElementType.String or OnnxElementType.BFloat16 or OnnxElementType.Undefined || !Enum.IsDefined(type)) throw run.Unsupported($"it casts to element type {type}");
        Copy(input, run.Output(0, type, input.Shape));
    }

    /// <summary>Converts every element into a tensor of the same shape.</summary>
    public static void Copy(Tensor from, Tensor to)
    {
        switch (from.Type)
        {
            case OnnxElementType.Float: FillFrom<float>(from, to); break;
            case OnnxElementType.Double: FillFrom<double>(from, to); break;
            case OnnxElementType.Float16: FillFrom<Half>(from, to); break;
            case OnnxElementType.Int64: FillFrom<long>(from, to); break;
            case OnnxElementType.Int32: FillFrom<int>(from, to); break;
            case OnnxElementType.Int16: FillFrom<short>(from, to); break;
            case OnnxElementType.Int8: FillFrom<sbyte>(from, to); break;
            case OnnxElementType.UInt64: FillFrom<ulong>(from, to); break;
            case OnnxElementType.UInt32: FillFrom<uint>(from, to); break;
            case OnnxElementType.UInt16: FillFrom<ushort>(from, to); break;
            case OnnxElementType.UInt8 or OnnxElementType.Boolean: FillFrom<byte>(from, to); break;
            default: throw new Mesh.Model.MeshException("MESH9805", $"casts from element type {from.Type}, which the evaluator cannot read. Use ONNX Runtime for this model.");
        }
    }

    private static void FillFrom<T>(Tensor from, Tensor to)
        where T : unmanaged, INumber<T>
    {
        var source = from.As<T>();
        switch (to.Type)
        {
            case OnnxElementType.Float: Fill<T, float>(source, to.As<float>()); break;
            case OnnxElementType.Double: Fill<T, double>(source, to.As<double>()); break;
            case OnnxElementType.Float16: Fill<T, Half>(source, to.As<Half>()); break;
            case OnnxElementType.Int64: Fill<T, long>(source, to.As<long>()); break;
            case OnnxElementType.Int32: Fill<T, int>(source, to.As<int>()); break;
            case OnnxElementType.Int16: Fill<T, short>(source, to.As<short>()); break;
            case OnnxElementType.Int8: Fill<T, sbyte>(source, to.As<sbyte>()); break;
            case OnnxElementType.UInt64: Fill<T, ulong>(source, to.As<ulong>()); break;
            case OnnxElementType.UInt32: Fill<T, uint>(source, to.As<uint>()); break;
            case OnnxElementType.UInt16: Fill<T, ushort>(source, to.As<ushort>()); break;
            case OnnxElementType.UInt8: Fill<T, byte>(source, to.As<byte>()); break;
            default:
                var truth = to.As<byte>();
                for (int i = 0; i < source.Length; i++) truth[i] = T.IsZero(source[i]) ? (byte)0 : (byte)1;
                break;
        }
    }

    private static void Fill<TFrom, TTo>(ReadOnlySpan<TFrom> from, Span<TTo> to)
        where TFrom : unmanaged, INumber<TFrom>
        where TTo : unmanaged, INumber<TTo>
    {
        bool fromInteger = TFrom.IsInteger(TFrom.One / (TFrom.One + TFrom.One));
        if (fromInteger)
        {
            for (int i = 0; i < from.Length; i++) to[i] = TTo.CreateTruncating(from[i]);
        }
        else
        {
            for (int i = 0; i < from.Length; i++) to[i] = TTo.CreateSaturating(from[i]);
        }
    }
}
