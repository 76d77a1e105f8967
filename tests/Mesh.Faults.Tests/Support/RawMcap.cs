using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Mcap;

namespace Mesh.Faults.Tests.Support;

/// <summary>Writes MCAP records as told, valid or not; nothing is checked and no checksum is made unless asked for.</summary>
internal sealed class RawMcap
{
    private static readonly byte[] Magic = [0x89, (byte)'M', (byte)'C', (byte)'A', (byte)'P', 0x30, (byte)'\r', (byte)'\n'];
    private readonly MemoryStream bytes = new();

    /// <summary>Begins a file with magic and header.</summary>
    public static RawMcap Begin()
    {
        var file = new RawMcap();
        file.bytes.Write(Magic);
        return file.Record(McapOpcode.Header, [.. Text(""), .. Text("test")]);
    }

    /// <summary>Records for the inside of a chunk.</summary>
    public static RawMcap Inside() => new();

    public RawMcap Record(McapOpcode opcode, ReadOnlySpan<byte> content, ulong? claimedLength = null)
    {
        bytes.WriteByte((byte)opcode);
        bytes.Write(UInt64(claimedLength ?? (ulong)content.Length));
        bytes.Write(content);
        return this;
    }

    public RawMcap Schema(ushort id, string name, string encoding, string text) =>
        Record(McapOpcode.Schema, [.. UInt16(id), .. Text(name), .. Text(encoding), .. Text(text)]);

    public RawMcap Channel(ushort id, ushort schema, string topic, string encoding = "cdr") =>
        Record(McapOpcode.Channel, [.. UInt16(id), .. UInt16(schema), .. Text(topic), .. Text(encoding), .. UInt32(0)]);

    public RawMcap Message(ushort channel, uint sequence, ulong logTime, ReadOnlySpan<byte> payload) =>
        Record(McapOpcode.Message, [.. UInt16(channel), .. UInt32(sequence), .. UInt64(logTime), .. UInt64(logTime), .. payload]);

    public RawMcap Chunk(string compression, byte[] records, ulong uncompressedSize, uint crc = 0) =>
        Record(McapOpcode.Chunk, [.. UInt64(0), .. UInt64(0), .. UInt64(uncompressedSize), .. UInt32(crc), .. Text(compression), .. UInt64((ulong)records.Length), .. records]);

    /// <summary>What was written, without an end.</summary>
    public byte[] ToArray() => bytes.ToArray();

    /// <summary>The file with data end, footer without summary, and magic.</summary>
    public byte[] End()
    {
        Record(McapOpcode.DataEnd, UInt32(0));
        Record(McapOpcode.Footer, [.. UInt64(0), .. UInt64(0), .. UInt32(0)]);
        bytes.Write(Magic);
        return bytes.ToArray();
    }

    /// <summary>A ROS 2 message of one double.</summary>
    public static byte[] Float64(double value)
    {
        byte[] payload = new byte[12];
        payload[1] = 1;
        BinaryPrimitives.WriteDoubleLittleEndian(payload.AsSpan(4), value);
        return payload;
    }

    /// <summary>A zstd frame (RFC 8878) of zeros in run-length blocks: 4 bytes for each 128 KiB.</summary>
    public static byte[] ZstdOfZeros(int megabytes)
    {
        const int BlockBytes = 128 << 10;
        using var frame = new MemoryStream();
        // Magic, frame header descriptor (8-byte content size), window of 128 KiB, content size.
        frame.Write([0x28, 0xB5, 0x2F, 0xFD, 0xC0, 0x38]);
        frame.Write(UInt64((ulong)megabytes << 20));
        int blocks = megabytes * 8;
        for (int i = 0; i < blocks; i++)
        {
            uint header = (i == blocks - 1 ? 1u : 0u) | (1u << 1) | ((uint)BlockBytes << 3);
            frame.Write([(byte)header, (byte)(header >> 8), (byte)(header >> 16), 0]);
        }

        return frame.ToArray();
    }

    private static byte[] Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return [.. UInt32((uint)utf8.Length), .. utf8];
    }

    private static byte[] UInt16(ushort value) => BitConverter.GetBytes(value);

    private static byte[] UInt32(uint value) => BitConverter.GetBytes(value);

    private static byte[] UInt64(ulong value) => BitConverter.GetBytes(value);
}
