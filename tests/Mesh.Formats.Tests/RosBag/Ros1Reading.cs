using Mesh.Formats.RosBag;
using Mesh.Model;
using Xunit;

namespace Mesh.Formats.Tests.RosBag;

/// <summary>Reads whole bags into lists, for comparison.</summary>
internal static class Ros1Reading
{
    internal sealed record ReadMessage(RecordingChannel Channel, ulong LogTimeNs, ulong PublishTimeNs, byte[] Payload, long FileOffset);

    internal sealed record ReadRecording(List<ReadMessage> Messages, IReadOnlyList<RecordingChannel> Channels, IReadOnlyList<DataLoss> Losses);

    public static async Task<ReadRecording> ReadAsync(byte[] file, RecordingReaderOptions? options = null, string name = "memory")
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var reader = await Ros1BagReader.OpenAsync(new MemoryByteSource(file, name), options ?? new RecordingReaderOptions(), cancellationToken);
        List<ReadMessage> messages = [];
        while (await reader.ReadBlockAsync(cancellationToken) is { } block)
        {
            foreach (var message in block.Messages.Span)
            {
                messages.Add(new ReadMessage(reader.Channels[message.ChannelIndex], message.LogTimeNs, message.PublishTimeNs, block[message].ToArray(), message.FileOffset));
            }
        }

        return new ReadRecording(messages, [.. reader.Channels], [.. reader.Losses]);
    }

    public static async Task<RecordingSummary?> SummariseAsync(byte[] file)
    {
        await using var reader = await Ros1BagReader.OpenAsync(new MemoryByteSource(file), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
        return await reader.ReadSummaryAsync(TestContext.Current.CancellationToken);
    }

    public static uint Crc(IEnumerable<ReadMessage> messages)
    {
        uint crc = 0;
        foreach (var message in messages) crc = Crc32.Append(crc, message.Payload);
        return crc;
    }
}
