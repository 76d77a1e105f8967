using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Formats.Mdf;

namespace Mesh.Formats.Bus.MdfGroups;

/// <summary>An unsigned integer of a record: eight bytes loaded, shifted and masked.</summary>
internal readonly struct MdfField
{
    private readonly int byteOffset;
    private readonly int shift;
    private readonly ulong mask;
    private readonly bool isBigEndian;
    private readonly int end;

    public MdfField(MdfChannelLayout channel)
    {
        Exists = true;
        byteOffset = channel.ByteOffset;
        int bytes = Math.Min(8, (channel.BitOffset + channel.BitCount + 7) >> 3);
        end = byteOffset + bytes;
        mask = channel.BitCount >= 64 ? ulong.MaxValue : (1UL << channel.BitCount) - 1;
        isBigEndian = channel.DataType is MdfDataType.UnsignedBigEndian or MdfDataType.SignedBigEndian;
        shift = isBigEndian ? 64 - (8 * bytes) + channel.BitOffset : channel.BitOffset;
    }

    public bool Exists { get; }

    /// <summary>Bytes a record needs for the field.</summary>
    public int End => end;

    /// <summary>The value; 0 when the record has no such field. The caller has checked that the record reaches to <see cref="End"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Read(ReadOnlySpan<byte> record)
    {
        if (!Exists) return 0;
        ulong value = record.Length - byteOffset >= sizeof(ulong)
            ? Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(record), byteOffset))
            : ReadShort(record);
        if (isBigEndian) value = BinaryPrimitives.ReverseEndianness(value);
        return (value >> shift) & mask;
    }

    private ulong ReadShort(ReadOnlySpan<byte> record)
    {
        ulong value = 0;
        for (int i = record.Length - 1; i >= byteOffset; i--) value = (value << 8) | record[i];
        return value;
    }
}
