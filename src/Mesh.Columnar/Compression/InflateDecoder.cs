using System.Buffers.Binary;

namespace Mesh.Columnar.Compression;

/// <summary>
/// Decodes zlib streams (RFC 1950, RFC 1951) without a native library, and knows exactly how far it came when the data turns out to be cut or
/// damaged, which libraries for whole buffers do not say and the framework's stream does not notice.
/// </summary>
internal ref struct InflateDecoder
{
    private const int MaxBits = 15;
    private const int EndOfBlock = 256;

    // RFC 1951, 3.2.5.
    private static readonly short[] LengthBases = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
    private static readonly byte[] LengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    private static readonly short[] DistanceBases =
        [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
    private static readonly byte[] DistanceBits = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
    private static readonly byte[] CodeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    private static readonly Code FixedLengths = MakeFixedLengths();
    private static readonly Code FixedDistances = MakeFixedDistances();

    private readonly ReadOnlySpan<byte> source;
    private readonly Span<byte> destination;
    private int at;
    private int written;
    private ulong bits;
    private int bitCount;

    private InflateDecoder(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        this.source = source;
        this.destination = destination;
    }

    /// <summary>Decodes a zlib stream until its end, its damage or the end of <paramref name="destination"/>.</summary>
    /// <param name="source">The stream; what follows it is not looked at.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="isSound">Whether the stream is complete, fitted and has the right checksum.</param>
    /// <returns>Bytes written.</returns>
    public static int DecodeZlib(ReadOnlySpan<byte> source, Span<byte> destination, out bool isSound)
    {
        // CMF: method 8 is deflate. FLG: bit 5 asks for a dictionary, which nobody has.
        isSound = false;
        if (source.Length < 2 || (source[0] & 0x0F) != 8 || (source[1] & 0x20) != 0) return 0;
        bool isHeaderSound = ((source[0] << 8) | source[1]) % 31 == 0 && source[0] >> 4 <= 7;
        var decoder = new InflateDecoder(source[2..], destination);
        bool isLast;
        do
        {
            if (!decoder.TryBlock(out isLast)) return decoder.written;
        }
        while (!isLast);

        decoder.at -= decoder.bitCount / 8;
        var rest = decoder.source[decoder.at..];
        isSound = isHeaderSound && rest.Length >= 4 && BinaryPrimitives.ReadUInt32BigEndian(rest) == Adler32(destination[..decoder.written]);
        return decoder.written;
    }

    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        // RFC 1950, 9: sums modulo 65521; 5552 is the most that fits 32 bits before the modulo.
        uint low = 1, high = 0;
        while (!bytes.IsEmpty)
        {
            int count = Math.Min(5552, bytes.Length);
            foreach (byte value in bytes[..count])
            {
                low += value;
                high += low;
            }

            low %= 65521;
            high %= 65521;
            bytes = bytes[count..];
        }

        return (high << 16) | low;
    }

    private bool TryBlock(out bool isLast)
    {
        isLast = false;
        if (!TryRead(3, out int header)) return false;
        isLast = (header & 1) != 0;
        switch (header >> 1)
        {
            case 0:
                return TryStored();
            case 1:
                return TryCodes(FixedLengths, FixedDistances);
            case 2:
                return TryTables(out var lengths, out var distances) && TryCodes(lengths!, distances!);
            default:
                return false;
        }
    }

    private bool TryStored()
    {
        // The rest of the byte is void; whole bytes in the bit buffer are not.
        at -= bitCount / 8;
        bits = 0;
        bitCount = 0;
        if (source.Length - at < 4) return false;
        int length = source[at] | (source[at + 1] << 8), check = source[at + 2] | (source[at + 3] << 8);
        at += 4;
        if (length != (~check & 0xFFFF)) return false;
        int count = Math.Min(length, Math.Min(source.Length - at, destination.Length - written));
        source.Slice(at, count).CopyTo(destination[written..]);
        at += count;
        written += count;
        return count == length;
    }

    private bool TryTables(out Code? lengths, out Code? distances)
    {
        lengths = distances = null;
        if (!TryRead(5, out int lengthCount) || !TryRead(5, out int distanceCount) || !TryRead(4, out int orderCount)) return false;
        lengthCount += 257;
        distanceCount++;
        orderCount += 4;
        if (lengthCount > 286 || distanceCount > 30) return false;

        Span<byte> sizes = stackalloc byte[286 + 30];
        sizes.Clear();
        for (int i = 0; i < orderCount; i++)
        {
            if (!TryRead(3, out int size)) return false;
            sizes[CodeLengthOrder[i]] = (byte)size;
        }

        if (!Code.TryMake(sizes[..19], out var sizeCode)) return false;
        sizes.Clear();
        int total = lengthCount + distanceCount;
        for (int i = 0; i < total;)
        {
            int symbol = Decode(sizeCode!);
            if (symbol < 0) return false;
            if (symbol < 16)
            {
                sizes[i++] = (byte)symbol;
                continue;
            }

            byte repeated = 0;
            if (symbol == 16)
            {
                if (i == 0) return false;
                repeated = sizes[i - 1];
            }

            if (!TryRead(symbol == 16 ? 2 : symbol == 17 ? 3 : 7, out int count)) return false;
            count += symbol == 18 ? 11 : 3;
            if (count > total - i) return false;
            sizes.Slice(i, count).Fill(repeated);
            i += count;
        }

        return sizes[EndOfBlock] != 0 && Code.TryMake(sizes[..lengthCount], out lengths) && Code.TryMake(sizes[lengthCount..total], out distances);
    }

    private bool TryCodes(Code lengths, Code distances)
    {
        while (true)
        {
            int symbol = Decode(lengths);
            if (symbol == EndOfBlock) return true;
            if (symbol < 0 || written == destination.Length) return false;
            if (symbol < EndOfBlock)
            {
                destination[written++] = (byte)symbol;
                continue;
            }

            symbol -= EndOfBlock + 1;
            if (symbol >= LengthBases.Length || !TryRead(LengthBits[symbol], out int extra)) return false;
            int length = LengthBases[symbol] + extra;
            symbol = Decode(distances);
            if (symbol < 0 || symbol >= DistanceBases.Length || !TryRead(DistanceBits[symbol], out extra)) return false;
            int distance = DistanceBases[symbol] + extra;
            if (distance > written) return false;
            int count = Math.Min(length, destination.Length - written);
            Overlap.Copy(destination, written, distance, count);
            written += count;
            if (count < length) return false;
        }
    }

    private void Refill()
    {
        while (bitCount <= 56 && at < source.Length)
        {
            bits |= (ulong)source[at++] << bitCount;
            bitCount += 8;
        }
    }

    private bool TryRead(int count, out int value)
    {
        if (bitCount < count) Refill();
        value = (int)(bits & ((1u << count) - 1));
        if (bitCount < count) return false;
        bits >>= count;
        bitCount -= count;
        return true;
    }

    /// <summary>The next symbol, or -1 at the end or where no code begins like this.</summary>
    private int Decode(Code code)
    {
        if (bitCount < MaxBits) Refill();
        int entry = code.Short[(int)bits & (Code.ShortCodes - 1)];
        int size = entry & 15;
        if (size == 0) return DecodeLong(code);
        if (size > bitCount) return -1;
        bits >>= size;
        bitCount -= size;
        return entry >> 4;
    }

    private int DecodeLong(Code code)
    {
        // Canonical: codes of one length are consecutive, so counting down finds the length and the place within it.
        int value = 0, first = 0, index = 0;
        for (int length = 1; length <= MaxBits; length++)
        {
            if (!TryRead(1, out int bit)) return -1;
            value |= bit;
            int count = code.Counts[length];
            if (value - count < first) return code.Symbols[index + (value - first)];
            index += count;
            first = (first + count) << 1;
            value <<= 1;
        }

        return -1;
    }

    private static Code MakeFixedLengths()
    {
        var sizes = new byte[288];
        sizes.AsSpan(0, 144).Fill(8);
        sizes.AsSpan(144, 112).Fill(9);
        sizes.AsSpan(256, 24).Fill(7);
        sizes.AsSpan(280).Fill(8);
        Code.TryMake(sizes, out var code);
        return code!;
    }

    private static Code MakeFixedDistances()
    {
        var sizes = new byte[30];
        sizes.AsSpan().Fill(5);
        Code.TryMake(sizes, out var code);
        return code!;
    }

    /// <summary>A canonical Huffman code: how many symbols have each length, and the symbols in code order.</summary>
    private sealed class Code
    {
        public const int ShortBits = 9;
        public const int ShortCodes = 1 << ShortBits;

        /// <summary>Symbol (times 16) and length of the code that the next bits begin with; 0 when it is longer than <see cref="ShortBits"/>.</summary>
        public ushort[] Short { get; } = new ushort[ShortCodes];

        public short[] Counts { get; } = new short[MaxBits + 1];

        public short[] Symbols { get; private init; } = [];

        /// <summary>Makes a code from the length of each symbol; false when the lengths promise more codes than there can be.</summary>
        public static bool TryMake(ReadOnlySpan<byte> sizes, out Code? code)
        {
            code = new Code { Symbols = new short[sizes.Length] };
            foreach (byte size in sizes) code.Counts[size]++;
            code.Counts[0] = 0;
            int left = 1;
            for (int length = 1; length <= MaxBits; length++)
            {
                left = (left << 1) - code.Counts[length];
                if (left < 0) return false;
            }

            Span<short> offsets = stackalloc short[MaxBits + 2];
            Span<int> next = stackalloc int[MaxBits + 2];
            offsets[1] = 0;
            next[1] = 0;
            for (int length = 1; length <= MaxBits; length++)
            {
                offsets[length + 1] = (short)(offsets[length] + code.Counts[length]);
                next[length + 1] = (next[length] + code.Counts[length]) << 1;
            }

            for (int symbol = 0; symbol < sizes.Length; symbol++)
            {
                int size = sizes[symbol];
                if (size == 0) continue;
                code.Symbols[offsets[size]++] = (short)symbol;
                int value = next[size]++;
                if (size > ShortBits) continue;

                // Codes come most significant bit first in a stream that is read least significant bit first.
                int reversed = 0;
                for (int bit = 0; bit < size; bit++) reversed |= ((value >> bit) & 1) << (size - 1 - bit);
                for (int i = reversed; i < ShortCodes; i += 1 << size) code.Short[i] = (ushort)((symbol << 4) | size);
            }

            return true;
        }
    }
}
