using System.Globalization;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Formats.Tests.Bus;

/// <summary>Reads recordings and writes down their messages in a line each.</summary>
internal static class Frames
{
    public static async Task<(List<string> Lines, IReadOnlyList<DataLoss> Losses)> ReadAsync(byte[] file, RecordingReaderOptions? options = null)
    {
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(file), options ?? new RecordingReaderOptions(), default);
        return (await ReadAsync(reader), reader.Losses);
    }

    public static async Task<List<string>> ReadAsync(RecordingReader reader)
    {
        var lines = new List<string>();
        var decoders = new Dictionary<int, MessageDecoder>();
        while (await reader.ReadBlockAsync(default) is { } block)
        {
            for (int i = 0; i < block.Messages.Length; i++)
            {
                var message = block.Messages.Span[i];
                var channel = reader.Channels[message.ChannelIndex];
                if (!decoders.TryGetValue(message.ChannelIndex, out var decoder))
                {
                    decoders[message.ChannelIndex] = decoder = MessageDecoders.Create(channel.MessageEncoding, channel.Schema);
                }

                var builder = new StructBuilder(decoder.Type);
                decoder.Decode(block[message], [.. builder.Children]);
                builder.EndStruct();
                var row = Signals.Rows(builder.BuildBatch())[0];
                var values = row.Where(pair => pair.Value is not (null or false or "") && pair.Key != "bus_channel");
                lines.Add(string.Create(CultureInfo.InvariantCulture, $"{message.LogTimeNs} {channel.Topic} {string.Join(' ', values.Select(pair => Text(pair.Key, pair.Value!)))}"));
            }
        }

        return lines;
    }

    private static string Text(string name, object value) => value switch
    {
        true => name,
        long number when name == "id" => string.Create(CultureInfo.InvariantCulture, $"id={number:x}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{name}={value}"),
    };
}
