using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>
/// C = A·B, or C += A·B, of row-major matrices. Float goes through a blocked kernel: a strip of B, two vectors wide, is copied so that it
/// lies in one piece, then four rows of A at a time meet it in registers.
/// </summary>
internal static class MatrixProduct
{
    private const int RowsPerBlock = 4;

    /// <param name="a">Rows × inner, rows <paramref name="aStride"/> elements apart.</param>
    /// <param name="b">Inner × columns, rows <paramref name="bStride"/> elements apart.</param>
    /// <param name="c">Rows × columns, rows <paramref name="cStride"/> elements apart.</param>
    public static void Run<T>(int rows, int columns, int inner, ReadOnlySpan<T> a, int aStride, ReadOnlySpan<T> b, int bStride, Span<T> c, int cStride, bool accumulate = false)
        where T : unmanaged, INumber<T>
    {
        if (rows == 0 || columns == 0) return;
        if (!accumulate)
        {
            for (int i = 0; i < rows; i++) c.Slice(i * cStride, columns).Clear();
        }

        if (inner == 0) return;
        // The kernel below reads without bounds checks, so the extents are checked once here.
        _ = a[((rows - 1) * aStride) + inner - 1];
        _ = b[((inner - 1) * bStride) + columns - 1];
        _ = c[((rows - 1) * cStride) + columns - 1];
        if (typeof(T) == typeof(float))
        {
            Blocked(rows, columns, inner, MemoryMarshal.Cast<T, float>(a), aStride, MemoryMarshal.Cast<T, float>(b), bStride, MemoryMarshal.Cast<T, float>(c), cStride);
            return;
        }

        for (int i = 0; i < rows; i++)
        {
            var target = c.Slice(i * cStride, columns);
            for (int k = 0; k < inner; k++) AddScaled(a[(i * aStride) + k], b.Slice(k * bStride, columns), target);
        }
    }

    private static void AddScaled<T>(T factor, ReadOnlySpan<T> row, Span<T> target)
        where T : unmanaged, INumber<T>
    {
        int i = 0, width = Vector<T>.Count;
        var factors = new Vector<T>(factor);
        for (; i <= row.Length - width; i += width) (new Vector<T>(target[i..]) + (factors * new Vector<T>(row[i..]))).CopyTo(target[i..]);
        for (; i < row.Length; i++) target[i] += factor * row[i];
    }

    private static void Blocked(int rows, int columns, int inner, ReadOnlySpan<float> a, int aStride, ReadOnlySpan<float> b, int bStride, Span<float> c, int cStride)
    {
        int width = Vector<float>.Count, strip = 2 * width;
        float[] packed = ArrayPool<float>.Shared.Rent(inner * strip);
        Span<float> edge = stackalloc float[strip];
        for (int column = 0; column < columns; column += strip)
        {
            int used = Math.Min(strip, columns - column);
            for (int k = 0; k < inner; k++)
            {
                var target = packed.AsSpan(k * strip, strip);
                b.Slice((k * bStride) + column, used).CopyTo(target);
                if (used < strip) target[used..].Clear();
            }

            ref float strips = ref MemoryMarshal.GetArrayDataReference(packed);
            int row = 0;
            for (; row <= rows - RowsPerBlock; row += RowsPerBlock)
            {
                Vector<float> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
                ref float a0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(a), row * aStride);
                ref float a1 = ref Unsafe.Add(ref a0, aStride);
                ref float a2 = ref Unsafe.Add(ref a1, aStride);
                ref float a3 = ref Unsafe.Add(ref a2, aStride);
                for (int k = 0; k < inner; k++)
                {
                    ref float at = ref Unsafe.Add(ref strips, k * strip);
                    var b0 = Vector.LoadUnsafe(ref at);
                    var b1 = Vector.LoadUnsafe(ref at, (nuint)width);
                    var factor = new Vector<float>(Unsafe.Add(ref a0, k));
                    c00 = Vector.FusedMultiplyAdd(factor, b0, c00);
                    c01 = Vector.FusedMultiplyAdd(factor, b1, c01);
                    factor = new Vector<float>(Unsafe.Add(ref a1, k));
                    c10 = Vector.FusedMultiplyAdd(factor, b0, c10);
                    c11 = Vector.FusedMultiplyAdd(factor, b1, c11);
                    factor = new Vector<float>(Unsafe.Add(ref a2, k));
                    c20 = Vector.FusedMultiplyAdd(factor, b0, c20);
                    c21 = Vector.FusedMultiplyAdd(factor, b1, c21);
                    factor = new Vector<float>(Unsafe.Add(ref a3, k));
                    c30 = Vector.FusedMultiplyAdd(factor, b0, c30);
                    c31 = Vector.FusedMultiplyAdd(factor, b1, c31);
                }

                Store(c00, c01, c.Slice((row * cStride) + column, used), edge);
                Store(c10, c11, c.Slice(((row + 1) * cStride) + column, used), edge);
                Store(c20, c21, c.Slice(((row + 2) * cStride) + column, used), edge);
                Store(c30, c31, c.Slice(((row + 3) * cStride) + column, used), edge);
            }

            for (; row < rows; row++)
            {
                Vector<float> c00 = default, c01 = default;
                ref float a0 = ref Unsafe.Add(ref MemoryMarshal.GetReference(a), row * aStride);
                for (int k = 0; k < inner; k++)
                {
                    ref float at = ref Unsafe.Add(ref strips, k * strip);
                    var factor = new Vector<float>(Unsafe.Add(ref a0, k));
                    c00 = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref at), c00);
                    c01 = Vector.FusedMultiplyAdd(factor, Vector.LoadUnsafe(ref at, (nuint)width), c01);
                }

                Store(c00, c01, c.Slice((row * cStride) + column, used), edge);
            }
        }

        ArrayPool<float>.Shared.Return(packed);
    }

    private static void Store(Vector<float> low, Vector<float> high, Span<float> target, Span<float> edge)
    {
        int width = Vector<float>.Count;
        if (target.Length == 2 * width)
        {
            (new Vector<float>(target) + low).CopyTo(target);
            (new Vector<float>(target[width..]) + high).CopyTo(target[width..]);
            return;
        }

        low.CopyTo(edge);
        high.CopyTo(edge[width..]);
        for (int i = 0; i < target.Length; i++) target[i] += edge[i];
    }
}
