using Mesh.Formats;
using Mesh.Formats.Ros2Bag;
using Mesh.Model;

namespace Mesh.Simulation.Tests;

/// <summary>Reads simulated recordings of any format.</summary>
internal static class DriveFormats
{
    internal sealed record ReadMessage(string Topic, ulong LogTimeNs, byte[] Payload);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RecordingReader> OpenAsync(string path)
    {
        if (Directory.Exists(path)) return await Ros2BagFolder.OpenAsync(new LocalFolder(path), path, new RecordingReaderOptions { Folder = new LocalFolder(path) }, Cancellation);
        return await RecordingFormats.OpenAsync(new MemoryByteSource(await File.ReadAllBytesAsync(path, Cancellation), path), Cancellation);
    }

    /// <summary>All messages in recorded order; nothing may be lost.</summary>
    public static async Task<List<ReadMessage>> ReadAsync(string path)
    {
        await using var reader = await OpenAsync(path);
        List<ReadMessage> messages = [];
        while (await reader.ReadBlockAsync(Cancellation) is { } block)
        {
            foreach (var message in block.Messages.Span) messages.Add(new ReadMessage(reader.Channels[message.ChannelIndex].Topic, message.LogTimeNs, block[message].ToArray()));
        }

        reader.Losses.ShouldBeEmpty();
        return messages;
    }

    private sealed class LocalFolder(string path) : IRecordingFolder
    {
        public ValueTask<IByteSource?> TryOpenAsync(string name, CancellationToken cancellationToken)
        {
            string file = Path.Combine(path, name);
            return new(File.Exists(file) ? new MemoryByteSource(File.ReadAllBytes(file), file) : null);
        }

        public ValueTask<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => new([.. Directory.GetFiles(path).Select(file => Path.GetFileName(file))]);
    }
}
