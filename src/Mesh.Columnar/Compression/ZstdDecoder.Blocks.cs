namespace Mesh.Columnar.Compression;

/// <content>Compressed blocks: literals and sequences (RFC 8878, 3.1.1.3).</content>
internal sealed partial class ZstdDecoder
{
    private static readonly short[] DefaultLiteralLengths =
        [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1];

    private static readonly short[] DefaultOffsets =
        [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1];

    private static readonly short[] DefaultMatchLengths =
    [
        1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
        -1, -1, -1, -1, -1, -1, -1,
    ];

    private static readonly int[] LiteralLengthBases =
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 20, 22, 24, 28, 32, 40, 48, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
        16384, 32768, 65536,
    ];

    private static readonly byte[] LiteralLengthBits =
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

    private static readonly int[] MatchLengthBases =
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 37, 39,
        41, 43, 47, 51, 59, 67, 83, 99, 131, 259, 515, 1027, 2051, 4099, 8195, 16387, 32771, 65539,
    ];

    private static readonly byte[] MatchLengthBits =
    [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9,
        10, 11, 12, 13, 14, 15, 16,
    ];

    private readonly HuffmanTable huffman = new();
    private readonly SequenceTable literalLengths = new(DefaultLiteralLengths, defaultAccuracyLog: 6, maxAccuracyLog: 9, maxSymbol: 35);
    private readonly SequenceTable offsets = new(DefaultOffsets, defaultAccuracyLog: 5, maxAccuracyLog: 8, maxSymbol: 31);
    private readonly SequenceTable matchLengths = new(DefaultMatchLengths, defaultAccuracyLog: 6, maxAccuracyLog: 9, maxSymbol: 52);
    private readonly byte[] literals = new byte[MaxBlockBytes];
    private uint repeat1;
    private uint repeat2;
    private uint repeat3;

    private void StartFrame()
    {
        huffman.Reset();
        literalLengths.Reset();
        offsets.Reset();
        matchLengths.Reset();
        (repeat1, repeat2, repeat3) = (1, 4, 8);
    }

    private bool TryCompressedBlock(ReadOnlySpan<byte> source, Span<byte> destination, ref int produced)
    {
        if (!TryLiterals(source, out int at, out int literalCount)) return false;
        source = source[at..];
        if (source.IsEmpty) return false;

        int count = source[0];
        at = 1;
        if (count >= 128)
        {
            if (source.Length < (count == 255 ? 3 : 2)) return false;
            at = count == 255 ? 3 : 2;
            count = count == 255 ? source[1] + (source[2] << 8) + 0x7F00 : ((count - 128) << 8) + source[1];
        }

        if (count == 0)
        {
            return at == source.Length && TryCopyLiterals(literals.AsSpan(0, literalCount), destination, ref produced);
        }

        if (at >= source.Length) return false;
        int modes = source[at++];
        if ((modes & 3) != 0) return false;
        return literalLengths.TryRead(modes >> 6, source, ref at)
            && offsets.TryRead((modes >> 4) & 3, source, ref at)
            && matchLengths.TryRead((modes >> 2) & 3, source, ref at)
            && TrySequences(source[at..], count, literals.AsSpan(0, literalCount), destination, ref produced);
    }

    private bool TryLiterals(ReadOnlySpan<byte> source, out int consumed, out int count)
    {
        consumed = 0;
        count = 0;
        if (source.IsEmpty) return false;
        int type = source[0] & 3;
        int format = (source[0] >> 2) & 3;
        int headerBytes = type < 2 ? format switch { 1 => 2, 3 => 3, _ => 1 } : format switch { 2 => 4, 3 => 5, _ => 3 };
        if (source.Length < headerBytes) return false;
        ulong header = 0;
        for (int i = 0; i < headerBytes; i++) header |= (ulong)source[i] << (8 * i);

        if (type < 2)
        {
            count = (int)(header >> (headerBytes == 1 ? 3 : 4));
            if (count > MaxBlockBytes) return false;
            consumed = headerBytes + (type == 0 ? count : 1);
            if (source.Length < consumed) return false;
            if (type == 0) source.Slice(headerBytes, count).CopyTo(literals);
            else literals.AsSpan(0, count).Fill(source[headerBytes]);
            return true;
        }

        int width = format switch { 2 => 14, 3 => 18, _ => 10 };
        count = (int)((header >> 4) & ((1UL << width) - 1));
        int size = (int)((header >> (4 + width)) & ((1UL << width) - 1));
        consumed = headerBytes + size;
        if (count > MaxBlockBytes || source.Length < consumed) return false;
        source = source.Slice(headerBytes, size);
        if (type == 2)
        {
            if (!huffman.TryRead(source, out int treeBytes)) return false;
            source = source[treeBytes..];
        }

        if (!huffman.IsSet) return false;
        return format == 0 ? huffman.TryDecode(source, literals.AsSpan(0, count)) : TryFourStreams(source, literals.AsSpan(0, count));
    }

    private bool TryFourStreams(ReadOnlySpan<byte> source, Span<byte> target)
    {
        if (source.Length < 6) return false;
        int share = (target.Length + 3) / 4;
        if (share * 3 > target.Length) return false;
        int at = 6;
        for (int i = 0; i < 3; i++)
        {
            int size = source[2 * i] | (source[(2 * i) + 1] << 8);
            if (size > source.Length - at || !huffman.TryDecode(source.Slice(at, size), target.Slice(i * share, share))) return false;
            at += size;
        }

        return huffman.TryDecode(source[at..], target[(3 * share)..]);
    }

    private bool TrySequences(ReadOnlySpan<byte> source, int count, ReadOnlySpan<byte> remaining, Span<byte> destination, ref int produced)
    {
        if (!ReverseBitReader.TryCreate(source, out var reader)) return false;
        FseTable lengths = literalLengths.Current, distances = offsets.Current, matches = matchLengths.Current;
        uint lengthState = reader.Read(lengths.AccuracyLog);
        uint distanceState = reader.Read(distances.AccuracyLog);
        uint matchState = reader.Read(matches.AccuracyLog);
        for (int i = 0; i < count; i++)
        {
            int lengthCode = lengths.SymbolOf(lengthState);
            int matchCode = matches.SymbolOf(matchState);
            int distanceCode = distances.SymbolOf(distanceState);
            uint distance = (1u << distanceCode) + reader.Read(distanceCode);
            int matchLength = MatchLengthBases[matchCode] + (int)reader.Read(MatchLengthBits[matchCode]);
            int literalLength = LiteralLengthBases[lengthCode] + (int)reader.Read(LiteralLengthBits[lengthCode]);
            if (i + 1 < count)
            {
                lengthState = lengths.BaseOf(lengthState) + reader.Read(lengths.BitsOf(lengthState));
                matchState = matches.BaseOf(matchState) + reader.Read(matches.BitsOf(matchState));
                distanceState = distances.BaseOf(distanceState) + reader.Read(distances.BitsOf(distanceState));
            }

            if (reader.BitsLeft < 0 || literalLength > remaining.Length) return false;
            distance = ResolveOffset(distance, literalLength);
            if (!TryCopyLiterals(remaining[..literalLength], destination, ref produced)) return false;
            remaining = remaining[literalLength..];
            if (distance == 0 || distance > produced || matchLength > destination.Length - produced) return false;
            Overlap.Copy(destination, produced, (int)distance, matchLength);
            produced += matchLength;
        }

        return reader.BitsLeft == 0 && TryCopyLiterals(remaining, destination, ref produced);
    }

    /// <summary>Repeated offsets (RFC 8878, 3.1.1.5); 0 stands for corrupt.</summary>
    private uint ResolveOffset(uint value, int literalLength)
    {
        uint offset;
        if (value > 3)
        {
            offset = value - 3;
        }
        else
        {
            uint which = literalLength == 0 ? value : value - 1;
            if (which == 0) return repeat1;
            offset = which switch { 1 => repeat2, 2 => repeat3, _ => repeat1 - 1 };
            if (which == 1)
            {
                (repeat1, repeat2) = (offset, repeat1);
                return offset;
            }
        }

        (repeat1, repeat2, repeat3) = (offset, repeat1, repeat2);
        return offset;
    }

    private static bool TryCopyLiterals(ReadOnlySpan<byte> from, Span<byte> destination, ref int produced)
    {
        if (from.Length > destination.Length - produced) return false;
        from.CopyTo(destination[produced..]);
        produced += from.Length;
        return true;
    }

    /// <summary>One of the three code tables, which a later block may repeat.</summary>
    private sealed class SequenceTable
    {
        private readonly FseTable predefined;
        private readonly FseTable read;
        private FseTable? current;

        public SequenceTable(short[] defaults, int defaultAccuracyLog, int maxAccuracyLog, int maxSymbol)
        {
            predefined = new FseTable(maxAccuracyLog, maxSymbol);
            predefined.TrySet(defaults, defaultAccuracyLog);
            read = new FseTable(maxAccuracyLog, maxSymbol);
        }

        public FseTable Current => current!;

        public void Reset() => current = null;

        public bool TryRead(int mode, ReadOnlySpan<byte> source, ref int at)
        {
            switch (mode)
            {
                case 0:
                    current = predefined;
                    return true;
                case 1:
                    current = read;
                    return at < source.Length && read.TrySetRle(source[at++]);
                case 2:
                    current = read;
                    if (!read.TryRead(source[at..], out int consumed)) return false;
                    at += consumed;
                    return true;
                default:
                    return current is not null;
            }
        }
    }
}
