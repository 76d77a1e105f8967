using System.Buffers.Binary;

namespace Mesh.Formats.Bus.Frames;

/// <summary>What a LIN event was; by its name in the <c>kind</c> column.</summary>
internal enum LinKind : byte
{
    Frame,
    ChecksumError,
    ReceiveError,
    SyncError,
    TransmissionError,
    WakeUp,
    Spike,
    LongDominant,
}

/// <summary>What a LIN frame was besides its identifier.</summary>
[Flags]
internal enum LinFlags : byte
{
    None = 0,
    Transmitted = 1,
    EnhancedChecksum = 2,
    ClassicChecksum = 4,
    HasChecksum = 8,
    DirectionUnknown = 128,
}

/// <summary>A LIN event as a message, little-endian: bus channel (16 bits), flags (8), kind (8), identifier (8), checksum (8), declared length (8), reserved (8), data bytes.</summary>
internal static class LinFrame
{
    public const int HeaderBytes = 8;

    public static void WriteHeader(Span<byte> frame, int channel, LinFlags flags, LinKind kind, byte id, byte checksum, byte length)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(frame, (ushort)channel);
        frame[2] = (byte)flags;
        frame[3] = (byte)kind;
        frame[4] = id;
        frame[5] = checksum;
        frame[6] = length;
        frame[7] = 0;
    }

    public static string NameOf(byte kind) => (LinKind)kind switch
    {
        LinKind.Frame => "frame",
        LinKind.ChecksumError => "checksum_error",
        LinKind.ReceiveError => "receive_error",
        LinKind.SyncError => "sync_error",
        LinKind.TransmissionError => "transmission_error",
        LinKind.WakeUp => "wake_up",
        LinKind.Spike => "spike",
        LinKind.LongDominant => "long_dominant",
        _ => "unknown",
    };
}
