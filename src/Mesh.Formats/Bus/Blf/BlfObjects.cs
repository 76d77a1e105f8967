using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Bus.Frames;

namespace Mesh.Formats.Bus.Blf;

/// <summary>Turns the objects of a BLF file into frames.</summary>
internal sealed class BlfObjects(FrameBuffer frames)
{
    public const int Container = 10;
    public const int HeaderBytes = 32;
    private const ulong TenMicroseconds = 10_000;

    /// <summary>Number of objects of types that are no frames, by type.</summary>
    public Dictionary<uint, long> Skipped { get; } = [];

    /// <summary>Start of the measurement, nanoseconds since 1970.</summary>
    public ulong StartNs { get; set; }

    /// <summary>Earliest and latest object with a time; null before the first.</summary>
    public (ulong First, ulong Last)? Times { get; private set; }

    /// <summary>Largest object of a type that is understood, in bytes; a larger one is damaged.</summary>
    public static int LimitOf(uint type) => type switch
    {
        1 or 2 or 3 or 73 or 86 or 100 or 101 or 104 or 11 or 12 or 14 or 15 or 18 or 21 or 57 or 58 or 59 or 60 or 61 or 62 or 29 or 41 or 50 or 66 => 4096,
        71 or 120 or 121 => 1 << 18,
        _ => int.MaxValue,
    };

    /// <summary>Takes one object, header included.</summary>
    /// <returns>Whether it is sound; else it is damaged.</returns>
    public bool Take(ReadOnlySpan<byte> data, long fileOffset)
    {
        int headerBytes = BinaryPrimitives.ReadUInt16LittleEndian(data[4..]);
        uint type = BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
        int needed = NeededBytes(type);
        if (needed < 0)
        {
            System.Runtime.InteropServices.CollectionsMarshal.GetValueRefOrAddDefault(Skipped, type, out _)++;
            return true;
        }

        if (headerBytes < HeaderBytes || data.Length - headerBytes < needed) return false;
        ulong time = BinaryPrimitives.ReadUInt64LittleEndian(data[24..]);
        uint unit = BinaryPrimitives.ReadUInt32LittleEndian(data[16..]);
        if (unit == 1) time = time > ulong.MaxValue / TenMicroseconds ? ulong.MaxValue : time * TenMicroseconds;
        ulong timeNs = time > ulong.MaxValue - StartNs ? ulong.MaxValue : StartNs + time;
        Times = Times is { } times ? (Math.Min(times.First, timeNs), Math.Max(times.Last, timeNs)) : (timeNs, timeNs);
        var p = data[headerBytes..];
        switch (type)
        {
            case 1 or 86:
                TakeCan(p, timeNs, fileOffset);
                break;
            case 2:
                frames.AddCan(timeNs, fileOffset, U16(p, 0), CanFlags.Error | CanFlags.DirectionUnknown, 0, 0, default);
                break;
            case 3:
                frames.AddCan(timeNs, fileOffset, U16(p, 0), CanFlags.Overload | CanFlags.DirectionUnknown, 0, 0, default);
                break;
            case 73:
                TakeCanError(p, timeNs, fileOffset);
                break;
            case 100:
                TakeCanFd(p, timeNs, fileOffset);
                break;
            case 101:
                TakeCanFd64(data, headerBytes, timeNs, fileOffset);
                break;
            case 104:
                TakeCanFdError64(data, headerBytes, timeNs, fileOffset);
                break;
            case 11:
                TakeLin(p, timeNs, fileOffset, LinKind.Frame);
                break;
            case 12:
                TakeLin(p, timeNs, fileOffset, LinKind.ChecksumError);
                break;
            case 14:
                frames.AddLin(timeNs, fileOffset, U16(p, 0), LinFlags.DirectionUnknown, LinKind.ReceiveError, p[2], 0, p[3], default);
                break;
            case 15:
                frames.AddLin(timeNs, fileOffset, U16(p, 0), LinFlags.DirectionUnknown, LinKind.TransmissionError, p[2], 0, p[3], default);
                break;
            case 18:
                frames.AddLin(timeNs, fileOffset, U16(p, 0), LinFlags.DirectionUnknown, LinKind.SyncError, 0, 0, 0, default);
                break;
            case 21:
                frames.AddLin(timeNs, fileOffset, U16(p, 0), LinFlags.DirectionUnknown, LinKind.WakeUp, 0, 0, 0, default);
                break;
            case 57:
                TakeLin2(p, timeNs, fileOffset, LinKind.Frame);
                break;
            case 60:
                TakeLin2(p, timeNs, fileOffset, LinKind.ChecksumError);
                break;
            case 61:
                frames.AddLin(timeNs, fileOffset, U16(p, 12), LinFlags.DirectionUnknown, LinKind.ReceiveError, p[37], 0, p[38], default);
                break;
            case 58:
                frames.AddLin(timeNs, fileOffset, U16(p, 12), LinFlags.DirectionUnknown, LinKind.TransmissionError, p[37], 0, p[38], default);
                break;
            case 59:
                frames.AddLin(timeNs, fileOffset, U16(p, 12), LinFlags.DirectionUnknown, LinKind.SyncError, 0, 0, 0, default);
                break;
            case 62:
                frames.AddLin(timeNs, fileOffset, U16(p, 12), LinFlags.DirectionUnknown, LinKind.WakeUp, 0, 0, 0, default);
                break;
            case 29:
                TakeFlexRayData(p, timeNs, fileOffset);
                break;
            case 41:
                TakeFlexRayMessage(p, timeNs, fileOffset);
                break;
            case 50:
                TakeFlexRayReceive(p, 44, timeNs, fileOffset);
                break;
            case 66:
                TakeFlexRayReceive(p, 84, timeNs, fileOffset);
                break;
            case 71:
                return TakeEthernet(p, timeNs, fileOffset);
            case 120 or 121:
                return TakeEthernetEx(p, timeNs, fileOffset);
            case 96:
                TakeMarker(p, timeNs, fileOffset);
                break;
            case 92:
                frames.AddEvent(timeNs, fileOffset, "comment", "", Text(p, 16, U32(p, 4)));
                break;
            case 65:
                frames.AddEvent(timeNs, fileOffset, "text", "", Text(p, 16, U32(p, 8)));
                break;
        }

        return true;
    }

