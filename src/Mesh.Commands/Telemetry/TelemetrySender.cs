using System.Globalization;
using System.Text;
using Mesh.Decode.Telemetry;
using Mesh.Formats;
using Mesh.Kafka;

namespace Mesh.Commands.Telemetry;

/// <summary>Replays the messages of a recording as telemetry, at the pace they were recorded or another.</summary>
/// <param name="producer">Where to.</param>
/// <param name="time">Clock of the pace.</param>
public sealed class TelemetrySender(RecordProducer producer, TimeProvider time)
{
    private const int MaxInFlight = 1000;

    /// <summary>Sends a recording.</summary>
    /// <param name="reader">The recording.</param>
    /// <param name="vehicle">Key of the messages.</param>
    /// <param name="session">Session of the sequence numbers.</param>
    /// <param name="rate">Multiple of the recorded pace; 0 for as fast as it goes.</param>
    /// <param name="now">Whether log times are moved so that the first message is of now.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH7101</c> (transient), <c>MESH7103</c>: the log did not take a message.</exception>
    public async Task<TelemetrySent> SendAsync(RecordingReader reader, string vehicle, string session, double rate, bool now, CancellationToken cancellationToken)
    {
        byte[] key = Encoding.UTF8.GetBytes(vehicle);
        long sent = 0, skipped = 0;
        ulong first = 0;
        long started = time.GetTimestamp();
        long shift = 0;
        var underWay = new Queue<Task>();
        while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
        {
            for (int i = 0; i < block.Messages.Length; i++)
            {
                var message = block.Messages.Span[i];
                var channel = reader.Channels[message.ChannelIndex];
                if (channel.MessageEncoding is not ("protobuf" or "json" or "cdr" or "ros1"))
                {
                    skipped++;
                    continue;
                }

                if (sent == 0)
                {
                    first = message.LogTimeNs;
                    if (now) shift = (time.GetUtcNow().ToUnixTimeMilliseconds() * 1_000_000) - (long)first;
                }

                if (rate > 0 && message.LogTimeNs > first)
                {
                    var due = TimeSpan.FromTicks((long)((message.LogTimeNs - first) / 100 / rate));
                    var left = due - time.GetElapsedTime(started);
                    if (left > TimeSpan.Zero) await Task.Delay(left, time, cancellationToken).ConfigureAwait(false);
                }

                if (underWay.Count >= MaxInFlight) await underWay.Dequeue().ConfigureAwait(false);
                underWay.Enqueue(producer.SendBinaryAsync(
                    Topics.Telemetry, key, block.Data.Slice(message.Offset, message.Length).ToArray(), HeadersOf(channel, message, shift, session, sent), cancellationToken));
                sent++;
            }
        }

        await Task.WhenAll(underWay).ConfigureAwait(false);
        return new TelemetrySent(sent, skipped);
    }

    private static List<KeyValuePair<string, byte[]>> HeadersOf(RecordingChannel channel, in MessageRef message, long shift, string session, long sequence)
    {
        List<KeyValuePair<string, byte[]>> headers =
        [
            Text(TelemetryHeaders.Encoding, channel.MessageEncoding), Text(TelemetryHeaders.Channel, channel.Topic),
            Text(TelemetryHeaders.LogTime, ((long)message.LogTimeNs + shift).ToString(CultureInfo.InvariantCulture)),
            Text(TelemetryHeaders.PublishTime, ((long)message.PublishTimeNs + shift).ToString(CultureInfo.InvariantCulture)),
            Text(TelemetryHeaders.Producer, "mesh telemetry send"), Text(TelemetryHeaders.Session, session),
            Text(TelemetryHeaders.Sequence, sequence.ToString(CultureInfo.InvariantCulture)),
        ];
        if (channel.Schema is { } schema)
        {
            headers.Add(Text(TelemetryHeaders.Schema, schema.Name));
            headers.Add(Text(TelemetryHeaders.SchemaEncoding, schema.Encoding));
            headers.Add(KeyValuePair.Create(TelemetryHeaders.SchemaData, schema.Data.ToArray()));
        }

        return headers;
    }

    private static KeyValuePair<string, byte[]> Text(string name, string value) => KeyValuePair.Create(name, Encoding.UTF8.GetBytes(value));
}

/// <summary>What was sent.</summary>
/// <param name="Sent">Messages the log has.</param>
/// <param name="Skipped">Messages of encodings that telemetry does not have.</param>
public sealed record TelemetrySent(long Sent, long Skipped);
