using System.Buffers.Binary;

namespace Mesh.Formats.Bus.Frames;

/// <summary>What an Ethernet frame was besides its content.</summary>
[Flags]
internal enum EthernetFlags : ushort
{
    None = 0,
    Transmitted = 1,
    Error = 2,
    HasFcs = 4,
    DirectionUnknown = 128,
}

/// <summary>
/// An Ethernet frame as a message, little-endian: bus channel (16 bits), flags (16), frame check sequence (32); then the frame as sent:
/// destination (6 bytes), source (6), type (2, big-endian), payload.
/// </summary>
internal static class EthernetFrame
{
    public const int HeaderBytes = 8;
    public const int AddressBytes = 6;
    public const int MacHeaderBytes = 14;

    public static void WriteHeader(Span<byte> frame, int channel, EthernetFlags flags, uint fcs)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(frame, (ushort)channel);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[2..], (ushort)flags);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[4..], fcs);
    }
}
