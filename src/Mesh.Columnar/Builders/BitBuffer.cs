using System.Numerics;

namespace Mesh.Columnar;

/// <summary>A growing run of bits, least significant first, as Arrow packs them.</summary>
internal struct BitBuffer
{
    private byte[]? bits;

    public int Length { get; private set; }

    public readonly int Bytes => bits?.Length ?? 0;

    public void Append(bool value)
    {
        EnsureCapacity(Length + 1);
        if (value) bits![Length >> 3] |= (byte)(1 << (Length & 7));
        Length++;
    }

    /// <summary>The array itself, with room for <paramref name="count"/> bits after the used ones.</summary>
    public byte[] Reserved(int count)
    {
        EnsureCapacity(checked(Length + count));
        return bits!;
    }

    public void Commit(int length) => Length = length;

    public void AppendRun(bool value, int count)
    {
        EnsureCapacity(Length + count);
        for (int i = 0; i < count;)
        {
            if (((Length + i) & 7) == 0 && count - i >= 8)
            {
                if (value) bits![(Length + i) >> 3] = 0xFF;
                i += 8;
                continue;
            }

            if (value) bits![(Length + i) >> 3] |= (byte)(1 << ((Length + i) & 7));
            i++;
        }

        Length += count;
    }

    /// <summary>Appends the first <paramref name="count"/> bits and says how many of them are set.</summary>
    public int AppendBits(ReadOnlySpan<byte> source, int count)
    {
        EnsureCapacity(Length + count);
        int shift = Length & 7;
        int at = Length >> 3;
        int ones = 0;
        for (int i = 0; i < count; i += 8)
        {
            int left = Math.Min(8, count - i);
            int eight = source[i >> 3] & ((1 << left) - 1);
            ones += BitOperations.PopCount((uint)eight);
            bits![at] |= (byte)(eight << shift);
            if (shift + left > 8) bits[at + 1] |= (byte)(eight >> (8 - shift));
            at++;
        }

        Length += count;
        return ones;
    }

    /// <summary>Zero bits in [from, to).</summary>
    public readonly int CountZeros(int from, int to)
    {
        int ones = 0;
        for (int i = from; i < to; i++) ones += (bits![i >> 3] >> (i & 7)) & 1;
        return to - from - ones;
    }

    public void Truncate(int length)
    {
        Length = length;
        if (bits is null || length >> 3 >= bits.Length) return;
        // Bits beyond the end must stay zero: Append only sets. Those of values that were stored but never counted are cleared too.
        bits[length >> 3] &= (byte)((1 << (length & 7)) - 1);
        bits.AsSpan((length >> 3) + 1).Clear();
    }

    public readonly byte[] ToArray() => bits is null ? [] : bits.AsSpan(0, (Length + 7) >> 3).ToArray();

    private void EnsureCapacity(int length)
    {
        int needed = (length + 7) >> 3;
        if (bits is not null && bits.Length >= needed) return;
        Array.Resize(ref bits, (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(needed, 16)));
    }
}
