using System.Buffers.Binary;
using System.Globalization;
using Mesh.Formats.Blocks;
using Mesh.Formats.Bus.Frames;
using Mesh.Formats.Bus.J1939;
using Mesh.Formats.Bus.MdfGroups;
using Mesh.Model;

namespace Mesh.Formats.Bus;

/// <summary>
/// Shows a recording's bus traffic as typed frames and as the messages of databases. Frames and messages keep the place and time of the
/// record they are made of; a J1939 message that was sent in parts follows the frame that completes it, which stays.
/// </summary>
internal sealed class BusRecordingReader : RecordingReader
{
    private const CanFlags NoData = CanFlags.Remote | CanFlags.Error | CanFlags.Overload;
    private readonly RecordingReader inner;
    private readonly RecordingReaderOptions options;
    private readonly BusChannels channels;
    private readonly FrameBuffer frames;
    private readonly MessageRun run = new();
    private readonly LossList own;
    private Route[] routes = [];
    private readonly Traffic?[] traffic = new Traffic?[256];
    private readonly Dictionary<int, Traffic> otherTraffic = [];
    private readonly bool hasGroups;

    public BusRecordingReader(RecordingReader inner, RecordingReaderOptions options)
    {
        this.inner = inner;
        this.options = options;
        channels = new BusChannels(options.Query);
        frames = new FrameBuffer(channels, options.Query);
        own = new LossList(options.MaxLosses);
        foreach (var binding in options.Databases) hasGroups |= binding.Database.Messages.Any(message => message.IsJ1939);
        AddRoutes();
    }

    public override RecordingFormat Format => inner.Format;

    public override IReadOnlyList<RecordingChannel> Channels => channels.List;

    public override IReadOnlyList<DataLoss> Losses =>
        own.Entries.Count == 0 ? inner.Losses : [.. inner.Losses.Concat(own.Entries).OrderBy(loss => loss.Offset)];

    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (await inner.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            AddRoutes();
            bool isCopied = hasGroups || HoldsGroups(block);
            var shown = isCopied ? Copy(block) : Rewrite(block);
            if (!shown.Messages.IsEmpty) return shown;
        }

