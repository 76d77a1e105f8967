using System.Buffers.Binary;
using System.Numerics;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads the RLE / bit-packing hybrid of levels and dictionary indices (Encodings.md, "RLE = 3") value by value: what a run claims takes
/// no memory until somebody asks for it.
/// </summary>
internal sealed class RleDecoder
{
    private byte[] bytes = [];
    private int at;
    private int end;
    private int bitWidth;
    private uint repeated;
    private uint repeatedLeft;
    private long packedBit;
    private long packedLeft;

    /// <param name="source">Holds the runs.</param>
    /// <param name="from">Where they begin.</param>
    /// <param name="to">Where they end.</param>
    /// <param name="width">Bits of a value, at most 32.</param>
    public void Reset(byte[] source, int from, int to, int width)
    {
        if (width > 32) throw new ParquetDataException($"values of {width} bits are run-length encoded");
        bytes = source;
        at = from;
        end = to;
        bitWidth = width;
        repeatedLeft = 0;
        packedLeft = 0;
    }

    /// <summary>Fills the span or fails.</summary>
    public void Read<T>(Span<T> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        while (!target.IsEmpty)
        {
            if (repeatedLeft == 0 && packedLeft == 0) NextRun();
            if (repeatedLeft > 0)
            {
                int count = (int)Math.Min((uint)target.Length, repeatedLeft);
                target[..count].Fill(T.CreateTruncating(repeated));
                repeatedLeft -= (uint)count;
                target = target[count..];
            }
            else
            {
                int count = (int)Math.Min(target.Length, packedLeft);
                Unpack(target[..count]);
                packedLeft -= count;
                target = target[count..];
            }
        }
    }

    private void Unpack<T>(Span<T> target)
        where T : unmanaged, IBinaryInteger<T>
    {
        ulong mask = (1UL << bitWidth) - 1;
        for (int i = 0; i < target.Length; i++, packedBit += bitWidth)
        {
            int place = (int)(packedBit >> 3);
            ulong word;
            if (place + sizeof(ulong) <= bytes.Length)
            {
                word = BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(place));
            }
            else
            {
                word = 0;
                for (int j = 0; place + j < end && j < sizeof(ulong); j++) word |= (ulong)bytes[place + j] << (8 * j);
            }

            target[i] = T.CreateTruncating((word >> (int)(packedBit & 7)) & mask);
        }
    }

    private void NextRun()
    {
        uint header = ReadVarint();
        uint count = header >> 1;
        int valueBytes = (bitWidth + 7) / 8;
        if ((header & 1) == 0)
        {
            if (end - at < valueBytes || count == 0) throw Broken();
            repeated = 0;
            for (int i = 0; i < valueBytes; i++) repeated |= (uint)bytes[at++] << (8 * i);
            repeatedLeft = count;
            return;
        }

        // Some writers leave out the padding of the last group.
        long groupBytes = (long)count * bitWidth;
        long available = Math.Min(groupBytes, end - at);
        packedLeft = bitWidth == 0 ? count * 8L : Math.Min(count * 8L, available * 8 / bitWidth);
        if (packedLeft == 0) throw Broken();
        packedBit = (long)at * 8;
        at += (int)available;
    }

    private uint ReadVarint()
    {
        uint value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (at >= end) throw Broken();
            byte next = bytes[at++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Broken();
    }

    private static ParquetDataException Broken() => new("levels or indices end before the last value of the page");
}
