using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using Mesh.Formats.Blocks;

namespace Mesh.Formats.Bus.Frames;

/// <summary>Collects the frames of one block: their bytes and where they are. Reused from block to block.</summary>
internal sealed class FrameBuffer(BusChannels channels, RecordingQuery query)
{
    private static readonly MessageSchema EventSchema = new("bus_event", "jsonschema",
        """{"type":"object","properties":{"kind":{"type":"string"},"name":{"type":"string"},"text":{"type":"string"}}}"""u8.ToArray());

    private readonly MessageRun run = new();
    private byte[] bytes = new byte[16 << 10];
    private int used;
    private int eventChannel = -1;

    public int Count => run.Count;

    /// <summary>Bytes of the frames.</summary>
    public int Used => used;

    /// <summary>The message added last.</summary>
    public ref MessageRef Last => ref run.Messages[^1];

    /// <summary>Bytes of the message added last.</summary>
    public ReadOnlySpan<byte> LastBytes => bytes.AsSpan(Last.Offset, Last.Length);

    public void RemoveLast() => run.RemoveLast();

    public void Clear()
    {
        run.Clear();
        used = 0;
    }

    public MessageBlock ToBlock() => run.ToBlock(bytes);

    public void AddCan(
        ulong timeNs, long fileOffset, int channel, CanFlags flags, uint id, byte dlc, ReadOnlySpan<byte> data, byte errorType = 0, ushort errorPosition = 0)
    {
        var frame = Begin(BusKind.Can, channel, timeNs, fileOffset, CanFrame.HeaderBytes + data.Length);
        if (frame.IsEmpty) return;
        CanFrame.WriteHeader(frame, channel, flags, id, dlc, errorType, errorPosition);
        data.CopyTo(frame[CanFrame.HeaderBytes..]);
    }

    public void AddLin(ulong timeNs, long fileOffset, int channel, LinFlags flags, LinKind kind, byte id, byte checksum, byte length, ReadOnlySpan<byte> data)
    {
        var frame = Begin(BusKind.Lin, channel, timeNs, fileOffset, LinFrame.HeaderBytes + data.Length);
        if (frame.IsEmpty) return;
        LinFrame.WriteHeader(frame, channel, flags, kind, id, checksum, length);
        data.CopyTo(frame[LinFrame.HeaderBytes..]);
    }

    public void AddFlexRay(
        ulong timeNs, long fileOffset, int channel, FlexRayFlags flags, ushort slot, byte cycle, uint headerCrc, uint frameCrc, ReadOnlySpan<byte> data)
    {
        var frame = Begin(BusKind.FlexRay, channel, timeNs, fileOffset, FlexRayFrame.HeaderBytes + data.Length);
        if (frame.IsEmpty) return;
        FlexRayFrame.WriteHeader(frame, channel, flags, slot, cycle, headerCrc, frameCrc);
        data.CopyTo(frame[FlexRayFrame.HeaderBytes..]);
    }

    /// <summary>Adds an Ethernet frame; the caller fills the returned bytes with it. Empty when it is not wanted.</summary>
    public Span<byte> AddEthernet(ulong timeNs, long fileOffset, int channel, EthernetFlags flags, uint fcs, int frameBytes)
    {
        var frame = Begin(BusKind.Ethernet, channel, timeNs, fileOffset, EthernetFrame.HeaderBytes + frameBytes);
        if (frame.IsEmpty) return default;
        EthernetFrame.WriteHeader(frame, channel, flags, fcs);
        return frame[EthernetFrame.HeaderBytes..];
    }

    /// <summary>Adds a mark that somebody set in the log.</summary>
    public void AddEvent(ulong timeNs, long fileOffset, string kind, string name, string text)
    {
        if (eventChannel < 0) eventChannel = channels.Add("events", "json", EventSchema);
        if (!channels.IsWanted(eventChannel) || !query.Selects(timeNs)) return;
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            writer.WriteString("kind", kind);
            writer.WriteString("name", name);
            writer.WriteString("text", text);
            writer.WriteEndObject();
        }

        json.WrittenSpan.CopyTo(Append(eventChannel, timeNs, timeNs, 0, fileOffset, json.WrittenCount));
    }

    /// <summary>Appends a message of any channel, wanted or not, with the times and the place of the record it is made of.</summary>
    public void Append(int channelIndex, in MessageRef source, ReadOnlySpan<byte> payload)
    {
        if (bytes.Length - used < payload.Length) Grow(payload.Length);
        run.Next() = source with { ChannelIndex = channelIndex, Offset = used, Length = payload.Length };
        if (payload.Length == sizeof(ulong)) Unsafe.WriteUnaligned(ref bytes[used], Unsafe.ReadUnaligned<ulong>(ref MemoryMarshal.GetReference(payload)));
        else payload.CopyTo(bytes.AsSpan(used));
        used += payload.Length;
    }

    /// <summary>Appends a message of any channel, whether wanted or not; the caller fills the returned bytes.</summary>
    public Span<byte> Append(int channelIndex, ulong logTimeNs, ulong publishTimeNs, uint sequence, long fileOffset, int length)
    {
        if (bytes.Length - used < length) Grow(length);
        run.Next() = new MessageRef(channelIndex, sequence, logTimeNs, publishTimeNs, used, length, fileOffset);
        used += length;
        return bytes.AsSpan(used - length, length);
    }

    private void Grow(int by) => Array.Resize(ref bytes, (int)Math.Min(Array.MaxLength, Math.Max(bytes.Length * 2L, (long)used + by)));

    private Span<byte> Begin(BusKind kind, int channel, ulong timeNs, long fileOffset, int length)
    {
        int index = channels.IndexOf(kind, channel);
        if (!channels.IsWanted(index) || timeNs < query.StartTimeNs || timeNs > query.EndTimeNs) return default;
        return Append(index, timeNs, timeNs, 0, fileOffset, length);
    }
}
