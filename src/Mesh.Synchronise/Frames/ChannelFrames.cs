namespace Mesh.Synchronise;

/// <summary>A frame per sample of a channel, or per event among them.</summary>
internal sealed class ChannelFrames : FrameSource
{
    private readonly ChannelReference reference;
    private readonly RowSource rows;
    private readonly EventDetector? events;

    public ChannelFrames(ChannelReference reference, ChannelRows rows)
    {
        this.reference = reference;
        this.rows = rows.Read();
        if (reference.When is not null) events = new EventDetector(reference.When, rows.Schemas);
    }

    public override async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        while (await rows.MoveNextAsync(cancellationToken).ConfigureAwait(false))
        {
            var row = rows.Current;
            if (events is not null && !events.IsEvent(row)) continue;
            row = row.Shifted(reference.LatencyNs);
            Current = new FrameInstant(row.Time, row.Sequence, row, 0);
            return true;
        }

        return false;
    }

    public override void Dispose()
    {
    }
}
