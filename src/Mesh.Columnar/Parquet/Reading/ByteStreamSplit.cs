using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mesh.Columnar.Parquet;

/// <summary>Puts values together whose bytes are in streams, one for each place in the value (Encodings.md, "BYTE_STREAM_SPLIT = 9").</summary>
internal static class ByteStreamSplit
{
    /// <param name="streams">All streams of a page.</param>
    /// <param name="count">Values in the page: the length of a stream.</param>
    /// <param name="first">The first value wanted.</param>
    /// <param name="width">Bytes of a value: the number of streams.</param>
    /// <param name="target">Whole values, filled.</param>
    public static void Join(ReadOnlySpan<byte> streams, int count, int first, int width, Span<byte> target)
    {
        int values = target.Length / width;
        int done = 0;
        if (Sse2.IsSupported && width == 4) done = JoinFours(streams, count, first, values, target);
        else if (Sse2.IsSupported && width == 8) done = JoinEights(streams, count, first, values, target);
        for (int j = 0; j < width; j++)
        {
            var stream = streams.Slice((j * count) + first, values);
            for (int i = done, to = (done * width) + j; i < stream.Length; i++, to += width) target[to] = stream[i];
        }
    }

    private static int JoinFours(ReadOnlySpan<byte> streams, int count, int first, int values, Span<byte> target)
    {
        ref byte from = ref Unsafe.Add(ref MemoryMarshal.GetReference(streams), first);
        ref byte to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i + 16 <= values; i += 16)
        {
            var a = Load(ref from, i);
            var b = Load(ref from, i + count);
            var c = Load(ref from, i + (2 * count));
            var d = Load(ref from, i + (3 * count));
            var ab = (Sse2.UnpackLow(a, b).AsInt16(), Sse2.UnpackHigh(a, b).AsInt16());
            var cd = (Sse2.UnpackLow(c, d).AsInt16(), Sse2.UnpackHigh(c, d).AsInt16());
            Store(Sse2.UnpackLow(ab.Item1, cd.Item1), ref to, i * 4);
            Store(Sse2.UnpackHigh(ab.Item1, cd.Item1), ref to, (i * 4) + 16);
            Store(Sse2.UnpackLow(ab.Item2, cd.Item2), ref to, (i * 4) + 32);
            Store(Sse2.UnpackHigh(ab.Item2, cd.Item2), ref to, (i * 4) + 48);
        }

        return i;
    }

    private static int JoinEights(ReadOnlySpan<byte> streams, int count, int first, int values, Span<byte> target)
    {
        ref byte from = ref Unsafe.Add(ref MemoryMarshal.GetReference(streams), first);
        ref byte to = ref MemoryMarshal.GetReference(target);
        int i = 0;
        for (; i + 16 <= values; i += 16)
        {
            // Pairs of bytes, then fours, then eights; each step is done for the lower and the upper eight values.
            for (int half = 0; half < 2; half++)
            {
                var ab = Pair(ref from, i, count, 0, half);
                var cd = Pair(ref from, i, count, 2, half);
                var ef = Pair(ref from, i, count, 4, half);
                var gh = Pair(ref from, i, count, 6, half);
                var abcd = (Sse2.UnpackLow(ab, cd).AsInt32(), Sse2.UnpackHigh(ab, cd).AsInt32());
                var efgh = (Sse2.UnpackLow(ef, gh).AsInt32(), Sse2.UnpackHigh(ef, gh).AsInt32());
                int place = (i * 8) + (half * 64);
                Store(Sse2.UnpackLow(abcd.Item1, efgh.Item1).AsInt16(), ref to, place);
                Store(Sse2.UnpackHigh(abcd.Item1, efgh.Item1).AsInt16(), ref to, place + 16);
                Store(Sse2.UnpackLow(abcd.Item2, efgh.Item2).AsInt16(), ref to, place + 32);
                Store(Sse2.UnpackHigh(abcd.Item2, efgh.Item2).AsInt16(), ref to, place + 48);
            }
        }

        return i;
    }

    private static Vector128<short> Pair(ref byte from, int i, int count, int stream, int half)
    {
        var a = Load(ref from, i + (stream * count));
        var b = Load(ref from, i + ((stream + 1) * count));
        return (half == 0 ? Sse2.UnpackLow(a, b) : Sse2.UnpackHigh(a, b)).AsInt16();
    }

    private static Vector128<byte> Load(ref byte from, int place) => Vector128.LoadUnsafe(ref from, (nuint)place);

    private static void Store(Vector128<short> values, ref byte to, int place) => values.AsByte().StoreUnsafe(ref to, (nuint)place);
}
