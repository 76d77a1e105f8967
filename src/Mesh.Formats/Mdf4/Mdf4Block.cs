using System.Buffers.Binary;
using System.Text;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// A block in memory (specification 4.2, "General block structure"). Fields beyond its end read as zero, because older versions have
/// shorter blocks; nothing here trusts a length.
/// </summary>
internal sealed class Mdf4Block(long position, uint id, long length, int linkCount, byte[] content)
{
    public const int HeaderBytes = 24;

    public long Position => position;

    public uint Id => id;

    /// <summary>Length as the header says, header included.</summary>
    public long Length => length;

    public int LinkCount => linkCount;

    /// <summary>What follows the links, as far as it was read.</summary>
    public ReadOnlySpan<byte> Data => content.AsSpan(Math.Min(linkCount * 8, content.Length));

    /// <summary>Position in the file of <see cref="Data"/>.</summary>
    public long DataAt => position + HeaderBytes + ((long)linkCount * 8);

    public long Link(int index) =>
        (uint)index < (uint)linkCount && (index + 1) * 8 <= content.Length
            ? BinaryPrimitives.ReadInt64LittleEndian(content.AsSpan(index * 8))
            : 0;

    public byte Byte(int offset) => Data.Length > offset ? Data[offset] : (byte)0;

    public ushort UInt16(int offset) => Fits(offset, 2) ? BinaryPrimitives.ReadUInt16LittleEndian(Data[offset..]) : (ushort)0;

    public uint UInt32(int offset) => Fits(offset, 4) ? BinaryPrimitives.ReadUInt32LittleEndian(Data[offset..]) : 0;

    public ulong UInt64(int offset) => Fits(offset, 8) ? BinaryPrimitives.ReadUInt64LittleEndian(Data[offset..]) : 0;

    public long Int64(int offset) => (long)UInt64(offset);

    public short Int16(int offset) => (short)UInt16(offset);

    public double Double(int offset) => BitConverter.UInt64BitsToDouble(UInt64(offset));

    /// <summary>The text of a TX or MD block: UTF-8 up to the terminator.</summary>
    public string Text()
    {
        var bytes = Data;
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private bool Fits(int offset, int bytes) => offset >= 0 && Data.Length - offset >= bytes;
}
