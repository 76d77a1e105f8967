using Mesh.Formats.Mcap;
using Mesh.Model;
using Xunit;

namespace Mesh.Formats.Tests.Mcap;

/// <summary>Reads whole recordings into lists, for comparison.</summary>
internal static class McapReading
{
    internal sealed record ReadMessage(RecordingChannel Channel, uint Sequence, ulong LogTimeNs, ulong PublishTimeNs, byte[] Payload, long FileOffset);

    internal sealed record ReadRecording(List<ReadMessage> Messages, IReadOnlyList<RecordingChannel> Channels, IReadOnlyList<DataLoss> Losses);

    public static async Task<ReadRecording> ForwardAsync(byte[] file, McapReaderOptions? options = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var reader = await McapRecordingReader.OpenAsync(new MemoryByteSource(file), options, cancellationToken);
        return await AllAsync(reader);
    }

    /// <summary>Through the index where there is one, by log time unless told otherwise.</summary>
    public static async Task<ReadRecording> IndexedAsync(
        byte[] file, RecordingQuery? query = null, McapReaderOptions? options = null, RecordingOrder order = RecordingOrder.LogTime)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var reader = await McapIndexedReader.OpenAsync(new MemoryByteSource(file), options, query ?? RecordingQuery.All, order, cancellationToken);
        return await AllAsync(reader);
    }

    public static async Task<ReadRecording> AllAsync(RecordingReader reader)
    {
        List<ReadMessage> messages = [];
        while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block) Collect(block, reader.Channels, messages);
        return new ReadRecording(messages, [.. reader.Channels], [.. reader.Losses]);
    }

    private static void Collect(MessageBlock block, IReadOnlyList<RecordingChannel> channels, List<ReadMessage> messages)
    {
        foreach (var message in block.Messages.Span)
        {
            messages.Add(new ReadMessage(channels[message.ChannelIndex], message.Sequence, message.LogTimeNs, message.PublishTimeNs,
                block[message].ToArray(), message.FileOffset));
        }
    }
}
