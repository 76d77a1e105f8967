using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>A recording being written: its file, its writer, and which of its channels stands for which of the copy's.</summary>
internal sealed class OutputRecording : IAsyncDisposable
{
    private readonly OutputFile file;
    private readonly RecordingWriter writer;
    private readonly IReadOnlyList<RecordingChannel> channels;
    private readonly List<int> ids = [];

    private OutputRecording(OutputFile file, RecordingWriter writer, IReadOnlyList<RecordingChannel> channels)
    {
        this.file = file;
        this.writer = writer;
        this.channels = channels;
    }

    public long Messages { get; private set; }

    public long PayloadBytes { get; private set; }

    /// <param name="path">File to write.</param>
    /// <param name="format">Its format.</param>
    /// <param name="request">Compression, overwriting.</param>
    /// <param name="channels">Channels of the copy; may grow. Only those with messages get into the file.</param>
    public static OutputRecording Create(string path, RecordingFormat format, CopyRequest request, IReadOnlyList<RecordingChannel> channels)
    {
        var file = OutputFile.Create(path, request.Overwrite);
        return new OutputRecording(file, file.Open(stream => OutputFormats.CreateWriter(format, stream, request.Compression)), channels);
    }

    public ValueTask WriteAsync(MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        while (ids.Count <= message.ChannelIndex) ids.Add(-1);
        int id = ids[message.ChannelIndex];
        if (id < 0) ids[message.ChannelIndex] = id = writer.AddChannel(channels[message.ChannelIndex]);
        Messages++;
        PayloadBytes += payload.Length;
        return writer.WriteAsync(id, message, payload, cancellationToken);
    }

    public ValueTask<bool> WriteAttachmentAsync(RecordingAttachment attachment, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        writer.WriteAttachmentAsync(attachment, content, cancellationToken);

    public ValueTask<bool> WriteMetadataAsync(RecordingMetadata metadata, CancellationToken cancellationToken) => writer.WriteMetadataAsync(metadata, cancellationToken);

    public async ValueTask<OutputReport> CompleteAsync(CancellationToken cancellationToken)
    {
        await writer.CompleteAsync(cancellationToken).ConfigureAwait(false);
        return new OutputReport(file.Path, Messages, await file.CommitAsync(cancellationToken).ConfigureAwait(false));
    }

    public async ValueTask DisposeAsync()
    {
        await writer.DisposeAsync().ConfigureAwait(false);
        await file.DisposeAsync().ConfigureAwait(false);
    }
}
