using System.Buffers.Binary;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Splits bytes into MCAP records (specification, "Records": opcode, little-endian 64-bit length, content).
/// Does no I/O and keeps no bytes: the caller owns the buffer and says how far it may be advanced.
/// </summary>
public sealed class McapRecordLexer(McapReaderOptions options)
{
    /// <summary>Bytes of opcode and length.</summary>
    public const int PrefixBytes = 1 + sizeof(ulong);

    /// <summary>Eight bytes at the start and the end of every file.</summary>
    public static ReadOnlySpan<byte> Magic => [0x89, (byte)'M', (byte)'C', (byte)'A', (byte)'P', (byte)'0', (byte)'\r', (byte)'\n'];

    /// <summary>Reads the next record.</summary>
    /// <param name="buffer">Bytes from the current position on; need not hold a whole record.</param>
    /// <param name="record">The record, when the result is <see cref="McapLexResult.Record"/>.</param>
    /// <param name="consumed">Bytes of <paramref name="buffer"/> the result accounts for.</param>
    public McapLexResult TryRead(ReadOnlySpan<byte> buffer, out McapRecord record, out int consumed)
    {
        record = default;
        consumed = 0;
        if (!TryReadPrefix(buffer, out var opcode, out ulong length)) return McapLexResult.NeedMoreBytes;

        // The length is checked before anything is made of it: it is the sender's claim, not a fact.
        if (opcode == McapOpcode.Invalid || length > (ulong)options.MaxRecordBytes) return McapLexResult.Corrupt;
        if ((ulong)(buffer.Length - PrefixBytes) < length) return McapLexResult.NeedMoreBytes;

        record = new McapRecord(opcode, buffer.Slice(PrefixBytes, (int)length));
        consumed = PrefixBytes + (int)length;
        return McapLexResult.Record;
    }

    /// <summary>Reads opcode and claimed length alone; false when fewer than <see cref="PrefixBytes"/> bytes are there.</summary>
    public static bool TryReadPrefix(ReadOnlySpan<byte> buffer, out McapOpcode opcode, out ulong length)
    {
        if (buffer.Length < PrefixBytes)
        {
            opcode = McapOpcode.Invalid;
            length = 0;
            return false;
        }

        opcode = (McapOpcode)buffer[0];
        length = BinaryPrimitives.ReadUInt64LittleEndian(buffer[1..]);
        return true;
    }
}