        return null;
    }

    public override void ReleaseBlock() => inner.ReleaseBlock();

    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var summary = await inner.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
        if (summary is null) return null;
        AddRoutes();
        var counts = new Dictionary<int, long?>();
        var groups = new Dictionary<string, string>();
        foreach (var channel in summary.Channels)
        {
            if (channel.Channel.Index >= routes.Length) continue;
            var route = routes[channel.Channel.Index];
            if (route.Group is not null) groups[route.Group.Group] = channel.Messages?.ToString(CultureInfo.InvariantCulture) ?? "";
            else if (route.Kind is null) counts[route.Outer] = channel.Messages;
        }

        return summary with
        {
            Messages = hasGroups ? null : summary.Messages,
            Channels = [.. channels.List.Select(channel => new ChannelSummary(channel, counts.GetValueOrDefault(channel.Index)))],
            Metadata = groups.Count == 0 ? summary.Metadata : [.. summary.Metadata, new RecordingMetadata("bus groups", groups) { OfFile = true }],
        };
    }

    public override ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        inner.OpenAttachmentAsync(attachment, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private void AddRoutes()
    {
        var list = inner.Channels;
        if (routes.Length == list.Count) return;
        int known = routes.Length;
        Array.Resize(ref routes, list.Count);
        for (int i = known; i < routes.Length; i++)
        {
            var channel = list[i];
            routes[i] = options.BusFrames && BusFrames.GroupOf(channel) is { } group
                ? new Route(group, null, -1)
                : new Route(null, FramesOf(channel), channels.Add(channel.Topic, channel.MessageEncoding, channel.Schema, channel.Metadata));
        }
    }

    private static BusKind? FramesOf(RecordingChannel channel) => BusFrames.IsFrames(channel) ? BusFrameSchemas.KindOf(channel.Schema!) : null;

    private bool HoldsGroups(MessageBlock block)
    {
        // Readers that give groups give blocks of few channels, or many: a group soon shows.
        foreach (ref readonly var message in block.Messages.Span)
        {
            if (routes[message.ChannelIndex].Group is not null) return true;
        }

        return false;
    }

    private Traffic TrafficOf(int busChannel)
    {
        var found = busChannel < traffic.Length ? traffic[busChannel] : otherTraffic.GetValueOrDefault(busChannel);
        if (found is not null) return found;
        var index = new BusMessageIndex(options.Databases, busChannel);
        var transport = index.HasGroups ? new J1939Transport(group => index.FindGroup(group) >= 0, own) : null;
        found = new Traffic(index, transport);
        if (busChannel < traffic.Length) traffic[busChannel] = found;
        else otherTraffic[busChannel] = found;
        return found;
    }

    /// <summary>Shows the messages where they are.</summary>
    private MessageBlock Rewrite(MessageBlock block)
    {
        run.Clear();
        var data = block.Data.Span;
        int lastNumber = -1;
        Traffic? last = null;
        foreach (ref readonly var message in block.Messages.Span)
        {
            ref readonly var route = ref routes[message.ChannelIndex];
            var shown = message with { ChannelIndex = route.Outer };
            if (route.Kind == BusKind.Can && message.Length >= CanFrame.HeaderBytes && message.IsHeld)
            {
                var frame = data.Slice(message.Offset, message.Length);
                int number = CanFrame.Channel(frame);
                if (number != lastNumber) (lastNumber, last) = (number, TrafficOf(number));
                Map(frame, last!, number, ref shown);
            }

            if (channels.IsWanted(shown.ChannelIndex)) run.Add(shown);
        }

        return run.ToBlock(block.Data);
    }

    /// <summary>Shows the messages in memory of its own, with those that are made of several.</summary>
    private MessageBlock Copy(MessageBlock block)
    {
        frames.Clear();
        bool isDirect = options.Databases.Count > 0 && !hasGroups;
        var data = block.Data.Span;
        int lastNumber = -1;
        Traffic? last = null;
        foreach (ref readonly var message in block.Messages.Span)
        {
            ref readonly var route = ref routes[message.ChannelIndex];
            var record = data.Slice(message.Offset, message.Length);
            if (isDirect && route.Group is { HoldsCanData: true } group && group.TryCanData(record, out uint id, out int bus, out var payload))
            {
                // The message of a database is made straight from the record; the frame, which nobody would see, is not.
                if (bus != lastNumber) (lastNumber, last) = (bus, TrafficOf(bus));
                int index = last!.Index.Find(id);
                if (index >= 0)
                {
                    int channel = last.Index.ChannelOf(index, bus, channels);
                    if (channels.IsWanted(channel)) frames.Append(channel, message, payload);
                    continue;
                }
            }

            bool isCan = route.Kind == BusKind.Can && message.Length >= CanFrame.HeaderBytes;
            if (route.Group is null)
            {
                record.CopyTo(frames.Append(route.Outer, message.LogTimeNs, message.PublishTimeNs, message.Sequence, message.FileOffset, message.Length));
            }
            else if (route.Group.Append(record, message, frames, channels) < 0)
            {
                own.Add(BusLosses.MalformedRecord, message.FileOffset, message.Length, $"a record of group '{route.Group.Group}' with all its fields", "a shorter one");
                continue;
            }
            else
            {
                isCan = route.Group.Bus == BusKind.Can;
            }

            if (!isCan || options.Databases.Count == 0)
            {
                if (!channels.IsWanted(frames.Last.ChannelIndex)) frames.RemoveLast();
                continue;
            }

            var frame = frames.LastBytes;
            int number = CanFrame.Channel(frame);
            if (number != lastNumber) (lastNumber, last) = (number, TrafficOf(number));
            Map(frame, last!, number, ref frames.Last);
            if (!channels.IsWanted(frames.Last.ChannelIndex)) frames.RemoveLast();
            if (last!.Transport is not null) Reassemble(frame, last, number, message);
        }

        return frames.ToBlock();
    }

    /// <summary>Makes of a frame the message that the databases know; leaves it when they know none.</summary>
    private void Map(ReadOnlySpan<byte> frame, Traffic bus, int number, ref MessageRef shown)
    {
        if (bus.Index.IsEmpty || (CanFrame.Flags(frame) & NoData) != 0) return;
        int index = bus.Index.Find(CanFrame.Id(frame));
        if (index < 0) return;
        int skipped = bus.Index[index].IsJ1939 ? CanFrame.IdOffset : CanFrame.HeaderBytes;
        shown = shown with
        {
            ChannelIndex = bus.Index.ChannelOf(index, number, channels), Offset = shown.Offset + skipped, Length = shown.Length - skipped,
        };
    }

    /// <summary>Shows the parameter group that a frame completes, behind it.</summary>
    private void Reassemble(ReadOnlySpan<byte> frame, Traffic bus, int number, in MessageRef source)
    {
        uint id = CanFrame.Id(frame);
        if ((id & CanFrame.ExtendedFlag) == 0 || (CanFrame.Flags(frame) & NoData) != 0) return;
        var payload = bus.Transport!.Take(id & CanFrame.IdMask, frame[CanFrame.HeaderBytes..], source.LogTimeNs, source.FileOffset, out uint messageId);
        if (payload.IsEmpty) return;
        int channel = bus.Index.ChannelOf(bus.Index.FindGroup(J1939Id.ParameterGroup(messageId)), number, channels);
        if (!channels.IsWanted(channel)) return;
        var message = frames.Append(channel, source.LogTimeNs, source.PublishTimeNs, source.Sequence, source.FileOffset, sizeof(uint) + payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message, messageId | CanFrame.ExtendedFlag);
        payload.CopyTo(message[sizeof(uint)..]);
    }

    /// <summary>What becomes of an inner channel's messages: records of a group, frames of a kind, or neither.</summary>
    private readonly record struct Route(MdfBusGroup? Group, BusKind? Kind, int Outer);

    private sealed record Traffic(BusMessageIndex Index, J1939Transport? Transport);
}