    /// <summary>Bytes behind the header that an object has at least; -1 for types that are not taken.</summary>
    private static int NeededBytes(uint type) => type switch
    {
        1 or 86 => 16,
        2 or 3 or 18 or 21 => 2,
        73 => 32,
        100 => 24,
        101 => 40,
        104 => 44,
        11 or 12 => 19,
        14 or 15 => 4,
        57 or 60 => 123,
        58 or 61 => 40,
        59 => 32,
        62 => 14,
        29 => 24,
        41 => 32,
        50 => 44,
        66 => 84,
        71 => 32,
        120 or 121 => 32,
        96 => 40,
        92 or 65 => 16,
        _ => -1,
    };

    private static ushort U16(ReadOnlySpan<byte> p, int at) => BinaryPrimitives.ReadUInt16LittleEndian(p[at..]);

    private static uint U32(ReadOnlySpan<byte> p, int at) => BinaryPrimitives.ReadUInt32LittleEndian(p[at..]);

    // Bits of an identifier beyond 29 and the mark of the extended format mean nothing.
    private static uint Id(uint value) => value & (CanFrame.ExtendedFlag | CanFrame.IdMask);

    /// <summary>A text of a claimed length that may not go beyond the object; in the code page of the machine that wrote it.</summary>
    private static string Text(ReadOnlySpan<byte> p, int start, uint length)
    {
        var bytes = p[Math.Min(start, p.Length)..];
        bytes = bytes[..(int)Math.Min(length, (uint)bytes.Length)];
        int end = bytes.IndexOf((byte)0);
        return Dbc.DbcText.Decode(end < 0 ? bytes : bytes[..end], null);
    }

    private void TakeCan(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        byte bits = p[2], dlc = p[3];
        var flags = (CanFlags)(bits & 1);
        bool isRemote = (bits & 0x80) != 0;
        if (isRemote) flags |= CanFlags.Remote;
        frames.AddCan(timeNs, fileOffset, U16(p, 0), flags, Id(U32(p, 4)), dlc, isRemote ? default : p.Slice(8, Math.Min((int)dlc, 8)));
    }

