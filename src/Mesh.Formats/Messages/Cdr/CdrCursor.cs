using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Formats.Messages.Cdr;

/// <summary>
/// Position in a CDR payload (OMG DDS-XTypes 1.3, 7.4.1 and 7.6.2): knows byte order and alignment, and never reads past the end.
/// </summary>
internal ref struct CdrCursor
{
    /// <summary>Bytes of the encapsulation header; alignment counts from its end.</summary>
    public const int HeaderBytes = 4;

    private readonly ReadOnlySpan<byte> data;
    private readonly bool swap;
    private readonly int maxAlignment;

    private CdrCursor(ReadOnlySpan<byte> data, bool swap, bool isXcdr2)
    {
        this.data = data;
        this.swap = swap;
        IsXcdr2 = isXcdr2;
        // XCDR2 aligns 8-byte values to 4 (7.4.3.2.3, MAXALIGN).
        maxAlignment = isXcdr2 ? 4 : 8;
        Position = HeaderBytes;
    }

    public int Position { get; private set; }

    /// <summary>Whether lists of non-primitive elements carry a delimiter header.</summary>
    public bool IsXcdr2 { get; }

    public readonly int Remaining => data.Length - Position;

    public readonly bool MustSwap => swap;

    /// <summary>Reads the encapsulation header.</summary>
    public static CdrCursor Open(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderBytes)
        {
            throw new MessageFormatException("MESH10311", 0, "the 4 bytes of a CDR encapsulation header", $"a payload of {message.Length} bytes");
        }

        int kind = BinaryPrimitives.ReadUInt16BigEndian(message);
        // The XTypes table and the RTPS table name plain XCDR2 differently (0x10/0x11 and 0x06/0x07); both are in the field.
        return kind switch
        {
            0x00 or 0x01 => new CdrCursor(message, swap: (kind & 1) == 0 == BitConverter.IsLittleEndian, isXcdr2: false),
            0x06 or 0x07 or 0x10 or 0x11 => new CdrCursor(message, swap: (kind & 1) == 0 == BitConverter.IsLittleEndian, isXcdr2: true),
            _ => throw new MessageFormatException("MESH10312", 0, "plain CDR (0x0000, 0x0001) or plain CDR2 (0x0006, 0x0007)", $"encapsulation 0x{kind:x4}"),
        };
    }

    /// <summary>Moves to the next multiple of <paramref name="size"/>; may end past the payload, which the next read notices.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Align(int size)
    {
        int alignment = Math.Min(size, maxAlignment);
        Position += -(Position - HeaderBytes) & (alignment - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>(string field) where T : unmanaged
    {
        Align(Unsafe.SizeOf<T>());
        if (Remaining < Unsafe.SizeOf<T>()) throw TooShort(field, Unsafe.SizeOf<T>());
        var value = Unsafe.ReadUnaligned<T>(in data[Position]);
        Position += Unsafe.SizeOf<T>();
        return swap ? Swap(value) : value;
    }

    public ReadOnlySpan<byte> ReadBytes(int count, string field)
    {
        if (Remaining < count) throw TooShort(field, count);
        var bytes = data.Slice(Position, count);
        Position += count;
        return bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Swap<T>(T value) where T : unmanaged
    {
        if (Unsafe.SizeOf<T>() == 1) return value;
        if (Unsafe.SizeOf<T>() == 2) return Unsafe.BitCast<ushort, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ushort>(value)));
        if (Unsafe.SizeOf<T>() == 4) return Unsafe.BitCast<uint, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, uint>(value)));
        return Unsafe.BitCast<ulong, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ulong>(value)));
    }

    public readonly MessageFormatException TooShort(string field, long bytes) =>
        new("MESH10311", Position, $"{bytes:N0} bytes of field '{field}'", $"{Math.Max(0, Remaining):N0} bytes left");
}
