using System.Buffers.Binary;
using System.Text;
using Mesh.Columnar.Compression;

namespace Mesh.Benchmarks.Files;

/// <summary>
/// Writes MDF 4.10 block by block, as loggers do and the product's writer does not: unsorted records, values of variable length in a channel group,
/// one data block of any size. Definitions follow the data that they link to; the header, first in the file, is written last.
/// </summary>
internal sealed class MdfRawFile : IDisposable
{
    private const int BlockHead = 24;
    private const int HeaderAt = 64;
    private const int HeaderBytes = BlockHead + (6 * 8) + 32;
    private const int ZippedBytes = 4 << 20;
    private const ulong StartNs = 1_790_000_000_000_000_000;

    private readonly FileStream file;
    private readonly MdfRawCompression compression;
    private readonly byte[] open;
    private readonly byte[] packed;
    private readonly byte[] columns;
    private readonly List<long> zipped = [];
    private readonly List<long> offsets = [];
    private int filled;
    private int rowBytes;
    private long dataAt;
    private long dataBytes;

    public MdfRawFile(string path, MdfRawCompression compression)
    {
        this.compression = compression;
        file = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.Read, 1 << 20);
        open = new byte[ZippedBytes];
        packed = new byte[Deflate.MaxCompressedLength(ZippedBytes)];
        columns = new byte[compression == MdfRawCompression.Transposed ? ZippedBytes : 0];
        file.SetLength(HeaderAt + HeaderBytes);
        file.Position = HeaderAt + HeaderBytes;
    }

    /// <summary>Starts the data of one group.</summary>
    /// <param name="bytesOfRow">Length of a record where all are equal, which transposition goes by; else 1.</param>
    public void BeginData(int bytesOfRow)
    {
        rowBytes = bytesOfRow;
        filled = 0;
        dataBytes = 0;
        zipped.Clear();
        offsets.Clear();
        if (compression != MdfRawCompression.None) return;
        dataAt = Block("DT", [], []);
    }

    public void Append(ReadOnlySpan<byte> record)
    {
        if (open.Length - filled < record.Length) Flush();
        record.CopyTo(open.AsSpan(filled));
        filled += record.Length;
    }

    /// <summary>Ends the data; the link to it.</summary>
    public long EndData()
    {
        Flush();
        if (compression == MdfRawCompression.None)
        {
            long end = file.Position;
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, BlockHead + dataBytes);
            file.Position = dataAt + 8;
            file.Write(length);
            file.Position = end;
            Align();
            return dataAt;
        }

        byte[] fields = new byte[8 + (8 * offsets.Count)];
        BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(4), offsets.Count);
        for (int i = 0; i < offsets.Count; i++) BinaryPrimitives.WriteInt64LittleEndian(fields.AsSpan(8 + (8 * i)), offsets[i]);
        long list = Block("DL", [0, .. zipped], fields);
        return Block("HL", [list], [0, 0, (byte)(compression == MdfRawCompression.Transposed ? 1 : 0), 0, 0, 0, 0, 0]);
    }

    /// <summary>A text block.</summary>
    public long Text(string text) => Block("TX", [], [.. Encoding.UTF8.GetBytes(text), 0]);

    public long Linear(double offset, double factor)
    {
        byte[] fields = new byte[40];
        fields[0] = 1;
        BinaryPrimitives.WriteInt16LittleEndian(fields.AsSpan(6), 2);
        BinaryPrimitives.WriteDoubleLittleEndian(fields.AsSpan(24), offset);
        BinaryPrimitives.WriteDoubleLittleEndian(fields.AsSpan(32), factor);
        return Block("CC", [0, 0, 0, 0], fields);
    }

    /// <summary>A chain of channels, members of structures included; the link to the first.</summary>
    public long Channels(IReadOnlyList<MdfRawChannel> channels)
    {
        long next = 0;
        for (int i = channels.Count - 1; i >= 0; i--)
        {
            var channel = channels[i];
            byte[] fields = new byte[72];
            fields[0] = channel.Type;
            fields[1] = (byte)(channel.Type == MdfRawChannel.Master ? 1 : 0);
            fields[2] = channel.DataType;
            fields[3] = (byte)channel.Bit;
            BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(4), channel.At);
            BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(8), channel.Bits);
            long members = channel.Members.Count > 0 ? Channels(channel.Members) : 0;
            long data = channel.SizeIndex < 0 ? channel.Data : sizeAt;
            long conversion = channel.Factor == 1 && channel.Offset == 0 ? 0 : Linear(channel.Offset, channel.Factor);
            long at = Block("CN", [next, members, Text(channel.Name), 0, conversion, data, 0, 0], fields);
            if (channel.IsSize) sizeAt = at;
            next = at;
        }

        return next;
    }

    // Channels are written last to first, so a length channel must come behind the bytes it is the length of.
    private long sizeAt;

    public long Group(long next, long firstChannel, string name, ulong recordId, long records, ushort flags, int recordBytes, long variableBytes = 0)
    {
        byte[] fields = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(fields, recordId);
        BinaryPrimitives.WriteInt64LittleEndian(fields.AsSpan(8), records);
        BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(16), flags);
        BinaryPrimitives.WriteUInt16LittleEndian(fields.AsSpan(18), '.');
        BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(24), recordBytes);
        if (variableBytes > 0) BinaryPrimitives.WriteInt64LittleEndian(fields.AsSpan(24), variableBytes);
        return Block("CG", [next, firstChannel, name.Length > 0 ? Text(name) : 0, 0, 0, 0], fields);
    }

    public long DataGroup(long next, long firstGroup, long data, byte recordIdBytes) =>
        Block("DG", [next, firstGroup, data, 0], [recordIdBytes, 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>Writes the identification, the header and the history.</summary>
    public void Complete(long firstDataGroup)
    {
        long comment = Block("MD", [], "<FHcomment><TX>made for measuring</TX><tool_id>Mesh.Benchmarks</tool_id><tool_vendor>Mesh</tool_vendor><tool_version>1</tool_version></FHcomment>\0"u8);
        byte[] history = new byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(history, StartNs);
        long fileHistory = Block("FH", [0, comment], history);
        long end = file.Position;
        file.Position = 0;
        byte[] identification = new byte[HeaderAt];
        "MDF     4.10    Mesh    "u8.CopyTo(identification);
        BinaryPrimitives.WriteUInt16LittleEndian(identification.AsSpan(28), 410);
        file.Write(identification);
        byte[] header = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(header, StartNs);
        Block("HD", [firstDataGroup, fileHistory, 0, 0, 0, 0], header);
        file.Position = end;
    }

    public void Dispose() => file.Dispose();

    /// <summary>Writes a block at the next multiple of eight.</summary>
    public long Block(string id, ReadOnlySpan<long> links, ReadOnlySpan<byte> fields)
    {
        Align();
        long at = file.Position;
        byte[] head = new byte[BlockHead + (8 * links.Length)];
        Encoding.ASCII.GetBytes("##" + id, head);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(8), head.Length + fields.Length);
        BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(16), links.Length);
        for (int i = 0; i < links.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(BlockHead + (8 * i)), links[i]);
        file.Write(head);
        file.Write(fields);
        return at;
    }

    private void Align()
    {
        while (file.Position % 8 != 0) file.WriteByte(0);
    }

    private void Flush()
    {
        if (filled == 0) return;
        var data = open.AsSpan(0, filled);
        dataBytes += filled;
        if (compression == MdfRawCompression.None)
        {
            file.Write(data);
            filled = 0;
            return;
        }

        int rows = filled / rowBytes;
        byte[] fields = new byte[24];
        bool isTransposed = compression == MdfRawCompression.Transposed && rowBytes > 1;
        if (isTransposed)
        {
            for (int row = 0; row < rows; row++)
            {
                for (int i = 0; i < rowBytes; i++) columns[(i * rows) + row] = data[(row * rowBytes) + i];
            }

            data[(rows * rowBytes)..].CopyTo(columns.AsSpan(rows * rowBytes));
            data = columns.AsSpan(0, filled);
        }

        int length = Deflate.Compress(data, packed);
        fields[0] = (byte)'D';
        fields[1] = (byte)'T';
        fields[2] = (byte)(isTransposed ? 1 : 0);
        BinaryPrimitives.WriteInt32LittleEndian(fields.AsSpan(4), isTransposed ? rowBytes : 0);
        BinaryPrimitives.WriteInt64LittleEndian(fields.AsSpan(8), filled);
        BinaryPrimitives.WriteInt64LittleEndian(fields.AsSpan(16), length);
        offsets.Add(dataBytes - filled);
        zipped.Add(Block("DZ", [], [.. fields, .. packed.AsSpan(0, length)]));
        filled = 0;
    }
}
