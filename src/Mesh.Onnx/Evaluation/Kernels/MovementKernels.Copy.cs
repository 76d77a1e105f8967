using System.Runtime.InteropServices;

namespace Mesh.Onnx.Evaluation.Kernels;

/// <summary>The copies behind the operators.</summary>
internal static partial class MovementKernels
{
    /// <summary>Fills the result from places <paramref name="strides"/> apart, starting at <paramref name="offset"/>.</summary>
    public static void CopyStrided(Tensor x, int offset, int[] strides, Tensor result)
    {
        switch (OnnxTensor.WidthOf(x.Type))
        {
            case 1: CopyStrided<byte>(x, offset, strides, result); break;
            case 2: CopyStrided<ushort>(x, offset, strides, result); break;
            case 4: CopyStrided<uint>(x, offset, strides, result); break;
            default: CopyStrided<ulong>(x, offset, strides, result); break;
        }
    }

    /// <summary>Fills the result from the places that a map per dimension gives; the filler where a map says -1.</summary>
    public static void CopyMapped(Tensor x, int[][] maps, ReadOnlySpan<byte> filler, Tensor result)
    {
        switch (OnnxTensor.WidthOf(x.Type))
        {
            case 1: CopyMapped<byte>(x, maps, filler, result); break;
            case 2: CopyMapped<ushort>(x, maps, filler, result); break;
            case 4: CopyMapped<uint>(x, maps, filler, result); break;
            default: CopyMapped<ulong>(x, maps, filler, result); break;
        }
    }

    private static void CopyStrided<T>(Tensor x, int offset, int[] strides, Tensor result)
        where T : unmanaged
    {
        ReadOnlySpan<T> source = Cast<T>(x);
        var target = Cast<T>(result);
        int step = Last(strides);
        var loop = new StridedLoop(result.Shape, strides);
        for (int at = 0; loop.Next(); at += loop.RowLength)
        {
            int from = offset + loop.FirstOffset;
            var row = target.Slice(at, loop.RowLength);
            if (step == 1) source.Slice(from, row.Length).CopyTo(row);
            else if (step == 0) row.Fill(source[from]);
            else
            {
                for (int i = 0; i < row.Length; i++, from += step) row[i] = source[from];
            }
        }
    }

    private static void CopyMapped<T>(Tensor x, int[][] maps, ReadOnlySpan<byte> filler, Tensor result)
        where T : unmanaged
    {
        ReadOnlySpan<T> source = Cast<T>(x);
        var target = Cast<T>(result);
        T fill = filler.IsEmpty ? default : MemoryMarshal.Read<T>(filler);
        int[] strides = Shape.Strides(x.Shape);
        var index = new int[maps.Length];
        if (target.IsEmpty) return;
        if (maps.Length == 0)
        {
            target[0] = source[0];
            return;
        }

        int[] last = maps[^1];
        for (int at = 0; at < target.Length; at += last.Length)
        {
            int from = 0;
            bool outside = false;
            for (int d = 0; d < maps.Length - 1; d++)
            {
                int place = maps[d][index[d]];
                outside |= place < 0;
                from += place * strides[d];
            }

            for (int i = 0; i < last.Length; i++) target[at + i] = outside || last[i] < 0 ? fill : source[from + last[i]];
            for (int d = maps.Length - 2; d >= 0 && ++index[d] == maps[d].Length; d--) index[d] = 0;
        }
    }

    private static int[] Sizes(NodeRun run, Tensor tensor)
    {
        long[] sizes = tensor.ToInts();
        if (sizes.Any(size => size is < 0 or > int.MaxValue)) throw run.Wrong($"wants the sizes [{string.Join(", ", sizes)}]");
        return [.. sizes.Select(size => (int)size)];
    }

    private static Span<T> Cast<T>(Tensor tensor)
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(tensor.Bytes);

    private static int Last(int[] strides) => strides.Length == 0 ? 0 : strides[^1];
}
