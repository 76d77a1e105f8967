using System.Numerics;

namespace Mesh.Columnar.Compression;

/// <summary>A finite-state-entropy decoding table (RFC 8878, 4.1).</summary>
internal sealed class FseTable(int maxAccuracyLog, int maxSymbol)
{
    private readonly byte[] symbols = new byte[1 << maxAccuracyLog];
    private readonly byte[] bits = new byte[1 << maxAccuracyLog];
    private readonly ushort[] bases = new ushort[1 << maxAccuracyLog];
    private readonly short[] frequencies = new short[maxSymbol + 1];
    private readonly int[] next = new int[maxSymbol + 1];

    /// <summary>Bits of the initial state.</summary>
    public int AccuracyLog { get; private set; }

    public byte SymbolOf(uint state) => symbols[state];

    public int BitsOf(uint state) => bits[state];

    public uint BaseOf(uint state) => bases[state];

    /// <summary>A table that always gives one symbol.</summary>
    public bool TrySetRle(byte symbol)
    {
        if (symbol > maxSymbol) return false;
        AccuracyLog = 0;
        symbols[0] = symbol;
        bits[0] = 0;
        bases[0] = 0;
        return true;
    }

    /// <summary>A table of known frequencies; -1 stands for "less than one".</summary>
    public bool TrySet(ReadOnlySpan<short> distribution, int accuracyLog)
    {
        frequencies.AsSpan().Clear();
        distribution.CopyTo(frequencies);
        AccuracyLog = accuracyLog;
        return TryBuild();
    }

    /// <summary>Reads a table description (RFC 8878, 4.1.1).</summary>
    public bool TryRead(ReadOnlySpan<byte> source, out int consumed)
    {
        consumed = 0;
        if (source.IsEmpty) return false;
        int position = 0;
        int accuracyLog = (int)ReadBits(source, ref position, 4) + 5;
        if (accuracyLog > maxAccuracyLog) return false;

        frequencies.AsSpan().Clear();
        int remaining = 1 << accuracyLog;
        int symbol = 0;
        while (remaining > 0)
        {
            if (symbol > maxSymbol) return false;
            int width = BitOperations.Log2((uint)remaining + 1) + 1;
            int value = (int)ReadBits(source, ref position, width);
            int lowerMask = (1 << (width - 1)) - 1;
            int threshold = (1 << width) - 1 - (remaining + 1);
            if ((value & lowerMask) < threshold)
            {
                position--;
                value &= lowerMask;
            }
            else if (value > lowerMask)
            {
                value -= threshold;
            }

            int frequency = value - 1;
            remaining -= Math.Abs(frequency);
            frequencies[symbol++] = (short)frequency;
            if (frequency != 0) continue;

            uint repeat;
            do
            {
                repeat = ReadBits(source, ref position, 2);
                symbol += (int)repeat;
            }
            while (repeat == 3 && symbol <= maxSymbol);
        }

        consumed = (position + 7) >> 3;
        if (remaining != 0 || consumed > source.Length) return false;
        AccuracyLog = accuracyLog;
        return TryBuild();
    }

    private bool TryBuild()
    {
        int size = 1 << AccuracyLog;
        int high = size;
        for (int symbol = 0; symbol <= maxSymbol; symbol++)
        {
            next[symbol] = Math.Abs((int)frequencies[symbol]);
            if (frequencies[symbol] != -1) continue;
            if (high == 0) return false;
            symbols[--high] = (byte)symbol;
        }

        int step = (size >> 1) + (size >> 3) + 3;
        int place = 0;
        for (int symbol = 0; symbol <= maxSymbol; symbol++)
        {
            for (int i = 0; i < frequencies[symbol]; i++)
            {
                symbols[place] = (byte)symbol;
                do place = (place + step) & (size - 1);
                while (place >= high);
            }
        }

        if (place != 0) return false;
        for (int state = 0; state < size; state++)
        {
            int value = next[symbols[state]]++;
            int width = AccuracyLog - BitOperations.Log2((uint)value);
            if (value == 0 || width < 0) return false;
            bits[state] = (byte)width;
            bases[state] = (ushort)((value << width) - size);
        }

        return true;
    }

    /// <summary>Forward bits, least significant first; bits beyond the end are zeros and the caller checks how many were consumed.</summary>
    private static uint ReadBits(ReadOnlySpan<byte> source, ref int position, int count)
    {
        uint value = 0;
        for (int i = 0; i < count; i++, position++)
        {
            int at = position >> 3;
            if (at < source.Length && (source[at] & (1 << (position & 7))) != 0) value |= 1u << i;
        }

        return value;
    }
}
