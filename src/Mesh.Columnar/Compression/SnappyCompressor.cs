using System.Buffers.Binary;
using System.Numerics;

namespace Mesh.Columnar.Compression;

/// <summary>Compresses to Snappy's raw format (snappy, format_description.txt). Keeps a table of 64 KiB; one thread at a time.</summary>
public sealed class SnappyCompressor
{
    private const int BlockBytes = 64 << 10;
    private const int TableBits = 14;

    /// <summary>Matches are not looked for near the end, where eight bytes could not be read.</summary>
    private const int Margin = 15;

    private readonly ushort[] table = new ushort[1 << TableBits];

    /// <summary>Largest compressed size.</summary>
    public static int MaxCompressedLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        return checked(32 + length + (length / 6));
    }

    /// <summary>Compresses all of <paramref name="source"/>; returns bytes written.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes.</param>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int at = 0;
        uint length = (uint)source.Length;
        for (; length >= 0x80; length >>= 7) destination[at++] = (byte)(length | 0x80);
        destination[at++] = (byte)length;

        // Blocks are compressed on their own, so that offsets fit two bytes.
        for (; !source.IsEmpty; source = source[Math.Min(BlockBytes, source.Length)..])
        {
            at += CompressBlock(source[..Math.Min(BlockBytes, source.Length)], destination[at..]);
        }

        return at;
    }

    private int CompressBlock(ReadOnlySpan<byte> block, Span<byte> target)
    {
        int written = 0, literalFrom = 0;
        int limit = block.Length - Margin;
        if (limit > 0)
        {
            Array.Clear(table);
            int at = 1;
            while (at < limit)
            {
                // The longer nothing is found, the wider the steps: noise passes quickly.
                int misses = 32, candidate;
                uint four;
                while (true)
                {
                    four = BinaryPrimitives.ReadUInt32LittleEndian(block[at..]);
                    ref ushort slot = ref table[(four * 0x1E35A7BD) >> (32 - TableBits)];
                    candidate = slot;
                    slot = (ushort)at;
                    if (candidate < at && BinaryPrimitives.ReadUInt32LittleEndian(block[candidate..]) == four) break;
                    at += misses++ >> 5;
                    if (at >= limit) goto Rest;
                }

                written += WriteLiteral(block[literalFrom..at], target[written..]);
                int matched = 4 + MatchLength(block, candidate + 4, at + 4);
                written += WriteCopy(at - candidate, matched, target[written..]);
                at += matched;
                literalFrom = at;
                if (at < limit) table[(BinaryPrimitives.ReadUInt32LittleEndian(block[(at - 1)..]) * 0x1E35A7BD) >> (32 - TableBits)] = (ushort)(at - 1);
            }
        }

    Rest:
        return literalFrom < block.Length ? written + WriteLiteral(block[literalFrom..], target[written..]) : written;
    }

    private static int MatchLength(ReadOnlySpan<byte> block, int left, int right)
    {
        int start = right;
        for (; right <= block.Length - 8; left += 8, right += 8)
        {
            ulong difference = BinaryPrimitives.ReadUInt64LittleEndian(block[left..]) ^ BinaryPrimitives.ReadUInt64LittleEndian(block[right..]);
            if (difference != 0) return right - start + (BitOperations.TrailingZeroCount(difference) >> 3);
        }

        while (right < block.Length && block[left] == block[right])
        {
            left++;
            right++;
        }

        return right - start;
    }

    private static int WriteLiteral(ReadOnlySpan<byte> literal, Span<byte> target)
    {
        if (literal.IsEmpty) return 0;
        int last = literal.Length - 1, at = 1;
        if (last < 60)
        {
            target[0] = (byte)(last << 2);
        }
        else if (last < 0x100)
        {
            target[0] = 60 << 2;
            target[at++] = (byte)last;
        }
        else
        {
            target[0] = 61 << 2;
            BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)last);
            at += 2;
        }

        literal.CopyTo(target[at..]);
        return at + literal.Length;
    }

    private static int WriteCopy(int offset, int length, Span<byte> target)
    {
        int at = 0;
        while (length > 0)
        {
            // A copy has at least four bytes: none of fewer may remain.
            int piece = length is > 64 and < 68 ? 60 : Math.Min(length, 64);
            if (piece is >= 4 and < 12 && offset < 2048)
            {
                target[at++] = (byte)(1 | ((piece - 4) << 2) | ((offset >> 8) << 5));
                target[at++] = (byte)offset;
            }
            else
            {
                target[at++] = (byte)(2 | ((piece - 1) << 2));
                BinaryPrimitives.WriteUInt16LittleEndian(target[at..], (ushort)offset);
                at += 2;
            }

            length -= piece;
        }

        return at;
    }
}
