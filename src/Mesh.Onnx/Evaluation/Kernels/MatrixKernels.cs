using System.Numerics;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>Matrix products.</summary>
internal static class MatrixKernels
{
    public static IReadOnlyDictionary<string, Action<NodeRun>> All { get; } = new Dictionary<string, Action<NodeRun>>
    {
        ["MatMul"] = MatMul,
        ["Gemm"] = Gemm,
    };

    /// <summary>A (…, M, K) times B (…, K, N) with the leading dimensions broadcast, as numpy.matmul.</summary>
    public static void MatMul(NodeRun run)
    {
        var (a, b) = (run.Input(0), run.Input(1));
        if (a.Type != b.Type) throw run.Wrong($"multiplies {a.Type} by {b.Type}");
        switch (a.Type)
        {
            case OnnxElementType.Float: MatMul<float>(run, a, b); break;
            case OnnxElementType.Double: MatMul<double>(run, a, b); break;
            case OnnxElementType.Int32: MatMul<int>(run, a, b); break;
            case OnnxElementType.Int64: MatMul<long>(run, a, b); break;
            case OnnxElementType.UInt32: MatMul<uint>(run, a, b); break;
            case OnnxElementType.UInt64: MatMul<ulong>(run, a, b); break;
            default: throw run.UnsupportedType(a.Type);
        }
    }

    private static void MatMul<T>(NodeRun run, Tensor a, Tensor b)
        where T : unmanaged, INumber<T>
    {
        if (a.Rank == 0 || b.Rank == 0) throw run.Wrong($"multiplies {a} by {b}; a matrix product needs dimensions");
        int[] left = a.Rank == 1 ? [1, a.Shape[0]] : a.Shape, right = b.Rank == 1 ? [b.Shape[0], 1] : b.Shape;
        int rows = left[^2], inner = left[^1], columns = right[^1];
        if (right[^2] != inner) throw run.Wrong($"multiplies {a} by {b}: {inner} columns meet {right[^2]} rows");
        int[] batch = Shape.Broadcast(left.AsSpan(..^2), right.AsSpan(..^2)) ?? throw run.Wrong($"multiplies {a} by {b}, whose leading dimensions do not fit");
        List<int> shape = [.. batch];
        if (a.Rank > 1) shape.Add(rows);
        if (b.Rank > 1) shape.Add(columns);
        var result = run.Output(0, a.Type, [.. shape]);
        var aValues = a.As<T>();
        var bValues = b.As<T>();
        var c = result.As<T>();

        // One matrix for all of a batch: the batch is more rows of the same product.
        if (right.Length == 2)
        {
            MatrixProduct.Run<T>(Shape.Count(left.AsSpan(..^1)), columns, inner, aValues, inner, bValues, columns, c, columns);
            return;
        }

        int[] aSteps = Shape.BroadcastStrides(left.AsSpan(..^2), batch), bSteps = Shape.BroadcastStrides(right.AsSpan(..^2), batch);
        var loop = new StridedLoop([.. batch, 1], [.. aSteps, 0], [.. bSteps, 0]);
        for (int at = 0; loop.Next(); at += rows * columns)
        {
            MatrixProduct.Run(
                rows, columns, inner, aValues[(loop.FirstOffset * rows * inner)..], inner, bValues[(loop.SecondOffset * inner * columns)..], columns, c[at..], columns);
        }
    }

    private static void Gemm(NodeRun run)
    {
        switch (run.Input(0).Type)
        {
            case OnnxElementType.Float: Gemm<float>(run); break;
            case OnnxElementType.Double: Gemm<double>(run); break;
            case OnnxElementType.Int32: Gemm<int>(run); break;
            case OnnxElementType.Int64: Gemm<long>(run); break;
            default: throw run.UnsupportedType(run.Input(0).Type);
        }
    }

    private static void Gemm<T>(NodeRun run)
        where T : unmanaged, INumber<T>
    {
        var (a, b) = (run.Input(0), run.Input(1));
        if (a.Rank != 2 || b.Rank != 2 || a.Type != b.Type) throw run.Wrong($"takes {a} and {b} where two matrices of one type are expected");
        bool transposeA = run.Node.Int("transA", 0) != 0, transposeB = run.Node.Int("transB", 0) != 0;
        var left = transposeA ? Transposed<T>(run, a) : a;
        var right = transposeB ? Transposed<T>(run, b) : b;
        int rows = left.Shape[0], inner = left.Shape[1], columns = right.Shape[1];
        if (right.Shape[0] != inner) throw run.Wrong($"multiplies {a} by {b}: {inner} columns meet {right.Shape[0]} rows");
        var result = run.Output(0, a.Type, rows, columns);
        var y = result.As<T>();
        MatrixProduct.Run<T>(rows, columns, inner, left.As<T>(), inner, right.As<T>(), columns, y, columns);
        if (transposeA) left.Release();
        if (transposeB) right.Release();

        float alpha = run.Node.Float("alpha", 1), beta = run.Node.Float("beta", 1);
        if (alpha != 1)
        {
            T factor = T.CreateTruncating(alpha);
            for (int i = 0; i < y.Length; i++) y[i] *= factor;
        }

        if (run.Optional(2) is not { } bias || beta == 0) return;
        if (bias.Type != a.Type || Shape.Broadcast(bias.Shape, result.Shape) is not { } both || !Shape.Same(both, result.Shape)) throw run.Wrong($"adds {bias} to {result}, which do not fit");
        int[] strides = Shape.BroadcastStrides(bias.Shape, result.Shape);
        var c = bias.As<T>();
        T weight = T.CreateTruncating(beta);
        for (int i = 0, at = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++, at++)
            {
                T addend = c[(i * strides[0]) + (j * strides[1])];
                y[at] += beta == 1 ? addend : addend * weight;
            }
        }
    }

    private static Tensor Transposed<T>(NodeRun run, Tensor matrix)
        where T : unmanaged
    {
        int rows = matrix.Shape[0], columns = matrix.Shape[1];
        var result = run.Scratch(matrix.Type, columns, rows);
        var source = matrix.As<T>();
        var target = result.As<T>();
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++) target[(j * rows) + i] = source[(i * columns) + j];
        }

        return result;
    }
}
