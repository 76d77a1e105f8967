using System.Buffers.Binary;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Bus;

/// <summary>
/// Splits messages of raw CAN frames into typed frames and the messages of databases, as recordings of bus traffic are shown. Not thread-safe.
/// </summary>
/// <remarks>
/// A message is a sequence of frames, little-endian: time in nanoseconds since 1970 (64 bits; 0 takes the message's log time), identifier with bit 31
/// set in the extended format (32), number of the bus (16), flags (8: 1 sent, 2 FD, 4 bit rate switch, 8 error state, 16 remote, 32 error, 64 overload,
/// 128 direction unknown), number of data bytes (8, at most 64), the data. J1939 messages sent in parts are not put together.
/// </remarks>
/// <param name="databases">Databases that know frames.</param>
public sealed class CanFrameSplitter(IReadOnlyList<BusDatabaseBinding> databases)
{
    /// <summary>Most frames of a message.</summary>
    public const int MaxFrames = 4096;

    /// <summary>Bytes of a frame before its data.</summary>
    public const int HeaderBytes = 16;

    private const int MaxDataBytes = 64;
    private const CanFlags NoData = CanFlags.Remote | CanFlags.Error | CanFlags.Overload;

    private readonly BusChannels channels = new(new RecordingQuery());
    private readonly Dictionary<int, BusMessageIndex> indexes = [];
    private readonly List<MessageRef> messages = [];
    private byte[] data = [];

    /// <summary>The channels of the messages split so far; grows.</summary>
    public IReadOnlyList<RecordingChannel> Channels => channels.List;

    /// <summary>Bytes that <see cref="MessageRef.Offset"/> counts in; valid until the next call.</summary>
    public ReadOnlySpan<byte> Data => data;

    /// <summary>Splits a message.</summary>
    /// <param name="value">The message.</param>
    /// <param name="logTimeNs">Its log time.</param>
    /// <param name="publishTimeNs">Its publish time.</param>
    /// <returns>One for each frame, in order; valid until the next call.</returns>
    /// <exception cref="MessageFormatException"><c>MESH10510</c>: a frame is cut or too long, or there are too many.</exception>
    public IReadOnlyList<MessageRef> Split(ReadOnlySpan<byte> value, ulong logTimeNs, ulong publishTimeNs)
    {
        messages.Clear();
        // A typed frame is shorter than a raw one.
        if (data.Length < value.Length) data = new byte[Math.Max(value.Length, data.Length * 2)];
        int used = 0;
        for (int at = 0; at < value.Length;)
        {
            if (messages.Count == MaxFrames) throw new MessageFormatException("MESH10510", at, $"at most {MaxFrames} frames", "more");
            if (value.Length - at < HeaderBytes) throw new MessageFormatException("MESH10510", at, $"a frame of at least {HeaderBytes} bytes", $"{value.Length - at}");
            var head = value[at..];
            int length = head[15];
            if (length > MaxDataBytes || head.Length - HeaderBytes < length) throw new MessageFormatException("MESH10510", at + 15, $"at most {Math.Min(MaxDataBytes, head.Length - HeaderBytes)} data bytes", $"{length}");
            ulong time = BinaryPrimitives.ReadUInt64LittleEndian(head);
            uint id = BinaryPrimitives.ReadUInt32LittleEndian(head[8..]);
            int bus = BinaryPrimitives.ReadUInt16LittleEndian(head[12..]);
            var flags = (CanFlags)head[14];
            CanFrame.WriteHeader(data.AsSpan(used), bus, flags, id, CanFrame.DlcOf(length), 0, 0);
            head.Slice(HeaderBytes, length).CopyTo(data.AsSpan(used + CanFrame.HeaderBytes));
            messages.Add(Map(
                bus, flags, id,
                new MessageRef(0, 0, time == 0 ? logTimeNs : time, time == 0 ? publishTimeNs : time, used, CanFrame.HeaderBytes + length, at)));
            used += CanFrame.HeaderBytes + length;
            at += HeaderBytes + length;
        }

        return messages;
    }

    private MessageRef Map(int bus, CanFlags flags, uint id, in MessageRef frame)
    {
        if (!indexes.TryGetValue(bus, out var index)) indexes[bus] = index = new BusMessageIndex(databases, bus);
        int known = index.IsEmpty || (flags & NoData) != 0 ? -1 : index.Find(id);
        if (known < 0) return frame with { ChannelIndex = channels.IndexOf(BusKind.Can, bus) };
        int skipped = index[known].IsJ1939 ? CanFrame.IdOffset : CanFrame.HeaderBytes;
        return frame with { ChannelIndex = index.ChannelOf(known, bus, channels), Offset = frame.Offset + skipped, Length = frame.Length - skipped };
    }
}
