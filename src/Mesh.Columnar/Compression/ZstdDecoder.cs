using System.Buffers.Binary;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decodes Zstandard frames (RFC 8878) without the native library. Every length is checked against source and destination before it
/// is used; frames that need a dictionary are refused.
/// </summary>
internal sealed partial class ZstdDecoder
{
    private const uint Magic = 0xFD2FB528;
    private const int MaxBlockBytes = 128 << 10;

    [ThreadStatic]
    private static ZstdDecoder? ofThisThread;

    /// <summary>
    /// As <see cref="Zstd.TryDecompress"/>; when the data is unsound, <paramref name="written"/> counts the whole blocks before that was found.
    /// </summary>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        var decoder = ofThisThread ??= new ZstdDecoder();
        written = 0;
        while (true)
        {
            if (!SkippableFrames.TrySkip(ref source)) return false;
            if (source.IsEmpty) return true;
            if (source.Length < 8 || BinaryPrimitives.ReadUInt32LittleEndian(source) != Magic) return false;
            bool sound = decoder.TryFrame(source[4..], destination[written..], out int consumed, out int produced);
            written += produced;
            if (!sound) return false;
            source = source[(4 + consumed)..];
        }
    }

    private bool TryFrame(ReadOnlySpan<byte> source, Span<byte> destination, out int consumed, out int produced)
    {
        consumed = 0;
        produced = 0;
        if (!TryHeader(source, out int at, out ulong? contentSize, out bool hasChecksum)) return false;
        if (contentSize > (ulong)destination.Length) return false;

        StartFrame();
        bool last;
        do
        {
            if (source.Length - at < 3) return false;
            int header = source[at] | (source[at + 1] << 8) | (source[at + 2] << 16);
            at += 3;
            last = (header & 1) != 0;
            int size = header >> 3;
            switch ((header >> 1) & 3)
            {
                case 0:
                    if (size > source.Length - at || size > destination.Length - produced) return false;
                    source.Slice(at, size).CopyTo(destination[produced..]);
                    at += size;
                    produced += size;
                    break;
                case 1:
                    if (at >= source.Length || size > destination.Length - produced) return false;
                    destination.Slice(produced, size).Fill(source[at++]);
                    produced += size;
                    break;
                case 2:
                    if (size > source.Length - at || size > MaxBlockBytes) return false;
                    int end = produced;
                    if (!TryCompressedBlock(source.Slice(at, size), destination, ref end)) return false;
                    produced = end;
                    at += size;
                    break;
                default:
                    return false;
            }
        }
        while (!last);

        if (contentSize is { } expected && expected != (ulong)produced) return false;
        if (hasChecksum)
        {
            if (source.Length - at < 4) return false;
            if (BinaryPrimitives.ReadUInt32LittleEndian(source[at..]) != (uint)XxHash64.Hash(destination[..produced])) return false;
            at += 4;
        }

        consumed = at;
        return true;
    }

    private static bool TryHeader(ReadOnlySpan<byte> source, out int consumed, out ulong? contentSize, out bool hasChecksum)
    {
        consumed = 0;
        contentSize = null;
        hasChecksum = false;
        if (source.IsEmpty) return false;
        int descriptor = source[0];
        if ((descriptor & 0x08) != 0) return false;
        hasChecksum = (descriptor & 0x04) != 0;
        bool isSingleSegment = (descriptor & 0x20) != 0;
        int dictionaryBytes = (descriptor & 3) switch { 0 => 0, 1 => 1, 2 => 2, _ => 4 };
        int sizeBytes = (descriptor >> 6) switch { 0 => isSingleSegment ? 1 : 0, 1 => 2, 2 => 4, _ => 8 };
        int dictionaryAt = isSingleSegment ? 1 : 2;
        int sizeAt = dictionaryAt + dictionaryBytes;
        consumed = sizeAt + sizeBytes;
        if (source.Length < consumed) return false;
        if (source.Slice(dictionaryAt, dictionaryBytes).IndexOfAnyExcept((byte)0) >= 0) return false;
        contentSize = sizeBytes switch
        {
            0 => null,
            1 => source[sizeAt],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(source[sizeAt..]) + 256UL,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(source[sizeAt..]),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(source[sizeAt..]),
        };
        return true;
    }
}
