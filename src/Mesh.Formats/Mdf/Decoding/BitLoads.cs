using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Mesh.Formats.Mdf.Decoding;

/// <summary>Brings the bits of a value into one word, whence two shifts cut them out. Structs, so that loops are compiled for each.</summary>
internal unsafe interface IBitLoad
{
    ulong Load(byte* record);
}

/// <summary>Eight bytes that hold the value's, as they are.</summary>
internal readonly unsafe struct LittleWindow(int at) : IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(byte* record) => Unsafe.ReadUnaligned<ulong>(record + at);
}

/// <summary>Eight bytes that hold the value's, turned around.</summary>
internal readonly unsafe struct BigWindow(int at) : IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(byte* record) => BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(record + at));
}

/// <summary>A value that begins within a byte and ends in the ninth.</summary>
internal readonly unsafe struct LittleNine(int at, int bitOffset) : IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(byte* record) => (Unsafe.ReadUnaligned<ulong>(record + at) >> bitOffset) | ((ulong)record[at + 8] << (64 - bitOffset));
}

/// <summary>The same in the other byte order: the first byte holds the highest bits.</summary>
internal readonly unsafe struct BigNine(int at, int bitOffset) : IBitLoad
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(byte* record) =>
        (BinaryPrimitives.ReverseEndianness(Unsafe.ReadUnaligned<ulong>(record + at + 1)) >> bitOffset) | ((ulong)record[at] << (64 - bitOffset));
}

/// <summary>The value's bytes one by one: for records of less than eight bytes.</summary>
internal readonly unsafe struct LittleBytes(int at, int count) : IBitLoad
{
    public ulong Load(byte* record)
    {
        ulong bits = 0;
        for (int i = count - 1; i >= 0; i--) bits = (bits << 8) | record[at + i];
        return bits;
    }
}

/// <summary>The same in the other byte order.</summary>
internal readonly unsafe struct BigBytes(int at, int count) : IBitLoad
{
    public ulong Load(byte* record)
    {
        ulong bits = 0;
        for (int i = 0; i < count; i++) bits = (bits << 8) | record[at + i];
        return bits;
    }
}
