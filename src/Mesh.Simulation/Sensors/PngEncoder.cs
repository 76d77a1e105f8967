using System.Buffers.Binary;

namespace Mesh.Simulation.Sensors;

/// <summary>
/// Writes palette images as PNG (W3C PNG, third edition). The deflate stream (RFC 1951) uses fixed Huffman codes and runs of one byte only:
/// drawn pictures consist of runs once each row is subtracted from the one above, and the bytes do not depend on a zlib version or CPU.
/// </summary>
internal sealed class PngEncoder
{
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(CrcOf)];

    private readonly int width;
    private readonly int height;
    private readonly byte[] filtered;
    private readonly byte[] head;
    private byte[] output = new byte[4096];
    private int used;
    private ulong bits;
    private int bitCount;

    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="palette">Red, green and blue of up to 256 colours.</param>
    public PngEncoder(int width, int height, ReadOnlySpan<byte> palette)
    {
        this.width = width;
        this.height = height;
        filtered = new byte[height * (width + 1)];
        Append([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        int start = BeginChunk("IHDR"u8);
        AppendBigEndian((uint)width);
        AppendBigEndian((uint)height);
        Append([8, 3, 0, 0, 0]);
        EndChunk(start);
        start = BeginChunk("PLTE"u8);
        Append(palette);
        EndChunk(start);
        head = output.AsSpan(0, used).ToArray();
    }

    /// <summary>Encodes a picture; the result is valid until the next call.</summary>
    public ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> pixels)
    {
        used = 0;
        Append(head);
        int start = BeginChunk("IDAT"u8);
        Filter(pixels);
        Append([0x78, 0x01]);
        Deflate(filtered);
        AppendBigEndian(Adler32(filtered));
        EndChunk(start);
        EndChunk(BeginChunk("IEND"u8));
        return output.AsMemory(0, used);
    }

    private void Filter(ReadOnlySpan<byte> pixels)
    {
        for (int row = 0; row < height; row++)
        {
            var line = filtered.AsSpan(row * (width + 1), width + 1);
            var current = pixels.Slice(row * width, width);
            line[0] = 2;
            if (row == 0)
            {
                current.CopyTo(line[1..]);
                continue;
            }

            var above = pixels.Slice((row - 1) * width, width);
            for (int x = 0; x < width; x++) line[x + 1] = (byte)(current[x] - above[x]);
        }
    }

    private void Deflate(ReadOnlySpan<byte> data)
    {
        PutBits(0b011, 3);
        for (int i = 0; i < data.Length;)
        {
            byte value = data[i];
            PutLiteral(value);
            i++;
            int run = data[i..].IndexOfAnyExcept(value);
            if (run < 0) run = data.Length - i;
            while (run >= 3)
            {
                int length = Math.Min(run, 258);
                PutRun(length);
                i += length;
                run -= length;
            }
        }

        PutCode(0, 7);
        PutBits(0, (8 - bitCount) & 7);
        Flush();
    }

    private void PutLiteral(int value)
    {
        if (value < 144) PutCode(0x30 + value, 8);
        else PutCode(0x190 + value - 144, 9);
    }

    /// <summary>Repeats the last byte: a length code, then distance code 0, which is a distance of 1 (RFC 1951, 3.2.5).</summary>
    private void PutRun(int length)
    {
        int symbol, extra = 0, extraBits = 0;
        if (length == 258) symbol = 285;
        else if (length <= 10) symbol = 254 + length;
        else
        {
            int offset = length - 3;
            extraBits = 29 - System.Numerics.BitOperations.LeadingZeroCount((uint)offset);
            symbol = 257 + 4 * extraBits + (offset >> extraBits);
            extra = offset & ((1 << extraBits) - 1);
        }

        if (symbol < 280) PutCode(symbol - 256, 7);
        else PutCode(0xC0 + symbol - 280, 8);
        PutBits((uint)extra, extraBits);
        PutCode(0, 5);
    }

    // Huffman codes go most significant bit first, everything else least significant first (RFC 1951, 3.1.1).
    private void PutCode(int code, int count)
    {
        uint reversed = 0;
        for (int i = 0; i < count; i++) reversed |= (uint)((code >> i) & 1) << (count - 1 - i);
        PutBits(reversed, count);
    }

    private void PutBits(uint value, int count)
    {
        bits |= (ulong)value << bitCount;
        bitCount += count;
        if (bitCount >= 32) Flush();
    }

    private void Flush()
    {
        Span<byte> whole = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(whole, bits);
        int bytes = bitCount / 8;
        Append(whole[..bytes]);
        bits = bytes == 8 ? 0 : bits >> (bytes * 8);
        bitCount -= bytes * 8;
    }

    private int BeginChunk(ReadOnlySpan<byte> type)
    {
        AppendBigEndian(0);
        Append(type);
        return used;
    }

    private void EndChunk(int start)
    {
        BinaryPrimitives.WriteUInt32BigEndian(output.AsSpan(start - 8), (uint)(used - start));
        uint crc = uint.MaxValue;
        foreach (byte value in output.AsSpan(start - 4, used - start + 4)) crc = CrcTable[(byte)(crc ^ value)] ^ (crc >> 8);
        AppendBigEndian(~crc);
    }

    private void AppendBigEndian(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        Append(bytes);
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (output.Length - used < bytes.Length) Array.Resize(ref output, Math.Max(output.Length * 2, used + bytes.Length));
        bytes.CopyTo(output.AsSpan(used));
        used += bytes.Length;
    }

    private static uint Adler32(ReadOnlySpan<byte> data)
    {
        uint a = 1, b = 0;
        // 5552 is how many bytes the sums can take before they overflow 32 bits.
        while (!data.IsEmpty)
        {
            var block = data[..Math.Min(data.Length, 5552)];
            foreach (byte value in block)
            {
                a += value;
                b += a;
            }

            a %= 65521;
            b %= 65521;
            data = data[block.Length..];
        }

        return (b << 16) | a;
    }

    private static uint CrcOf(int value)
    {
        uint crc = (uint)value;
        for (int bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? 0xEDB88320 ^ (crc >> 1) : crc >> 1;
        return crc;
    }
}
