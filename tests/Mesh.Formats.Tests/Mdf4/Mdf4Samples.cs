using System.Buffers.Binary;
using System.Text;
using Mesh.Columnar.Compression;

namespace Mesh.Formats.Tests.Mdf4;

/// <summary>Builds MDF 4 files block by block from the specification, for what no writer at hand produces. Independent of the writer in the product.</summary>
internal sealed class Mdf4Samples
{
    private readonly MemoryStream file = new();

    public Mdf4Samples(string version = "4.10", ushort unfinished = 0)
    {
        byte[] id = new byte[64];
        Encoding.ASCII.GetBytes(unfinished == 0 ? "MDF     " : "UnFinMF ").CopyTo(id, 0);
        Encoding.ASCII.GetBytes(version.PadRight(8)).CopyTo(id, 8);
        Encoding.ASCII.GetBytes("samples ").CopyTo(id, 16);
        BinaryPrimitives.WriteUInt16LittleEndian(id.AsSpan(28), ushort.Parse(version.Replace(".", "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture));
        BinaryPrimitives.WriteUInt16LittleEndian(id.AsSpan(60), unfinished);
        file.Write(id);
        long history = 64 + 24 + 48 + 32;
        Block("HD", [0, history, 0, 0, 0, 0], [.. U64(1_700_000_000_000_000_000), .. new byte[24]]);
        Block("FH", [0, 0], new byte[16]);
    }

    /// <summary>Where the next block will begin.</summary>
    public long Position => (file.Length + 7) & ~7L;

    public byte[] Bytes => file.ToArray();

    public static byte[] U64(long value) => BitConverter.GetBytes(value);

    public static byte[] U32(long value) => BitConverter.GetBytes((uint)value);

    public static byte[] U16(int value) => BitConverter.GetBytes((ushort)value);

    /// <summary>Appends a block; its position.</summary>
    public long Block(string id, long[] links, byte[] data)
    {
        while (file.Length % 8 != 0) file.WriteByte(0);
        long at = file.Position = file.Length;
        file.Write(Encoding.ASCII.GetBytes("##" + id));
        file.Write(new byte[4]);
        file.Write(U64(24 + (8 * links.Length) + data.Length));
        file.Write(U64(links.Length));
        foreach (long link in links) file.Write(U64(link));
        file.Write(data);
        return at;
    }

    public long Text(string text) => Block("TX", [], [.. Encoding.UTF8.GetBytes(text), 0]);

    public long Zipped(string original, byte[] data, byte zip = 0, int columns = 0)
    {
        byte[] plain = zip % 2 == 0 ? data : Transpose(data, columns);
        byte[] packed = new byte[Math.Max(Zstd.MaxCompressedLength(plain.Length), Math.Max(Lz4.MaxFrameLength(plain.Length), Deflate.MaxCompressedLength(plain.Length)))];
        int length = zip switch { 0 or 1 => Deflate.Compress(plain, packed), 2 or 3 => Zstd.Compress(plain, packed), _ => Lz4.CompressFrame(plain, packed) };
        return Block("DZ", [], [.. Encoding.ASCII.GetBytes(original), zip, 0, .. U32(columns), .. U64(data.Length), .. U64(length), .. packed.AsSpan(0, length)]);
    }

    public static byte[] Transpose(byte[] data, int columns)
    {
        int rows = data.Length / columns;
        byte[] result = [.. data];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++) result[(column * rows) + row] = data[(row * columns) + column];
        }

        return result;
    }

    /// <summary>A list of blocks, all of one length but the last; offsets where they differ.</summary>
    public long List(long[] blocks, long equalBytes, long[]? offsets = null, long next = 0) =>
        Block("DL", [next, .. blocks], offsets is null ? [1, 0, 0, 0, .. U32(blocks.Length), .. U64(equalBytes)] : [0, 0, 0, 0, .. U32(blocks.Length), .. offsets.SelectMany(U64)]);

    public long Channel(string name, int type, int sync, int dataType, int at, int bits, long next = 0, long data = 0, long composition = 0, uint flags = 0, int invalidationBit = 0) =>
        Block("CN", [next, composition, Text(name), 0, 0, data, 0, 0], [
            (byte)type, (byte)sync, (byte)dataType, 0, .. U32(at), .. U32(bits), .. U32(flags), .. U32(invalidationBit), .. new byte[4], .. new byte[48]]);

    public long Group(long channels, int dataBytes, long cycles, long next = 0, long id = 0, int flags = 0, int invalidationBytes = 0, string name = "") =>
        Block("CG", [next, channels, name.Length > 0 ? Text(name) : 0, 0, 0, 0], [.. U64(id), .. U64(cycles), .. U16(flags), .. new byte[6], .. U32(dataBytes), .. U32(invalidationBytes)]);

    /// <summary>A data group; the first one becomes the header's.</summary>
    public long DataGroup(long groups, long data, int idBytes = 0, long next = 0) => Block("DG", [next, groups, data, 0], [(byte)idBytes, .. new byte[7]]);

    /// <summary>The file, with the chain of data groups begun at one.</summary>
    public byte[] Finish(long firstDataGroup)
    {
        byte[] bytes = file.ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(64 + 24), firstDataGroup);
        return bytes;
    }

    /// <summary>Records of a float64 time in steps of 10 ms and a 32-bit count.</summary>
    public static byte[] Records(int count, int first = 0)
    {
        byte[] data = new byte[count * 12];
        for (int i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(data.AsSpan(i * 12), (first + i) * 0.01);
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan((i * 12) + 8), first + i);
        }

        return data;
    }

    /// <summary>A group of such records over a data link.</summary>
    public long CountGroup(long cycles, string name = "counts", long next = 0, long id = 0, int invalidationBytes = 0)
    {
        long count = Channel("count", 0, 0, 0, 8, 32);
        return Group(Channel("t", 2, 1, 4, 0, 64, count), 12, cycles, next, id, name: name, invalidationBytes: invalidationBytes);
    }
}
