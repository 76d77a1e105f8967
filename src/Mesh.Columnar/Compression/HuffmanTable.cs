using System.Numerics;

namespace Mesh.Columnar.Compression;

/// <summary>The Huffman code of Zstandard literals (RFC 8878, 4.2).</summary>
internal sealed class HuffmanTable
{
    private const int MaxBits = 11;

    private readonly FseTable weightTable = new(maxAccuracyLog: 6, maxSymbol: 15);
    private readonly byte[] weights = new byte[256];
    private readonly ushort[] entries = new ushort[1 << MaxBits];
    private int tableBits;

    /// <summary>Whether a later block may reuse the table.</summary>
    public bool IsSet { get; private set; }

    public void Reset() => IsSet = false;

    /// <summary>Reads the tree description (RFC 8878, 4.2.1).</summary>
    public bool TryRead(ReadOnlySpan<byte> source, out int consumed)
    {
        consumed = 0;
        IsSet = false;
        if (source.IsEmpty) return false;
        int header = source[0];
        int count;
        if (header >= 128)
        {
            count = header - 127;
            consumed = 1 + ((count + 1) / 2);
            if (source.Length < consumed) return false;
            for (int i = 0; i < count; i++) weights[i] = (byte)((i & 1) == 0 ? source[1 + (i / 2)] >> 4 : source[1 + (i / 2)] & 15);
        }
        else
        {
            consumed = 1 + header;
            if (source.Length < consumed || !TryReadWeights(source[1..consumed], out count)) return false;
        }

        return IsSet = TryBuild(count);
    }

    /// <summary>Decodes one stream that must give exactly <paramref name="destination"/>'s length.</summary>
    public bool TryDecode(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!ReverseBitReader.TryCreate(source, out var reader)) return false;
        int width = tableBits;
        var table = entries.AsSpan(0, 1 << width);
        for (int i = 0; i < destination.Length; i++)
        {
            ushort entry = table[(int)reader.Peek(width)];
            destination[i] = (byte)entry;
            reader.Skip(entry >> 8);
        }

        return reader.BitsLeft == 0;
    }

    private bool TryReadWeights(ReadOnlySpan<byte> source, out int count)
    {
        count = 0;
        if (!weightTable.TryRead(source, out int consumed)) return false;
        if (!ReverseBitReader.TryCreate(source[consumed..], out var reader)) return false;
        uint first = reader.Read(weightTable.AccuracyLog);
        uint second = reader.Read(weightTable.AccuracyLog);
        if (reader.BitsLeft < 0) return false;

        // Two interleaved states; the stream ends when one of them would need bits that are not there.
        while (true)
        {
            if (count + 2 > 255) return false;
            weights[count++] = weightTable.SymbolOf(first);
            first = weightTable.BaseOf(first) + reader.Read(weightTable.BitsOf(first));
            if (reader.BitsLeft < 0)
            {
                weights[count++] = weightTable.SymbolOf(second);
                return true;
            }

            if (count + 2 > 255) return false;
            weights[count++] = weightTable.SymbolOf(second);
            second = weightTable.BaseOf(second) + reader.Read(weightTable.BitsOf(second));
            if (reader.BitsLeft < 0)
            {
                weights[count++] = weightTable.SymbolOf(first);
                return true;
            }
        }
    }

    private bool TryBuild(int count)
    {
        int sum = 0;
        for (int i = 0; i < count; i++)
        {
            if (weights[i] > MaxBits) return false;
            sum += (1 << weights[i]) >> 1;
        }

        if (sum == 0) return false;
        tableBits = BitOperations.Log2((uint)sum) + 1;
        int left = (1 << tableBits) - sum;
        if (tableBits > MaxBits || !BitOperations.IsPow2(left)) return false;
        weights[count++] = (byte)(BitOperations.Log2((uint)left) + 1);

        Span<int> starts = stackalloc int[MaxBits + 2];
        starts.Clear();
        for (int i = 0; i < count; i++) starts[weights[i]] += (1 << weights[i]) >> 1;
        for (int weight = 1, at = 0; weight <= tableBits; weight++)
        {
            int width = starts[weight];
            starts[weight] = at;
            at += width;
        }

        for (int symbol = 0; symbol < count; symbol++)
        {
            int weight = weights[symbol];
            if (weight == 0) continue;
            int span = 1 << (weight - 1);
            entries.AsSpan(starts[weight], span).Fill((ushort)(symbol | ((tableBits + 1 - weight) << 8)));
            starts[weight] += span;
        }

        return true;
    }
}
