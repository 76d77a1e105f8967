using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Streaming.Ingest;

namespace Mesh.Decode;

/// <summary>
/// The first pass over a recording: reads nothing but timestamps, and hands them to whoever estimates clocks. Decodes no values but those of a truth
/// channel that says the true time in a field.
/// </summary>
public static class StampScanner
{
    private const string TrueTimeField = "time_ref";

    /// <summary>Reads a recording forward to its end.</summary>
    /// <param name="reader">The recording.</param>
    /// <param name="correct">Gives a channel the schema it should have been recorded with, as the second pass does.</param>
    /// <param name="selects">Whether the clock of a corrected channel is wanted.</param>
    /// <param name="stamps">Takes the stamps.</param>
    /// <param name="options">Limits of the message decoders.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async Task ScanAsync(
        RecordingReader reader, Func<RecordingChannel, RecordingChannel> correct, Func<RecordingChannel, bool> selects, IClockStamps stamps,
        MessageDecoderOptions options, CancellationToken cancellationToken)
    {
        var routes = new List<Route>();
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            while (routes.Count < reader.Channels.Count) routes.Add(RouteOf(correct(reader.Channels[routes.Count]), selects, stamps, options));
            Scan(block, routes, stamps);
        }
    }

    private static void Scan(MessageBlock block, List<Route> routes, IClockStamps stamps)
    {
        var data = block.Data.Span;
        foreach (ref readonly var message in block.Messages.Span)
        {
            var route = routes[message.ChannelIndex];
            if (route.Decoder is null || message.LogTimeNs > long.MaxValue || !message.IsHeld) continue;
            var payload = data.Slice(message.Offset, message.Length);
            long logTimeNs = (long)message.LogTimeNs;
            bool hasStamp = route.Decoder.TryReadStampNs(payload, out long stampNs) && stampNs != 0;
            route.Stamps?.Add(hasStamp ? stampNs : null, logTimeNs);
            if (!route.IsTruth) continue;

            // sensor_msgs/TimeReference: the header says when, on the host's clock, the source said time_ref.
            if (route.TrueTime is { } trueTime)
            {
                if (trueTime.TryRead(payload, out long trueNs)) stamps.AddTruth(hasStamp ? stampNs : logTimeNs, trueNs, isExact: hasStamp);
            }
            else if (hasStamp)
            {
                stamps.AddTruth(logTimeNs, stampNs, isExact: false);
            }
        }
    }

    private static Route RouteOf(RecordingChannel channel, Func<RecordingChannel, bool> selects, IClockStamps stamps, MessageDecoderOptions options)
    {
        bool isTruth = stamps.IsTruth(channel.Topic);
        var taker = selects(channel) ? stamps.Of(channel.Topic) : null;
        if (taker is null && !isTruth) return default;
        try
        {
            var decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema, options);
            return new Route(decoder, taker, isTruth, isTruth ? TrueTimeReader.Of(decoder) : null);
        }
        catch (MeshException refusal) when (!refusal.IsTransient)
        {
            // The second pass says why in dead letters.
            return default;
        }
    }

    private readonly record struct Route(MessageDecoder? Decoder, IChannelStamps? Stamps, bool IsTruth, TrueTimeReader? TrueTime);

    /// <summary>Reads seconds and nanoseconds of a field.</summary>
    private sealed class TrueTimeReader(MessageDecoder decoder, int field)
    {
        private readonly StructBuilder builder = new(decoder.Type);

        public static TrueTimeReader? Of(MessageDecoder decoder)
        {
            for (int i = 0; i < decoder.Type.Fields.Count; i++)
            {
                if (decoder.Type.Fields[i] is { Name: TrueTimeField, Type: StructType { Fields.Count: 2 } parts } && parts.Fields.All(part => part.Type.Kind is TypeKind.Int32 or TypeKind.Int64))
                {
                    return new TrueTimeReader(decoder, i);
                }
            }

            return null;
        }

        public bool TryRead(ReadOnlySpan<byte> payload, out long trueNs)
        {
            trueNs = 0;
            try
            {
                decoder.Decode(payload, builder.ChildSpan);
            }
            catch (MessageFormatException)
            {
                builder.DiscardOpenStruct();
                return false;
            }

            builder.EndStruct();
            var parts = builder.Build().Children[field].Children;
            long seconds = Number(parts[0]);
            if (Math.Abs(seconds) > 4_000_000_000) return false;
            trueNs = seconds * 1_000_000_000 + Number(parts[1]);
            return trueNs != 0;
        }

        private static long Number(ColumnVector column) => column.Type.Kind == TypeKind.Int32 ? column.Values<int>()[0] : column.Values<long>()[0];
    }
}
