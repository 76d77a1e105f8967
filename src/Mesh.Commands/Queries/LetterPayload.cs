using System.Buffers;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Rows;
using Mesh.Decode;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Commands.Queries;

/// <summary>The message of a letter, found again in its recording by channel and sequence, and decoded by the schema it was recorded with.</summary>
internal static class LetterPayload
{
    /// <summary>Reads the recording up to the message.</summary>
    /// <returns>The payload with its channel; null when the recording has no such message.</returns>
    /// <exception cref="MeshException">The recording is gone, or is none.</exception>
    public static async Task<(byte[] Payload, RecordingChannel Channel)?> FindAsync(
        IObjectStore landing, string uri, string fileName, DeadLetterEntry letter, CancellationToken cancellationToken)
    {
        var source = await landing.OpenAsync(landing.KeyOf(uri), cancellationToken).ConfigureAwait(false);
        RecordingReader reader;
        try
        {
            reader = await RecordingFormats.OpenAsync(new NamedByteSource(source, fileName), new RecordingReaderOptions { Parallelism = 1, MaxBufferedBytes = 32L << 20 }, cancellationToken)
                .ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        await using (reader.ConfigureAwait(false))
        {
            long sequence = 0;
            while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
            {
                for (int i = 0; i < block.Messages.Length; i++)
                {
                    var message = block.Messages.Span[i];
                    var channel = reader.Channels[message.ChannelIndex];
                    if (channel.Topic != letter.Channel || sequence++ != letter.Sequence) continue;
                    return (block[message].ToArray(), channel);
                }
            }
        }

        return null;
    }

    /// <summary>Decodes a payload; what has been decoded when it fails is not shown, because it may be wrong already.</summary>
    public static (JsonElement? Decoded, string? Problem) Decode(byte[] payload, RecordingChannel channel)
    {
        try
        {
            var decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema);
            ColumnBuilder[] columns = [.. decoder.Type.Fields.Select(field => ColumnBuilder.Create(field.Type))];
            decoder.Decode(payload, columns);
            var buffer = new ArrayBufferWriter<byte>();
            using (var json = new Utf8JsonWriter(buffer))
            {
                json.WriteStartObject();
                for (int i = 0; i < columns.Length; i++)
                {
                    json.WritePropertyName(decoder.Type.Fields[i].Name);
                    RowJson.WriteValue(json, columns[i].Build(), 0);
                }

                json.WriteEndObject();
            }

            return (JsonSerializer.Deserialize<JsonElement>(buffer.WrittenSpan), null);
        }
        catch (MeshException exception)
        {
            return (null, $"{exception.Code}: {exception.Message}");
        }
    }
}
