using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Reads a Zstandard bitstream from its last bit to its first (RFC 8878, 4.1). Reading past the first bit gives zeros and makes
/// <see cref="BitsLeft"/> negative, which the formats use both as an end mark and as a sign of corruption.
/// </summary>
internal ref struct ReverseBitReader
{
    private readonly ReadOnlySpan<byte> bytes;
    private readonly ulong whole;

    private ReverseBitReader(ReadOnlySpan<byte> bytes, ulong whole, int bitsLeft)
    {
        this.bytes = bytes;
        this.whole = whole;
        BitsLeft = bitsLeft;
    }

    /// <summary>Bits not yet read; negative when more were asked for than there were.</summary>
    public int BitsLeft { get; private set; }

    /// <summary>Fails when the bytes lack the final set bit that marks where the stream ends.</summary>
    public static bool TryCreate(ReadOnlySpan<byte> bytes, out ReverseBitReader reader)
    {
        reader = default;
        if (bytes.IsEmpty || bytes[^1] == 0) return false;
        ulong whole = 0;
        if (bytes.Length < sizeof(ulong))
        {
            for (int i = 0; i < bytes.Length; i++) whole |= (ulong)bytes[i] << (8 * i);
        }

        reader = new ReverseBitReader(bytes, whole, ((bytes.Length - 1) * 8) + BitOperations.Log2(bytes[^1]));
        return true;
    }

    /// <summary>Reads up to 56 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int count)
    {
        uint value = Peek(count);
        BitsLeft -= count;
        return value;
    }

    /// <summary>The next bits, up to 32, without consuming them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Peek(int count)
    {
        int start = BitsLeft - count;
        if (start >= 0) return (uint)(Load(start) & ((1UL << count) - 1));
        return BitsLeft <= 0 ? 0 : (uint)((Load(0) & ((1UL << BitsLeft) - 1)) << -start);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count) => BitsLeft -= count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly ulong Load(int bit)
    {
        if (bytes.Length < sizeof(ulong)) return whole >> bit;
        int at = Math.Min(bit >> 3, bytes.Length - sizeof(ulong));
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]) >> (bit - (at * 8));
    }
}
