using Mesh.Model;

namespace Mesh.Formats.Spooling;

/// <summary>A recording out of a compressed file that was damaged: the damage of the file is one of the recording's.</summary>
internal sealed class UnwrappedRecordingReader(RecordingReader inner, DataLoss loss) : RecordingReader
{
    public override RecordingFormat Format => inner.Format;

    public override IReadOnlyList<RecordingChannel> Channels => inner.Channels;

    public override IReadOnlyList<DataLoss> Losses => [loss, .. inner.Losses];

    public override ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken) => inner.ReadBlockAsync(cancellationToken);

    public override void ReleaseBlock() => inner.ReleaseBlock();

    public override ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken) => inner.ReadSummaryAsync(cancellationToken);

    public override ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken) =>
        inner.OpenAttachmentAsync(attachment, cancellationToken);

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
