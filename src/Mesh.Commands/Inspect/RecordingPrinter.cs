using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Recordings;
using Mesh.Commands.Rows;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Commands.Inspect;

/// <summary>Prints messages as JSON lines: topic, times, and the decoded fields, or why they could not be decoded.</summary>
public static class RecordingPrinter
{
    /// <summary>Prints the messages of a recording in file order.</summary>
    /// <param name="path">The recording.</param>
    /// <param name="options">Which messages, and how to read.</param>
    /// <param name="decoding">Limits of the decoders, and whether values stay raw.</param>
    /// <param name="limit">Most messages.</param>
    /// <param name="output">Takes UTF-8.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Damage met on the way, and how many messages could not be decoded.</returns>
    public static async Task<(IReadOnlyList<DataLoss> Losses, long Undecoded)> PrintAsync(
        string path, RecordingReaderOptions options, MessageDecoderOptions decoding, long limit, Stream output, CancellationToken cancellationToken)
    {
        var reader = await RecordingInput.OpenAsync(path, options, null, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            var jsonOptions = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
            var decoders = new List<ChannelDecoder>();
            while (limit > 0 && await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
            {
                while (decoders.Count < reader.Channels.Count) decoders.Add(new ChannelDecoder(reader.Channels[decoders.Count], decoding));
                foreach (var message in block.Messages.ToArray())
                {
                    var decoder = decoders[message.ChannelIndex];
                    if (limit-- == 0) break;
                    using (var json = new Utf8JsonWriter(buffer, jsonOptions)) decoder.Write(json, message, block[message]);
                    buffer.Write("\n"u8);
                    if (buffer.WrittenCount < 1 << 16) continue;
                    await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
                    buffer.ResetWrittenCount();
                }
            }

            await output.WriteAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            return ([.. reader.Losses], decoders.Sum(decoder => decoder.Undecoded));
        }
    }

    private static void Write(this System.Buffers.ArrayBufferWriter<byte> buffer, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(buffer.GetSpan(bytes.Length));
        buffer.Advance(bytes.Length);
    }

    private sealed class ChannelDecoder
    {
        private readonly RecordingChannel channel;
        private readonly MessageDecoder? decoder;
        private readonly ColumnBuilder[] columns = [];
        private readonly string? error;

        public ChannelDecoder(RecordingChannel channel, MessageDecoderOptions options)
        {
            this.channel = channel;
            try
            {
                decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema, options);
                columns = [.. decoder.Type.Fields.Select(field => ColumnBuilder.Create(field.Type))];
            }
            catch (MeshException exception)
            {
                error = $"{exception.Code}: {exception.Message}";
            }
        }

        public long Undecoded { get; private set; }

        public void Write(Utf8JsonWriter json, in MessageRef message, ReadOnlySpan<byte> payload)
        {
            json.WriteStartObject();
            json.WriteString("topic", channel.Topic);
            json.WriteNumber("sequence", message.Sequence);
            json.WriteNumber("log_time_ns", message.LogTimeNs);
            json.WriteNumber("publish_time_ns", message.PublishTimeNs);
            if (TryDecode(payload, out string? problem))
            {
                json.WritePropertyName("message");
                json.WriteStartObject();
                for (int i = 0; i < columns.Length; i++)
                {
                    json.WritePropertyName(decoder!.Type.Fields[i].Name);
                    RowJson.WriteValue(json, columns[i].Build(), 0);
                }

                json.WriteEndObject();
            }
            else
            {
                Undecoded++;
                json.WriteString("error", problem);
                json.WriteBase64String("data", payload);
            }

            json.WriteEndObject();
        }

        private bool TryDecode(ReadOnlySpan<byte> payload, out string? problem)
        {
            problem = error;
            if (decoder is null) return false;
            try
            {
                decoder.Decode(payload, columns);
                return true;
            }
            catch (MessageFormatException exception)
            {
                problem = $"{exception.Code}: {exception.Message}";
                for (int i = 0; i < columns.Length; i++) columns[i] = ColumnBuilder.Create(decoder.Type.Fields[i].Type);
                return false;
            }
        }
    }
}
