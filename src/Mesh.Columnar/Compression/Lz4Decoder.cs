using System.Buffers.Binary;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decodes LZ4 frames (LZ4 Frame Format 1.6) and blocks (LZ4 Block Format) without the native library. Every length is checked against
/// source and destination before it is used; frames that need a dictionary are refused.
/// </summary>
internal static class Lz4Decoder
{
    private const uint Magic = 0x184D2204;
    private const int MinMatch = 4;

    /// <summary>
    /// As <see cref="Lz4.TryDecompressFrame"/>; when the data is unsound, <paramref name="written"/> counts what was decoded before that was found.
    /// </summary>
    public static bool TryDecompressFrames(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        written = 0;
        while (true)
        {
            if (!SkippableFrames.TrySkip(ref source)) return false;
            if (source.IsEmpty) return true;
            if (source.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic) return false;
            bool sound = TryFrame(source[4..], destination[written..], out int consumed, out int produced);
            written += produced;
            if (!sound) return false;
            source = source[(4 + consumed)..];
        }
    }

    /// <returns>Bytes written, or -1 when the block is unsound or does not fit.</returns>
    public static int DecompressBlock(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        int end = 0;
        return TryDecodeBlock(source, destination, ref end, destination.Length) ? end : -1;
    }

    private static bool TryFrame(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int produced)
    {
        consumed = 0;
        produced = 0;
        int flags = source[0], blockDescriptor = source[1];
        bool areIndependent = (flags & 0x20) != 0, hasBlockChecksum = (flags & 0x10) != 0;
        bool hasContentSize = (flags & 0x08) != 0, hasContentChecksum = (flags & 0x04) != 0;

        // Version 01, no reserved bit, no dictionary, a block size of 64 KiB to 4 MiB.
        if ((flags & 0xC3) != 0x40 || (blockDescriptor & 0x8F) != 0 || blockDescriptor < 0x40) return false;
        int maxBlockBytes = 1 << (8 + (2 * (blockDescriptor >> 4)));
        int at = hasContentSize ? 10 : 2;
        if (source.Length < at + 1) return false;
        ulong contentSize = hasContentSize ? BinaryPrimitives.ReadUInt64LittleEndian(source[2..]) : 0;
        if (source[at] != (byte)(XxHash32.Hash(source[..at]) >> 8) || contentSize > (ulong)destination.Length) return false;
        at++;

        while (true)
        {
            if (source.Length - at < 4) return false;
            uint word = BinaryPrimitives.ReadUInt32LittleEndian(source[at..]);
            at += 4;
            if (word == 0) break;
            uint size = word & 0x7FFFFFFF;
            if (size > maxBlockBytes) return false;

            // A block that is cut off still gives the sequences that are there.
            bool isCut = size > source.Length - at;
            var block = source.Slice(at, Math.Min((int)size, source.Length - at));
            at += block.Length;
            if (hasBlockChecksum && !isCut)
            {
                if (source.Length - at < 4 || BinaryPrimitives.ReadUInt32LittleEndian(source[at..]) != XxHash32.Hash(block)) return false;
                at += 4;
            }

            int limit = Math.Min(destination.Length - produced, maxBlockBytes);
            if ((word & 0x80000000) != 0)
            {
                if (block.Length > limit) return false;
                block.CopyTo(destination[produced..]);
                produced += block.Length;
                if (isCut) return false;
                continue;
            }

            // Independent blocks may not reach into their predecessors: cut those off.
            int before = areIndependent ? produced : 0;
            int end = produced - before;
            bool sound = TryDecodeBlock(block, destination[before..], ref end, end + limit);
            produced = before + end;
            if (!sound || isCut) return false;
        }

        if (hasContentSize && contentSize != (ulong)produced) return false;
        if (hasContentChecksum)
        {
            if (source.Length - at < 4 || BinaryPrimitives.ReadUInt32LittleEndian(source[at..]) != XxHash32.Hash(destination[..produced])) return false;
            at += 4;
        }

        consumed = at;
        return true;
    }

    /// <summary>Decodes a block behind the <paramref name="at"/> bytes already present, which it may refer to; moves it behind what was decoded.</summary>
    private static bool TryDecodeBlock(ReadOnlySpan<byte> source, Span<byte> buffer, ref int at, int limit)
    {
        int position = 0;
        while (position < source.Length)
        {
            int token = source[position++];
            int literalLength = token >> 4;
            if (literalLength == 15 && !TryExtend(source, ref position, limit, ref literalLength)) return false;
            if (literalLength > source.Length - position || literalLength > limit - at) return false;
            source.Slice(position, literalLength).CopyTo(buffer[at..]);
            position += literalLength;
            at += literalLength;

            // The last sequence is literals only.
            if (position == source.Length) return true;

            if (source.Length - position < 2) return false;
            int distance = source[position] | (source[position + 1] << 8);
            position += 2;
            int matchLength = token & 15;
            if (matchLength == 15 && !TryExtend(source, ref position, limit, ref matchLength)) return false;
            matchLength += MinMatch;
            if (distance == 0 || distance > at || matchLength > limit - at) return false;
            Overlap.Copy(buffer, at, distance, matchLength);
            at += matchLength;
        }

        return false;
    }

    private static bool TryExtend(ReadOnlySpan<byte> source, ref int position, int limit, ref int length)
    {
        byte value;
        do
        {
            if (position >= source.Length || length > limit) return false;
            value = source[position++];
            length += value;
        }
        while (value == 255);
        return true;
    }
}
