using Mesh.Formats.Ros2Bag;
using Mesh.Model;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Reads whole recordings into lists, for comparison.</summary>
internal static class BagReading
{
    internal sealed record ReadMessage(RecordingChannel Channel, uint Sequence, ulong LogTimeNs, ulong PublishTimeNs, byte[] Payload, long FileOffset);

    internal sealed record ReadRecording(List<ReadMessage> Messages, IReadOnlyList<RecordingChannel> Channels, IReadOnlyList<DataLoss> Losses, RecordingSummary? Summary);

    public static Task<ReadRecording> FileAsync(string path, RecordingReaderOptions? options = null) =>
        BytesAsync(File.ReadAllBytes(path), path, (options ?? new RecordingReaderOptions()) with { Folder = new DirectoryFolder(Path.GetDirectoryName(path)!) });

    public static async Task<ReadRecording> BytesAsync(byte[] file, string name = "memory", RecordingReaderOptions? options = null) =>
        await ReadAsync(await RecordingFormats.OpenAsync(new MemoryByteSource(file, name), options ?? new RecordingReaderOptions(), TestContext.Current.CancellationToken));

    public static async Task<ReadRecording> FolderAsync(string folder, RecordingReaderOptions? options = null)
    {
        var files = new DirectoryFolder(folder);
        return await ReadAsync(await Ros2BagFolder.OpenAsync(files, folder, (options ?? new RecordingReaderOptions()) with { Folder = files }, TestContext.Current.CancellationToken));
    }

    public static async Task<ReadRecording> ReadAsync(RecordingReader opened)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var reader = opened;
        var summary = await reader.ReadSummaryAsync(cancellationToken);
        List<ReadMessage> messages = [];
        while (await reader.ReadBlockAsync(cancellationToken) is { } block)
        {
            foreach (var message in block.Messages.Span)
            {
                messages.Add(new ReadMessage(reader.Channels[message.ChannelIndex], message.Sequence, message.LogTimeNs, message.PublishTimeNs,
                    block[message].ToArray(), message.FileOffset));
            }
        }

        return new ReadRecording(messages, [.. reader.Channels], [.. reader.Losses], summary);
    }

    internal sealed class DirectoryFolder(string path) : IRecordingFolder
    {
        public ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken)
        {
            string file = Path.Combine(path, name);
            return new(File.Exists(file) ? new MemoryByteSource(File.ReadAllBytes(file), file) : null);
        }

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
            new([.. Directory.GetFiles(path).Select(file => Path.GetFileName(file))]);
    }
}
