using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Takes values of a fixed number of bits out of bytes, least significant bit first (Encodings.md, "bit-packed-run"). Sources may be shorter
/// than the last eight values need: what is missing counts as zero, so callers check lengths first.
/// </summary>
internal static class BitUnpack
{
    private const int MaxShuffledWidth = 25;
    private static readonly Vector256<byte>[] Shuffles = new Vector256<byte>[MaxShuffledWidth + 1];
    private static readonly Vector256<uint>[] Shifts = new Vector256<uint>[MaxShuffledWidth + 1];

    static BitUnpack()
    {
        Span<byte> places = stackalloc byte[32];
        Span<uint> shifts = stackalloc uint[8];
        for (int width = 1; width <= MaxShuffledWidth; width++)
        {
            // Eight values fill two halves of 16 bytes; the second half is loaded from the byte in which its first value begins.
            for (int i = 0; i < 8; i++)
            {
                int bit = ((i & 3) * width) + (i < 4 ? 0 : (4 * width) & 7);
                for (int j = 0; j < 4; j++) places[(4 * i) + j] = (byte)((bit >> 3) + j);
                shifts[i] = (uint)(bit & 7);
            }

            Shuffles[width] = Vector256.Create<byte>(places);
            Shifts[width] = Vector256.Create<uint>(shifts);
        }
    }

    /// <summary>Values of up to 8 bits.</summary>
    /// <param name="source">Holds the values.</param>
    /// <param name="bit">Where the first one begins.</param>
    /// <param name="width">Bits of a value.</param>
    /// <param name="target">Filled.</param>
    public static void ToBytes(ReadOnlySpan<byte> source, long bit, int width, Span<byte> target)
    {
        int i = 0;
        for (; i < target.Length && (bit & 7) != 0; i++, bit += width) target[i] = (byte)Single(source, bit, width);
        if (Bmi2.X64.IsSupported)
        {
            ulong places = 0x0101010101010101UL * ((1UL << width) - 1);
            for (int place = (int)(bit >> 3); i + 8 <= target.Length && place + 8 <= source.Length; i += 8, place += width, bit += 8 * width)
            {
                ulong eight = Bmi2.X64.ParallelBitDeposit(BinaryPrimitives.ReadUInt64LittleEndian(source[place..]), places);
                BinaryPrimitives.WriteUInt64LittleEndian(target[i..], eight);
            }
        }

        for (; i < target.Length; i++, bit += width) target[i] = (byte)Single(source, bit, width);
    }

    /// <summary>Values of up to 32 bits.</summary>
    public static void ToInts(ReadOnlySpan<byte> source, long bit, int width, Span<int> target)
    {
        int i = 0;
        for (; i < target.Length && (bit & 7) != 0; i++, bit += width) target[i] = (int)Single(source, bit, width);
        if (Avx2.IsSupported && width is > 0 and <= MaxShuffledWidth)
        {
            var shuffle = Shuffles[width];
            var shift = Shifts[width];
            var mask = Vector256.Create((1U << width) - 1);
            int place = (int)(bit >> 3), second = width >> 1;
            int last = source.Length - 16 - second;
            ref byte from = ref MemoryMarshal.GetReference(source);
            ref int to = ref MemoryMarshal.GetReference(target);
            for (; i + 8 <= target.Length && place <= last; i += 8, place += width)
            {
                var halves = Vector256.Create(Vector128.LoadUnsafe(ref from, (nuint)place), Vector128.LoadUnsafe(ref from, (nuint)(place + second)));
                var values = Avx2.ShiftRightLogicalVariable(Avx2.Shuffle(halves, shuffle).AsUInt32(), shift) & mask;
                values.AsInt32().StoreUnsafe(ref to, (nuint)i);
            }

            bit = (long)place << 3;
        }

        ulong each = (1UL << width) - 1;
        for (; i < target.Length && (bit >> 3) + sizeof(ulong) <= source.Length; i++, bit += width)
        {
            target[i] = (int)((BinaryPrimitives.ReadUInt64LittleEndian(source[(int)(bit >> 3)..]) >> (int)(bit & 7)) & each);
        }

        for (; i < target.Length; i++, bit += width) target[i] = (int)Single(source, bit, width);
    }

    /// <summary>Values of up to 64 bits.</summary>
    public static void ToLongs(ReadOnlySpan<byte> source, long bit, int width, Span<long> target)
    {
        int i = 0;
        if (width <= 56)
        {
            ulong mask = (1UL << width) - 1;
            ref byte from = ref MemoryMarshal.GetReference(source);
            for (; i < target.Length && (bit >> 3) + sizeof(ulong) <= source.Length; i++, bit += width)
            {
                ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref from, (nint)(bit >> 3)));
                target[i] = (long)((word >> (int)(bit & 7)) & mask);
            }
        }

        for (; i < target.Length; i++, bit += width) target[i] = (long)Single(source, bit, width);
    }

    /// <summary>Values whose most significant bit comes first (Encodings.md, "Bit-packed (Deprecated)").</summary>
    public static void ToBytesFromTop(ReadOnlySpan<byte> source, long bit, int width, Span<byte> target)
    {
        for (int i = 0; i < target.Length; i++)
        {
            int value = 0;
            for (int j = 0; j < width; j++, bit++)
            {
                int place = (int)(bit >> 3);
                value = (value << 1) | (place < source.Length ? (source[place] >> (7 - (int)(bit & 7))) & 1 : 0);
            }

            target[i] = (byte)value;
        }
    }

    private static ulong Single(ReadOnlySpan<byte> source, long bit, int width)
    {
        if (width == 0) return 0;
        int place = (int)(bit >> 3), shift = (int)(bit & 7);
        ulong low = Word(source, place) >> shift;
        if (shift + width > 64) low |= Word(source, place + 8) << (64 - shift);
        return width == 64 ? low : low & ((1UL << width) - 1);
    }

    private static ulong Word(ReadOnlySpan<byte> source, int place)
    {
        if (place + sizeof(ulong) <= source.Length) return BinaryPrimitives.ReadUInt64LittleEndian(source[place..]);
        ulong word = 0;
        for (int i = 0; i < sizeof(ulong) && place + i < source.Length; i++) word |= (ulong)source[place + i] << (8 * i);
        return word;
    }
}
