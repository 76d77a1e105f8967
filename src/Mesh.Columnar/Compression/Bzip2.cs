namespace Mesh.Columnar.Compression;

/// <summary>bzip2 streams through the system's <c>libbz2.so.1.0</c>, else SharpZipLib.</summary>
public static class Bzip2
{
    private static readonly NativeBzip2? Native = NativeBzip2.TryLoad();

    /// <summary>Library in use: <c>libbz2</c> or <c>managed</c>.</summary>
    public static string Library => Native is not null ? "libbz2" : "managed";

    /// <summary>Largest stream of <paramref name="length"/> bytes.</summary>
    public static int MaxCompressedLength(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);

        // Manual, BZ2_bzBuffToBuffCompress: 1 % and 600 bytes more than the data always suffice.
        return checked(length + (length / 100) + 600);
    }

    /// <summary>Compresses into one stream; returns bytes written.</summary>
    /// <param name="source">The bytes.</param>
    /// <param name="destination">At least <see cref="MaxCompressedLength"/> bytes.</param>
    /// <param name="level">1 to 9: block size in units of 100 kB.</param>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is too small; <see cref="MaxCompressedLength"/> always suffices.</exception>
    public static int Compress(ReadOnlySpan<byte> source, Span<byte> destination, int level = 9)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(level, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(level, 9);
        int written = Native?.Compress(source, destination, level) ?? ManagedBzip2.Compress(source, destination, level);
        return written >= 0
            ? written
            : throw new ArgumentException($"{destination.Length} bytes are too few for {source.Length} bytes compressed.", nameof(destination));
    }

    /// <summary>Decompresses one stream; what follows it is not looked at. Never writes beyond <paramref name="destination"/>.</summary>
    /// <returns>Whether the data was sound and fitted; <paramref name="written"/> is then the decompressed length.</returns>
    public static bool TryDecompress(ReadOnlySpan<byte> source, Span<byte> destination, out int written)
    {
        int result = Native?.Decompress(source, destination) ?? ManagedBzip2.Decompress(source, destination);
        written = Math.Max(result, 0);
        return result >= 0;
    }

    /// <summary>Decompresses as far as a damaged or cut stream allows.</summary>
    /// <returns>Bytes written: the whole sound blocks before the damage.</returns>
    public static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination) => DecompressPrefix(source, destination, TryDecompress);

    /// <summary>
    /// Blocks are compressed each for itself and carry a CRC, but libraries check it only after they have written the block. So each block is
    /// made a stream of its own, as bzip2recover does.
    /// </summary>
    internal static int DecompressPrefix(ReadOnlySpan<byte> source, Span<byte> destination, Decompressor decompress)
    {
        if (source.Length < 4 || !source.StartsWith("BZh"u8) || source[3] is < (byte)'1' or > (byte)'9') return 0;
        int written = 0;
        byte[] stream = [];
        long start = 32;
        while (IsMagic(source, start, BlockMagic))
        {
            long end = FindMagic(source, start + 48);
            if (end < 0) break;
            int length = MakeStream(source, start, end, ref stream);
            if (!decompress(stream.AsSpan(0, length), destination[written..], out int produced)) break;
            written += produced;
            start = end;
        }

        return written;
    }

    private const ulong BlockMagic = 0x314159265359;
    private const ulong EndMagic = 0x177245385090;

    internal delegate bool Decompressor(ReadOnlySpan<byte> source, Span<byte> destination, out int written);

    private static int MakeStream(ReadOnlySpan<byte> source, long start, long end, ref byte[] stream)
    {
        // Header, the block's bits, end mark and the stream's CRC, which for a single block is the block's own.
        int needed = (int)((end - start + 7) / 8) + 4 + 11;
        if (stream.Length < needed) stream = new byte[needed];
        stream.AsSpan(0, needed).Clear();
        source[..4].CopyTo(stream);
        int at = 32;
        for (long bit = start; bit < end;)
        {
            int count = (int)Math.Min(32, end - bit);
            Put(stream, ref at, Get(source, bit, count), count);
            bit += count;
        }

        Put(stream, ref at, EndMagic, 48);
        Put(stream, ref at, Get(source, start + 48, 32), 32);
        return (at + 7) / 8;
    }

    private static bool IsMagic(ReadOnlySpan<byte> source, long bit, ulong magic) => bit + 48 <= source.Length * 8L && Get(source, bit, 48) == magic;

    /// <summary>Bit position of the next block or end mark; -1 when there is none.</summary>
    private static long FindMagic(ReadOnlySpan<byte> source, long from)
    {
        ulong recent = 0;
        long seen = 0;
        for (int at = (int)(from / 8); at < source.Length; at++)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                recent = ((recent << 1) | (uint)((source[at] >> bit) & 1)) & 0xFFFFFFFFFFFF;
                seen++;
                if (recent is not (BlockMagic or EndMagic) || seen < 48) continue;
                long position = (at * 8L) + (7 - bit) - 47;
                if (position >= from) return position;
            }
        }

        return -1;
    }

    private static ulong Get(ReadOnlySpan<byte> source, long bit, int count)
    {
        ulong value = 0;
        for (int i = 0; i < count;)
        {
            int inByte = (int)((bit + i) & 7);
            int take = Math.Min(8 - inByte, count - i);
            uint part = ((uint)source[(int)((bit + i) >> 3)] >> (8 - inByte - take)) & ((1u << take) - 1);
            value = (value << take) | part;
            i += take;
        }

        return value;
    }

    private static void Put(Span<byte> target, ref int at, ulong value, int count)
    {
        while (count > 0)
        {
            int inByte = at & 7;
            int take = Math.Min(8 - inByte, count);
            uint part = (uint)(value >> (count - take)) & ((1u << take) - 1);
            target[at >> 3] |= (byte)(part << (8 - inByte - take));
            at += take;
            count -= take;
        }
    }
}
