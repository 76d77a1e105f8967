using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Split-block Bloom filters (parquet-format, BloomFilter.md): blocks of eight 32-bit words, of which a hash picks one block and sets a bit per
/// word. Hashes are XXH64, seed 0, of a value's plain encoding without a length ahead. The caller owns the blocks, zeroed at first.
/// </summary>
internal static class SplitBlockBloomFilter
{
    public const int BlockBytes = 32;

    /// <summary>Largest filter, in bytes; what other writers keep to as well.</summary>
    public const int MaxBytes = 128 << 20;

    private static readonly Vector256<uint> Salt = Vector256.Create(
        0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU, 0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U);

    /// <summary>Bytes of a filter for so many distinct values, a power of two.</summary>
    /// <param name="distinctCount">Values that will be inserted.</param>
    /// <param name="falsePositiveRate">Share of absent values that may be taken for present, above 0 and below 1.</param>
    public static int BytesFor(long distinctCount, double falsePositiveRate)
    {
        double bits = -8 * Math.Max(1, distinctCount) / Math.Log(1 - Math.Pow(falsePositiveRate, 1.0 / 8));
        double bytes = Math.Clamp(bits / 8, BlockBytes, MaxBytes);
        return (int)BitOperations.RoundUpToPowerOf2((uint)Math.Ceiling(bytes));
    }

    /// <summary>Notes a hash.</summary>
    /// <param name="blocks">Whole blocks, at least one.</param>
    /// <param name="hash">XXH64 of the value.</param>
    public static void Insert(Span<byte> blocks, ulong hash)
    {
        var block = BlockOf(MemoryMarshal.Cast<byte, uint>(blocks), hash);
        (Vector256.Create<uint>(block) | Mask((uint)hash)).CopyTo(block);
    }

    /// <summary>Whether the hash may have been inserted; false is certain.</summary>
    /// <param name="blocks">Whole blocks, at least one.</param>
    /// <param name="hash">XXH64 of the value.</param>
    public static bool MayContain(ReadOnlySpan<byte> blocks, ulong hash)
    {
        var words = MemoryMarshal.Cast<byte, uint>(blocks);
        int first = FirstWord(words.Length, hash);
        var mask = Mask((uint)hash);
        return (Vector256.Create(words.Slice(first, 8)) & mask) == mask;
    }

    private static Span<uint> BlockOf(Span<uint> words, ulong hash) => words.Slice(FirstWord(words.Length, hash), 8);

    private static int FirstWord(int wordCount, ulong hash) => (int)(((hash >> 32) * ((ulong)wordCount / 8)) >> 32) * 8;

    private static Vector256<uint> Mask(uint key)
    {
        var bits = (Vector256.Create(key) * Salt) >>> 27;

        // There is no portable shift by a vector of counts.
        return System.Runtime.Intrinsics.X86.Avx2.IsSupported
            ? System.Runtime.Intrinsics.X86.Avx2.ShiftLeftLogicalVariable(Vector256<uint>.One, bits)
            : EachShifted(bits);
    }

    private static Vector256<uint> EachShifted(Vector256<uint> bits)
    {
        Span<uint> words = stackalloc uint[8];
        for (int i = 0; i < 8; i++) words[i] = 1U << (int)bits[i];
        return Vector256.Create<uint>(words);
    }
}