    private void TakeCanError(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        // The error code capture is that of the SJA1000 when the first bit of the flags says so: bit, form, stuff, other.
        byte errorType = (U32(p, 4) & 1) != 0 && p[8] >> 6 < 3 ? (byte)((p[8] >> 6) + 1) : (byte)0;
        frames.AddCan(timeNs, fileOffset, U16(p, 0), CanFlags.Error | CanFlags.DirectionUnknown, Id(U32(p, 16)), p[10], p.Slice(24, Math.Min((int)p[10], 8)), errorType, p[9]);
    }

    private void TakeCanFd(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        byte bits = p[2], fd = p[13];
        var flags = (CanFlags)((bits & 1) | ((fd & 7) << 1));
        if ((bits & 0x80) != 0) flags |= CanFlags.Remote;
        int length = Math.Min((int)p[14], Math.Min(64, p.Length - 20));
        frames.AddCan(timeNs, fileOffset, U16(p, 0), flags, Id(U32(p, 4)), p[3], (bits & 0x80) != 0 ? default : p.Slice(20, Math.Max(0, length)));
    }

    private void TakeCanFd64(ReadOnlySpan<byte> data, int headerBytes, ulong timeNs, long fileOffset)
    {
        var p = data[headerBytes..];
        uint bits = U32(p, 12);
        var flags = (CanFlags)(ushort)((bits >> 11) & 0xe);
        if (p[34] != 0) flags |= CanFlags.Transmitted;
        if ((bits & 0x10) != 0) flags |= CanFlags.Remote;
        AddPadded(timeNs, fileOffset, p[0], flags, U32(p, 4), p[1], Payload(data, headerBytes + 40, p[35]), (bits & 0x10) != 0 ? 0 : p[2], 0);
    }

    private void TakeCanFdError64(ReadOnlySpan<byte> data, int headerBytes, ulong timeNs, long fileOffset)
    {
        var p = data[headerBytes..];
        AddPadded(timeNs, fileOffset, p[0], CanFlags.Error | CanFlags.Fd | CanFlags.DirectionUnknown, U32(p, 12), p[1], Payload(data, headerBytes + 44, p[10]), p[2], U16(p, 40));
    }

    /// <summary>The bytes from <paramref name="start"/> up to the extended data, or to the end where there is none.</summary>
    private static ReadOnlySpan<byte> Payload(ReadOnlySpan<byte> data, int start, byte extendedData)
    {
        int end = extendedData > 0 ? Math.Min(extendedData, data.Length) : data.Length;
        return end > start ? data[start..end] : default;
    }

    /// <summary>Adds a frame whose object may hold fewer data bytes than valid ones: zeros at the end are not always written.</summary>
    private void AddPadded(ulong timeNs, long fileOffset, int channel, CanFlags flags, uint id, byte dlc, ReadOnlySpan<byte> stored, int valid, ushort errorPosition)
    {
        Span<byte> data = stackalloc byte[64];
        data.Clear();
        valid = Math.Min(valid, data.Length);
        stored[..Math.Min(stored.Length, valid)].CopyTo(data);
        frames.AddCan(timeNs, fileOffset, channel, flags, Id(id), dlc, data[..valid], 0, errorPosition);
    }

    private void TakeLin(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset, LinKind kind)
    {
        var flags = LinFlags.HasChecksum | (p[18] != 0 ? LinFlags.Transmitted : 0);
        frames.AddLin(timeNs, fileOffset, U16(p, 0), flags, kind, p[2], (byte)U16(p, 16), p[3], p.Slice(4, Math.Min((int)p[3], 8)));
    }

    private void TakeLin2(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset, LinKind kind)
    {
        var flags = LinFlags.HasChecksum | (p[122] != 0 ? LinFlags.Transmitted : 0);
        flags |= p[39] switch { 0 => LinFlags.ClassicChecksum, 1 => LinFlags.EnhancedChecksum, _ => 0 };
        frames.AddLin(timeNs, fileOffset, U16(p, 12), flags, kind, p[37], (byte)U16(p, 120), p[38], p.Slice(112, Math.Min((int)p[38], 8)));
    }

    private void TakeFlexRayData(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        var flags = (p[8] != 0 ? FlexRayFlags.Transmitted : 0) | (p[2] == 0 ? FlexRayFlags.ChannelA : FlexRayFlags.ChannelB);
        frames.AddFlexRay(timeNs, fileOffset, U16(p, 0), flags, U16(p, 4), 0, U16(p, 6), 0, p.Slice(12, Math.Min((int)p[3], 12)));
    }

