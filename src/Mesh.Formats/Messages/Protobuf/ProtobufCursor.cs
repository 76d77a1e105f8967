using System.Buffers.Binary;
using Google.Protobuf;

namespace Mesh.Formats.Messages.Protobuf;

/// <summary>Position in protobuf wire format (protobuf.dev, "Encoding"); never reads past the end.</summary>
/// <param name="data">The message.</param>
/// <param name="start">Where <paramref name="data"/> begins in the payload, for errors.</param>
internal ref struct ProtobufCursor(ReadOnlySpan<byte> data, int start)
{
    private const int MaxGroupNesting = 100;
    private readonly ReadOnlySpan<byte> data = data;

    public int Position { get; set; }

    public readonly bool AtEnd => Position >= data.Length;

    /// <summary>Reads a tag; the field number is at least 1.</summary>
    public int ReadTag(out WireFormat.WireType wireType)
    {
        int at = Position;
        ulong tag = ReadVarint();
        wireType = (WireFormat.WireType)(tag & 7);
        ulong number = tag >> 3;
        if (number is 0 or > 536_870_911 || wireType > WireFormat.WireType.Fixed32)
        {
            throw Malformed(at, "a field tag", $"0x{tag:x}");
        }

        return (int)number;
    }

    public ulong ReadVarint()
    {
        int at = Position;
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            if (AtEnd) throw Malformed(at, "a varint", "the end of the message");
            byte next = data[Position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80) return value;
        }

        throw Malformed(at, "a varint of at most 10 bytes", "a longer one");
    }

    public uint ReadFixed32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));

    public ulong ReadFixed64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    /// <summary>Reads a length and that many bytes; <paramref name="offset"/> is where they begin in the payload.</summary>
    public ReadOnlySpan<byte> ReadLengthDelimited(out int offset)
    {
        int at = Position;
        ulong length = ReadVarint();
        if (length > (ulong)(data.Length - Position)) throw Malformed(at, $"{length:N0} bytes", $"{data.Length - Position:N0} bytes left");
        offset = start + Position;
        return Take((int)length);
    }

    /// <summary>Steps over a value that is not wanted.</summary>
    public void Skip(int number, WireFormat.WireType wireType)
    {
        int depth = 0;
        Span<int> open = stackalloc int[MaxGroupNesting];
        while (true)
        {
            switch (wireType)
            {
                case WireFormat.WireType.Varint: ReadVarint(); break;
                case WireFormat.WireType.Fixed32: Take(sizeof(uint)); break;
                case WireFormat.WireType.Fixed64: Take(sizeof(ulong)); break;
                case WireFormat.WireType.LengthDelimited: ReadLengthDelimited(out _); break;
                case WireFormat.WireType.StartGroup:
                    if (depth == MaxGroupNesting) throw Malformed(Position, $"groups nested at most {MaxGroupNesting} deep", "deeper ones");
                    open[depth++] = number;
                    break;
                default:
                    if (depth == 0 || open[--depth] != number) throw Malformed(Position, "the end of an open group", $"the end of group {number}");
                    break;
            }

            if (depth == 0) return;
            number = ReadTag(out wireType);
        }
    }

    public readonly MessageFormatException Malformed(int position, string expected, string found) => new("MESH10315", start + position, expected, found);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (data.Length - Position < count) throw Malformed(Position, $"{count:N0} bytes", $"{data.Length - Position:N0} bytes left");
        var taken = data.Slice(Position, count);
        Position += count;
        return taken;
    }
}
