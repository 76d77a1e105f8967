using System.Buffers.Binary;

namespace Mesh.Formats.Bus.Frames;

/// <summary>What a FlexRay frame was besides its slot.</summary>
[Flags]
internal enum FlexRayFlags : ushort
{
    None = 0,
    Transmitted = 1,
    ChannelA = 2,
    ChannelB = 4,
    Startup = 8,
    Sync = 16,
    NullFrame = 32,
    PayloadPreamble = 64,
    DirectionUnknown = 128,
    Error = 256,
    Symbol = 512,
}

/// <summary>
/// A FlexRay event as a message, little-endian: bus channel (16 bits), flags (16), slot (16), cycle (8), reserved (8), header CRC (32),
/// frame CRC (32), payload bytes.
/// </summary>
internal static class FlexRayFrame
{
    public const int HeaderBytes = 16;

    public static void WriteHeader(Span<byte> frame, int channel, FlexRayFlags flags, ushort slot, byte cycle, uint headerCrc, uint frameCrc)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(frame, (ushort)channel);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[2..], (ushort)flags);
        BinaryPrimitives.WriteUInt16LittleEndian(frame[4..], slot);
        frame[6] = cycle;
        frame[7] = 0;
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], headerCrc);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[12..], frameCrc);
    }
}
