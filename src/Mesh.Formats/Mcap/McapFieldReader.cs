using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Reads the fields of one record in order. Beyond the record's end every read yields a default and <see cref="Failed"/> is set, so that a
/// parser reads all its fields and asks once. Bytes after the last field are allowed (specification: records may be extended).
/// </summary>
internal ref struct McapFieldReader(ReadOnlySpan<byte> content)
{
    private readonly ReadOnlySpan<byte> content = content;
    private int position;

    public bool Failed { get; private set; }

    public readonly int Position => position;

    public ushort ReadUInt16() => Take(2, out var field) ? BinaryPrimitives.ReadUInt16LittleEndian(field) : default;

    public uint ReadUInt32() => Take(4, out var field) ? BinaryPrimitives.ReadUInt32LittleEndian(field) : default;

    public ulong ReadUInt64() => Take(8, out var field) ? BinaryPrimitives.ReadUInt64LittleEndian(field) : default;

    public byte ReadByte() => Take(1, out var field) ? field[0] : default;

    /// <summary>Bytes preceded by a 32-bit length.</summary>
    public ReadOnlySpan<byte> ReadBytes32() => Take(ReadUInt32(), out var field) ? field : default;

    /// <summary>Bytes preceded by a 64-bit length.</summary>
    public ReadOnlySpan<byte> ReadBytes64() => Take(ReadUInt64(), out var field) ? field : default;

    public string ReadString() => Encoding.UTF8.GetString(ReadBytes32());

    public IReadOnlyDictionary<string, string> ReadStringMap()
    {
        var map = new Dictionary<string, string>();
        var entries = new McapFieldReader(ReadBytes32());
        while (!entries.AtEnd)
        {
            string key = entries.ReadString();
            map[key] = entries.ReadString();
        }

        Failed |= entries.Failed;
        return map;
    }

    public readonly bool AtEnd => Failed || position == content.Length;

    public readonly ReadOnlySpan<byte> Rest => Failed ? default : content[position..];

    private bool Take(ulong length, out ReadOnlySpan<byte> field)
    {
        if (Failed || length > (ulong)(content.Length - position))
        {
            Failed = true;
            field = default;
            return false;
        }

        field = content.Slice(position, (int)length);
        position += (int)length;
        return true;
    }
}
