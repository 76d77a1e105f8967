namespace Mesh.Formats.Mdf4;

/// <summary>Reads a group whose records hold no bytes: all its channels are computed from the record's index.</summary>
internal sealed class Mdf4IndexReader(Mdf4ChannelGroup group, Mdf4Clock clock, Mdf4RemoteMaster? remote, long records, RecordingReaderOptions options) : Mdf4GroupReader
{
    private readonly Mdf4Run run = new();
    private readonly Mdf4Buffer output = new();
    private long index;

    public override async ValueTask<MessageBlock?> NextAsync(CancellationToken cancellationToken)
    {
        while (index < records)
        {
            output.Clear();
            int length = group.Layout!.FixedBytes + (group.Variables.Count * sizeof(uint));
            int count = (int)Math.Min(Math.Min(Mdf4Run.MaxMessages, Math.Max(1, BlockBytes / length)), records - index);
            for (int i = 0; i < count; i++)
            {
                int start = output.Count;
                output.Extend(length).Clear();
                if (group.Layout.HasRecordIndex) BitConverter.TryWriteBytes(output.Span.Slice(start + group.RecordBytes, sizeof(long)), index + i);
            }

            var times = run.Times(count);
            if (remote is null) clock.Fill(output.Span, 0, length, index, times.Span);
            else await remote.FillAsync(index, times, cancellationToken).ConfigureAwait(false);
            var block = run.Fixed(output.Memory, group.ChannelIndex, 0, length, length, count, index, group.Position, 0, options.Query);
            index += count;
            if (block is not null) return block;
        }

        return null;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => remote?.DisposeAsync() ?? ValueTask.CompletedTask;
}
