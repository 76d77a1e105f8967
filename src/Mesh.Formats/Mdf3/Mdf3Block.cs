using System.Buffers.Binary;

namespace Mesh.Formats.Mdf3;

/// <summary>A block in memory. What lies behind its end reads as zero: later versions only added fields.</summary>
/// <param name="Position">Where it lies in the file.</param>
/// <param name="Bytes">The block, header included.</param>
/// <param name="IsBigEndian">Byte order of its numbers.</param>
internal sealed record Mdf3Block(long Position, byte[] Bytes, bool IsBigEndian)
{
    public int Length => Bytes.Length;

    public ushort UInt16(int at)
    {
        if (at > Bytes.Length - sizeof(ushort)) return 0;
        return IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt16LittleEndian(Bytes.AsSpan(at));
    }

    public uint UInt32(int at)
    {
        if (at > Bytes.Length - sizeof(uint)) return 0;
        return IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(at));
    }

    public ulong UInt64(int at)
    {
        if (at > Bytes.Length - sizeof(ulong)) return 0;
        return IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(Bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan(at));
    }

    public double Float64(int at) => BitConverter.UInt64BitsToDouble(UInt64(at));

    public ReadOnlySpan<byte> Span(int at, int length) => at >= Bytes.Length ? default : Bytes.AsSpan(at, Math.Min(length, Bytes.Length - at));
}
