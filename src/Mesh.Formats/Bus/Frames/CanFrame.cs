using System.Buffers.Binary;

namespace Mesh.Formats.Bus.Frames;

/// <summary>What a CAN frame was besides its identifier.</summary>
[Flags]
internal enum CanFlags : ushort
{
    None = 0,
    Transmitted = 1,
    Fd = 2,
    BitRateSwitch = 4,
    ErrorStateIndicator = 8,
    Remote = 16,
    Error = 32,
    Overload = 64,
    DirectionUnknown = 128,
}

/// <summary>
/// A CAN frame as a message, little-endian: bus channel (16 bits), flags (16), DLC (8), kind of error (8), bit position of the error (16),
/// identifier with bit 31 set in the extended format (32), then the data bytes.
/// </summary>
/// <remarks>The identifier stands directly before the data, so that a J1939 message is a part of its frame.</remarks>
internal static class CanFrame
{
    public const uint ExtendedFlag = 0x80000000;
    public const uint IdMask = 0x1fffffff;
    public const int HeaderBytes = 12;
    public const int IdOffset = 8;

    private static ReadOnlySpan<byte> Lengths => [0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 20, 24, 32, 48, 64];

    public static void WriteHeader(Span<byte> frame, int channel, CanFlags flags, uint id, byte dlc, byte errorType, ushort errorPosition)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(frame, (ushort)channel | ((ulong)(ushort)flags << 16) | ((ulong)dlc << 32) | ((ulong)errorType << 40) | ((ulong)errorPosition << 48));
        BinaryPrimitives.WriteUInt32LittleEndian(frame[IdOffset..], id);
    }

    public static uint Id(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame[IdOffset..]);

    public static CanFlags Flags(ReadOnlySpan<byte> frame) => (CanFlags)BinaryPrimitives.ReadUInt16LittleEndian(frame[2..]);

    public static int Channel(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt16LittleEndian(frame);

    /// <summary>Data bytes that a DLC stands for (ISO 11898-1, "DLC"): beyond 8 only CAN FD has more than 8.</summary>
    public static int LengthOf(int dlc, bool isFd) => isFd ? Lengths[dlc & 15] : Math.Min(dlc, 8);

    /// <summary>The smallest DLC for so many bytes.</summary>
    public static byte DlcOf(int length)
    {
        byte dlc = 0;
        while (dlc < 15 && Lengths[dlc] < length) dlc++;
        return dlc;
    }
}
