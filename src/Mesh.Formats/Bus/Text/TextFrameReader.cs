using Mesh.Formats.Bus.Frames;
using Mesh.Model;

namespace Mesh.Formats.Bus.Text;

/// <summary>Reads frames that are logged as lines of text.</summary>
public abstract class TextFrameReader : RecordingReader
{
    private readonly IByteSource source;
    private readonly BusChannels channels;
    private readonly LossList losses;
    private readonly TextLines lines;
    private bool ended;

    private protected TextFrameReader(IByteSource source, RecordingReaderOptions options)
    {
        this.source = source;
        channels = new BusChannels(options.Query);
        losses = new LossList(options.MaxLosses);
        lines = new TextLines(source, losses);
        Frames = new FrameBuffer(channels, options.Query);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<RecordingChannel> Channels => channels.List;

    /// <inheritdoc/>
    public override IReadOnlyList<DataLoss> Losses => losses.Entries;

    private protected FrameBuffer Frames { get; }

    private protected LossList Damage => losses;

    /// <summary>Number of lines that are no frames and nothing is lost with: statistics, states of chips, derived events.</summary>
    private protected long OtherLines { get; set; }

    /// <summary>Line of the start of the file that says its version; null when there is none.</summary>
    private protected string Version { get; set; } = "";

    /// <summary>When the measurement began, nanoseconds since 1970; null when the file does not say.</summary>
    private protected ulong? StartNs { get; set; }

    /// <inheritdoc/>
    public override async ValueTask<MessageBlock?> ReadBlockAsync(CancellationToken cancellationToken)
    {
        Frames.Clear();
        while (!ended)
        {
            if (!await lines.FillAsync(cancellationToken).ConfigureAwait(false))
            {
                ended = true;
                break;
            }

            while (lines.TryNext(out var line, out long offset, out bool isEnded)) TakeLine(line, offset, isEnded);
            if (Frames.Count > 0) return Frames.ToBlock();
        }

        return null;
    }

    /// <inheritdoc/>
    public override ValueTask<RecordingSummary?> ReadSummaryAsync(CancellationToken cancellationToken)
    {
        var metadata = new Dictionary<string, string>();
        if (OtherLines > 0) metadata["lines that are no frames"] = OtherLines.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new(new RecordingSummary
        {
            Version = Version,
            StartTimeNs = StartNs,
            Channels = [.. channels.List.Select(channel => new ChannelSummary(channel, null))],
            Metadata = metadata.Count > 0 ? [new RecordingMetadata("text log", metadata)] : [],
        });
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        ended = true;
        lines.Dispose();
        await source.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <summary>Takes one line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="offset">Where it begins.</param>
    /// <param name="isEnded">Whether a line end follows; without, the file may have been cut within it.</param>
    private protected abstract void TakeLine(ReadOnlySpan<byte> line, long offset, bool isEnded);

    /// <summary>Reports a line that should be a frame.</summary>
    private protected void Malformed(ReadOnlySpan<byte> line, long offset, bool isEnded, string expected)
    {
        string found = Dbc.DbcText.Decode(line[..Math.Min(line.Length, 60)], null).Trim();
        losses.Add(isEnded ? BusLosses.MalformedLine : BusLosses.Truncated, offset, line.Length, expected, $"'{found}'");
    }
}
