using Mesh.Formats.Blocks;
using Mesh.Model;

namespace Mesh.Formats.Ros2Bag;

/// <summary>
/// Several files read one after the other as one recording. Channels of the same topic, encoding and schema are one channel. A file that
/// cannot be read is damage; the others are read.
/// </summary>
internal sealed class ConcatenatedRecordingReader : RecordingReader
{
    public const string FileUnreadable = "MESH10462";

    private readonly IReadOnlyList<string> files;
    private readonly Func<string, CancellationToken, ValueTask<RecordingReader>> open;
    private readonly BagMetadata? metadata;
    private readonly LossList losses;
    private readonly List<RecordingChannel> channels = [];
    private readonly MessageRun run = new();
    private readonly Dictionary<RecordingAttachment, string> attachments = [];
    private readonly List<int> map = [];

    private RecordingReader? current;
    private RecordingReader? attachmentReader;
    private int next;
    private (int Done, int Current, int File) counted = (-1, -1, -1);
    private IReadOnlyList<DataLoss> combined = [];

    private ConcatenatedRecordingReader(
        IReadOnlyList<string> files, Func<string, CancellationToken, ValueTask<RecordingReader>> open, BagMetadata? metadata, LossList losses)
    {
        this.files = files;
        this.open = open;
        this.metadata = metadata;
        this.losses = losses;
    }

    public override RecordingFormat Format => RecordingFormat.Ros2Bag;

    public override IReadOnlyList<RecordingChannel> Channels => channels;

    public override IReadOnlyList<DataLoss> Losses
    {
        get
        {
            var now = (losses.Entries.Count, current?.Losses.Count ?? 0, next);
            if (now == counted) return combined;
            counted = now;
            return combined = current is null ? [.. losses.Entries] : [.. losses.Entries, .. current.Losses.Select(loss => Named(loss, files[next - 1]))];
        }
    }

    /// <summary>Opens the first file that can be read.</summary>
    /// <param name="files">Names of the files, in order.</param>
    /// <param name="open">Opens one of them.</param>
    /// <param name="metadata">What <c>metadata.yaml</c> says of the whole; null when there is none.</param>
    /// <param name="losses">Damage met so far.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="RecordingFormatException">None can be read; the last one's reason.</exception>
    public static async ValueTask<RecordingReader> OpenAsync(
        IReadOnlyList<string> files, Func<string, CancellationToken, ValueTask<RecordingReader>> open, BagMetadata? metadata, LossList losses, CancellationToken cancellationToken)
    {
        var reader = new ConcatenatedRecordingReader(files, open, metadata, losses);
        MeshException? reason = null;
        while (reader.next < files.Count)
        {
            reason = await reader.TryOpenNextAsync(cancellationToken).ConfigureAwait(false);
            if (reason is null) return reader;
        }

        throw reason ?? new RecordingFormatException("MESH10012", "There is no recording in the folder.");
    }

    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        while (current is not null)
        {
            if (await current.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block)
            {
                MapChannels(current, map);
                run.Clear();
                foreach (ref readonly var message in block.Messages.Span) run.Add(message with { ChannelIndex = map[message.ChannelIndex] });
                return run.ToBlock(block.Data);
            }

            await CloseCurrentAsync().ConfigureAwait(false);
            while (current is null && next < files.Count) await TryOpenNextAsync(cancellationToken).ConfigureAwait(false);
        }

        return null;
    }

    public override async ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        attachments.Clear();
        var whole = new SummarySum(metadata);

        // A compressed file has no summary but behind decompressing it: what metadata.yaml says has to do.
        bool isCompressed = files.Any(file => Ros2BagFolder.IsCompressed(file));
        foreach (string file in isCompressed && metadata is not null ? [] : files)
        {
            try
            {
                await using var reader = await open(file, cancellationToken).ConfigureAwait(false);
                var summary = await reader.ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
                List<int> own = [];
                MapChannels(reader, own);
                whole.Add(summary, own);
                foreach (var attachment in summary?.Attachments ?? []) attachments.TryAdd(attachment, file);
            }
            catch (MeshException)
            {
                // Reported when its turn comes in reading.
            }
        }

        return whole.ToSummary(channels);
    }

    public override async ValueTask<Stream> OpenAttachmentAsync(RecordingAttachment attachment, CancellationToken cancellationToken)
    {
        if (attachments.Count == 0) await ReadSummaryAsync(cancellationToken).ConfigureAwait(false);
        if (!attachments.TryGetValue(attachment, out string? file)) return await base.OpenAttachmentAsync(attachment, cancellationToken).ConfigureAwait(false);
        if (attachmentReader is not null) await attachmentReader.DisposeAsync().ConfigureAwait(false);
        attachmentReader = null;
        attachmentReader = await open(file, cancellationToken).ConfigureAwait(false);
        return await attachmentReader.OpenAttachmentAsync(attachment, cancellationToken).ConfigureAwait(false);
    }

    public override async ValueTask DisposeAsync()
    {
        if (current is not null) await current.DisposeAsync().ConfigureAwait(false);
        if (attachmentReader is not null) await attachmentReader.DisposeAsync().ConfigureAwait(false);
        current = attachmentReader = null;
        await base.DisposeAsync().ConfigureAwait(false);
    }

    private static DataLoss Named(DataLoss loss, string file) => loss with { Expected = $"{loss.Expected} (in {file})" };

    private async ValueTask<MeshException?> TryOpenNextAsync(CancellationToken cancellationToken)
    {
        string file = files[next++];
        try
        {
            current = await open(file, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (!exception.IsTransient)
        {
            losses.Add(FileUnreadable, 0, 0, $"a recording in {file}", exception.Message);
            return exception;
        }

        map.Clear();
        MapChannels(current, map);
        return null;
    }

    private async ValueTask CloseCurrentAsync()
    {
        foreach (var loss in current!.Losses)
        {
            var named = Named(loss, files[next - 1]);
            losses.Add(named.Code, named.Offset, named.Bytes, named.Expected, named.Found);
        }

        await current.DisposeAsync().ConfigureAwait(false);
        current = null;
    }

    /// <summary>Finds or adds the channels of a file that it has met so far.</summary>
    private void MapChannels(RecordingReader reader, List<int> target)
    {
        for (int i = target.Count; i < reader.Channels.Count; i++)
        {
            var channel = reader.Channels[i];
            int known = channels.FindIndex(other => IsSame(other, channel));
            if (known < 0)
            {
                known = channels.Count;
                channels.Add(channel with { Index = known });
            }

            target.Add(known);
        }
    }

    private static bool IsSame(RecordingChannel a, RecordingChannel b) =>
        a.Topic == b.Topic && a.MessageEncoding == b.MessageEncoding && a.Schema?.Name == b.Schema?.Name && a.Schema?.Encoding == b.Schema?.Encoding
        && (a.Schema?.Data ?? default).Span.SequenceEqual((b.Schema?.Data ?? default).Span);
}