    private void TakeFlexRayMessage(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        // Frame state: payload preamble, sync, startup and (inverted) null frame indicators of the protocol's header.
        ushort state = U16(p, 24);
        var flags = p[2] != 0 ? FlexRayFlags.Transmitted : FlexRayFlags.None;
        flags |= (state & 0x8) != 0 ? FlexRayFlags.Startup : 0;
        flags |= (state & 0x4) != 0 ? FlexRayFlags.Sync : 0;
        flags |= (state & 0x2) == 0 ? FlexRayFlags.NullFrame : 0;
        flags |= (state & 0x1) != 0 ? FlexRayFlags.PayloadPreamble : 0;
        int length = Math.Min((int)p[26], p.Length - 32);
        frames.AddFlexRay(timeNs, fileOffset, U16(p, 0), flags, U16(p, 20), p[27], U16(p, 22), 0, p.Slice(32, length));
    }

    private void TakeFlexRayReceive(ReadOnlySpan<byte> p, int dataStart, ulong timeNs, long fileOffset)
    {
        ushort mask = U16(p, 4);
        uint bits = U32(p, 36);
        var flags = p[6] != 0 ? FlexRayFlags.Transmitted : FlexRayFlags.None;
        flags |= (FlexRayFlags)((mask & 3) << 1);
        flags |= (bits & 1) != 0 ? FlexRayFlags.NullFrame : 0;
        flags |= (bits & 4) != 0 ? FlexRayFlags.Sync : 0;
        flags |= (bits & 8) != 0 ? FlexRayFlags.Startup : 0;
        flags |= (bits & 16) != 0 ? FlexRayFlags.PayloadPreamble : 0;
        flags |= (bits & 64) != 0 ? FlexRayFlags.Error : 0;
        int length = Math.Min((int)U16(p, 24), p.Length - dataStart);
        uint headerCrc = (mask & 1) != 0 ? U16(p, 18) : U16(p, 20);
        frames.AddFlexRay(timeNs, fileOffset, U16(p, 0), flags, U16(p, 16), (byte)U16(p, 26), headerCrc, dataStart > 44 ? U32(p, 44) : 0, p.Slice(dataStart, length));
    }

    private bool TakeEthernet(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        const int Vlan = 4;
        int length = U16(p, 22);
        if (length > p.Length - 32) return false;
        ushort tpid = U16(p, 18);
        int tag = tpid != 0 ? Vlan : 0;
        var frame = frames.AddEthernet(timeNs, fileOffset, U16(p, 6), Direction(U16(p, 14)), 0, EthernetFrame.MacHeaderBytes + tag + length);
        if (frame.IsEmpty) return true;
        p.Slice(8, 6).CopyTo(frame);
        p[..6].CopyTo(frame[6..]);
        if (tag > 0)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame[12..], tpid);
            BinaryPrimitives.WriteUInt16BigEndian(frame[14..], U16(p, 20));
        }

        BinaryPrimitives.WriteUInt16BigEndian(frame[(12 + tag)..], U16(p, 16));
        p.Slice(32, length).CopyTo(frame[(14 + tag)..]);
        return true;
    }

    private bool TakeEthernetEx(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        int length = U16(p, 22);
        if (length > p.Length - 32) return false;
        var flags = Direction(U16(p, 20));
        uint fcs = U32(p, 16);
        if ((U16(p, 2) & 8) != 0) flags |= EthernetFlags.HasFcs;
        var frame = frames.AddEthernet(timeNs, fileOffset, U16(p, 4), flags, fcs, length);
        if (!frame.IsEmpty) p.Slice(32, length).CopyTo(frame);
        return true;
    }

    private static EthernetFlags Direction(ushort direction) => direction == 0 ? EthernetFlags.None : EthernetFlags.Transmitted;

    private void TakeMarker(ReadOnlySpan<byte> p, ulong timeNs, long fileOffset)
    {
        uint group = U32(p, 16), name = U32(p, 20), description = U32(p, 24);
        uint room = (uint)(p.Length - 40);
        group = Math.Min(group, room);
        name = Math.Min(name, room - group);
        string groupName = Text(p, 40, group);
        string markerName = Text(p, 40 + (int)group, name);
        frames.AddEvent(timeNs, fileOffset, "marker", groupName.Length > 0 ? $"{groupName}/{markerName}" : markerName, Text(p, 40 + (int)(group + name), description));
    }
}
