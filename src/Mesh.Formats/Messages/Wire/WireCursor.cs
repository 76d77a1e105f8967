using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Mesh.Formats.Messages.Wire;

/// <summary>How values are laid out.</summary>
internal enum WireLayout : byte
{
    /// <summary>ROS 1: little-endian, packed, text without terminator.</summary>
    Ros1,
    /// <summary>OMG DDS-XTypes 1.3, 7.4.1: aligned to at most 8; mutable structs are parameter lists.</summary>
    Xcdr1,
    /// <summary>7.4.3: aligned to at most 4; lists of non-primitives, appendable and mutable structs are delimited.</summary>
    Xcdr2,
}

/// <summary>How wide text is laid out; a payload does not say, so it is found out.</summary>
internal enum WideTextLayout : byte
{
    /// <summary>Number of characters, then four bytes each (Fast CDR 1).</summary>
    CountOfFourBytes,
    /// <summary>Number of 16-bit units, then the units (Cyclone DDS's ROS 2 middleware).</summary>
    CountOfUnits,
    /// <summary>Number of bytes, then 16-bit units (XTypes, Fast CDR 2).</summary>
    BytesOfUnits,
}

/// <summary>Position in a payload: knows byte order and alignment, and never reads past the end.</summary>
internal ref struct WireCursor
{
    /// <summary>Bytes of the encapsulation header; alignment counts from its end.</summary>
    public const int HeaderBytes = 4;

    private readonly ReadOnlySpan<byte> data;
    private readonly bool swap;
    private readonly int maxAlignment;

    private WireCursor(ReadOnlySpan<byte> data, WireLayout layout, bool swap, WireExtensibility root)
    {
        this.data = data;
        this.swap = swap;
        Layout = layout;
        Root = root;
        maxAlignment = layout switch { WireLayout.Ros1 => 1, WireLayout.Xcdr1 => 8, _ => 4 };
        Position = Origin = layout == WireLayout.Ros1 ? 0 : HeaderBytes;
        End = data.Length;
    }

    public int Position { get; set; }

    /// <summary>End of the payload, or of the struct or member being read.</summary>
    public int End { get; set; }

    /// <summary>Where alignment counts from.</summary>
    public int Origin { get; set; }

    /// <summary>Values that absent members may still fill.</summary>
    public long Budget { get; set; }

    public WideTextLayout WideText { get; set; }

    public WireLayout Layout { get; }

    /// <summary>How the encapsulation says the outermost struct is written.</summary>
    public WireExtensibility Root { get; }

    public readonly int Remaining => End - Position;

    public readonly bool MustSwap => swap;

    public static WireCursor OpenRos1(ReadOnlySpan<byte> message) => new(message, WireLayout.Ros1, !BitConverter.IsLittleEndian, WireExtensibility.Final);

    /// <summary>Reads the encapsulation header.</summary>
    public static WireCursor OpenCdr(ReadOnlySpan<byte> message)
    {
        if (message.Length < HeaderBytes)
        {
            throw new MessageFormatException("MESH10311", 0, "the 4 bytes of a CDR encapsulation header", $"a payload of {message.Length} bytes");
        }

        int kind = BinaryPrimitives.ReadUInt16BigEndian(message);
        if (!TryParse(kind, out var layout, out var root))
        {
            throw new MessageFormatException("MESH10312", 0, "the identifier of a CDR encapsulation (0x0000 to 0x0003, 0x0006 to 0x000b, 0x0010 to 0x0015)", $"0x{kind:x4}");
        }

        return new WireCursor(message, layout, (kind & 1) == 0 == BitConverter.IsLittleEndian, root);
    }

    /// <summary>Meaning of an encapsulation identifier. The XTypes table and the RTPS table number XCDR2 differently; both are in the field.</summary>
    public static bool TryParse(int kind, out WireLayout layout, out WireExtensibility root)
    {
        layout = kind <= 0x03 ? WireLayout.Xcdr1 : WireLayout.Xcdr2;
        root = (kind & ~1) switch
        {
            0x00 or 0x06 or 0x10 => WireExtensibility.Final,
            0x08 or 0x14 => WireExtensibility.Appendable,
            0x02 or 0x0a or 0x12 => WireExtensibility.Mutable,
            _ => WireExtensibility.Unstated,
        };
        return root != WireExtensibility.Unstated;
    }

    /// <summary>Moves to the next multiple of <paramref name="size"/>; may end past the payload, which the next read notices.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Align(int size)
    {
        int alignment = Math.Min(size, maxAlignment);
        Position += -(Position - Origin) & (alignment - 1);
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

    /// <summary>Reads a length in bytes that must fit into what is left, and gives the position it reaches to.</summary>
    public int ReadEnd(string field)
    {
        uint length = Read<uint>(field);
        if (length > Remaining) throw TooShort(field, length);
        return Position + (int)length;
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
