using Mesh.Model;

namespace Mesh.Formats.Mdf4;

/// <summary>
/// Reads a data group with one channel group and no record ids. Records that need nothing added are handed out where they lie in the piece that was
/// read or decompressed; those with invalidation blocks, an index or variable-length values are put together.
/// </summary>
internal sealed class Mdf4SortedReader(
    Mdf4ChannelGroup group, Mdf4DataStream stream, Mdf4Clock clock, Mdf4RemoteMaster? remote, Mdf4RecordFeed? invalidation, Mdf4SignalData?[] signals, long limit,
    RecordingReaderOptions options, Mdf4Losses losses) : Mdf4GroupReader
{
    private readonly Mdf4Run run = new();
    private readonly Mdf4Buffer output = new();
    private readonly Mdf4Buffer splice = new();
    private readonly Mdf4Values values = new(losses);
    private readonly bool assembles = invalidation is not null || group.Layout!.HasRecordIndex || group.Variables.Count > 0;
    private readonly int stride = invalidation is not null ? group.DataBytes : group.RecordBytes;
    private Mdf4Piece? piece;
    private int at;
    private int emitted;
    private long index;
    private long spliceFileOffset;
    private bool afterHole;
    private long cutBytes;
    private long beyondBytes;
    private long beyondAt;
    private long dataEnd;
    private bool finished;

    public override async ValueTask<MessageBlock?> NextAsync(CancellationToken cancellationToken)
    {
        while (!finished)
        {
            if (piece is null && !await AdvanceAsync(cancellationToken).ConfigureAwait(false))
            {
                Finish();
                break;
            }

            var current = piece!;
            if (index >= limit)
            {
                if (beyondBytes == 0) beyondAt = current.IsLinear ? current.FileOffset + at : current.FileOffset;
                beyondBytes += current.Length - at;
                Drop();
                continue;
            }

            if (splice.Count > 0)
            {
                int needed = Math.Min(stride - splice.Count, current.Length - at);
                splice.Append(current.Buffer.AsSpan(at, needed));
                at += needed;
                if (splice.Count == stride)
                {
                    var one = await EmitAsync(splice.Memory, 0, 1, spliceFileOffset, 0, cancellationToken).ConfigureAwait(false);
                    splice.Clear();
                    if (one is not null) return one;
                    continue;
                }
            }

            int whole = (int)Math.Min(Math.Min((current.Length - at) / stride, Mdf4Run.MaxMessages), limit - index);
            if (whole > 0)
            {
                long fileOffset = current.IsLinear ? current.FileOffset + at : current.FileOffset;
                int first = at;
                var block = await EmitAsync(current.Buffer, first, whole, fileOffset, current.IsLinear ? stride : 0, cancellationToken).ConfigureAwait(false);
                at = first + (emitted * stride);
                if (block is not null) return block;
                continue;
            }

            if (index >= limit) continue;
            if (current.Length > at)
            {
                if (splice.Count == 0) spliceFileOffset = current.IsLinear ? current.FileOffset + at : current.FileOffset;
                splice.Append(current.Buffer.AsSpan(at, current.Length - at));
            }

            Drop();
        }

        return null;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        if (invalidation is not null) await invalidation.DisposeAsync().ConfigureAwait(false);
        if (remote is not null) await remote.DisposeAsync().ConfigureAwait(false);
        foreach (var signal in signals)
        {
            if (signal is not null) await signal.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Takes the next piece; a hole before it costs the records it touches.</summary>
    private async ValueTask<bool> AdvanceAsync(CancellationToken cancellationToken)
    {
        piece = await stream.NextAsync(cancellationToken).ConfigureAwait(false);
        if (piece is null) return false;
        at = 0;
        Note(piece.Problem);
        if (afterHole && piece.Length > 0)
        {
            // Records are of equal length: where the next one begins is known from how much is missing.
            long into = piece.Logical % stride;
            int skipped = (int)Math.Min(into == 0 ? 0 : stride - into, piece.Length);
            long lost = splice.Count + skipped;
            if (lost > 0)
            {
                losses.Report(
                    Mdf4Codes.PartialRecord, splice.Count > 0 ? spliceFileOffset : piece.FileOffset, lost, $"whole records of {stride:N0} bytes", $"{lost:N0} bytes of records that damage took part of");
                cutBytes += lost;
            }

            splice.Clear();
            at = skipped;
            index = (piece.Logical + skipped) / stride;
            afterHole = skipped == piece.Length && (piece.Logical + skipped) % stride != 0;
        }

        Note(piece.SecondProblem);
        return true;
    }

    private void Note(DataLoss? problem)
    {
        if (problem is null) return;
        losses.Report(problem);
        cutBytes += problem.Bytes;
    }

    private void Drop()
    {
        afterHole |= piece!.Missing > 0 || !piece.IsMissingKnown;
        if (piece.Length > 0 || piece.Missing > 0) dataEnd = piece.FileOffset + (piece.IsLinear ? piece.Length : 0);
        stream.Recycle(piece);
        piece = null;
    }

    /// <summary>Hands out records; <see cref="emitted"/> says how many were used up.</summary>
    private async ValueTask<MessageBlock?> EmitAsync(
        ReadOnlyMemory<byte> data, int first, int count, long fileOffset, int fileStride, CancellationToken cancellationToken)
    {
        emitted = count;
        if (assembles) return await AssembleAsync(data, first, count, fileOffset, fileStride, cancellationToken).ConfigureAwait(false);
        await TimesAsync(data, first, count, cancellationToken).ConfigureAwait(false);
        var block = run.Fixed(data, group.ChannelIndex, first, stride, stride, count, index, fileOffset, fileStride, options.Query);
        index += count;
        return block;
    }

    private async ValueTask TimesAsync(ReadOnlyMemory<byte> data, int first, int count, CancellationToken cancellationToken)
    {
        var times = run.Times(count);
        if (remote is null) clock.Fill(data.Span, first, stride, index, times.Span);
        else await remote.FillAsync(index, times, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<MessageBlock?> AssembleAsync(
        ReadOnlyMemory<byte> data, int first, int count, long fileOffset, int fileStride, CancellationToken cancellationToken)
    {
        output.Clear();
        ReadOnlyMemory<byte> bits = default;
        if (invalidation is not null)
        {
            count = Math.Min(count, Math.Max(1, BlockBytes / Math.Max(1, group.InvalidationBytes)));
            values.Scratch.Clear();
            values.Scratch.Extend(count * group.InvalidationBytes);
            await invalidation.ReadAsync(index, values.Scratch.Writable, cancellationToken).ConfigureAwait(false);
            bits = values.Scratch.Memory;
        }

        int done = 0;
        for (; done < count && output.Count < BlockBytes; done++)
        {
            int start = output.Count;
            output.Append(data.Span.Slice(first + (done * stride), stride));
            if (invalidation is not null) output.Append(bits.Span.Slice(done * group.InvalidationBytes, group.InvalidationBytes));
            if (group.Layout!.HasRecordIndex) output.AppendInt64(index + done);
            for (int i = 0; i < group.Variables.Count; i++)
            {
                var variable = group.Variables[i];
                long offset = variable.OffsetIn(output.Span.Slice(start, group.RecordBytes));
                if (signals[i] is not { } signal)
                {
                    values.AppendMissing(output, start, group, variable, offset, fileOffset + ((long)done * fileStride), "no signal data");
                    continue;
                }

                if (!signal.TryGet(offset, out var entry))
                {
                    string? missing = await signal.LoadAsync(offset, cancellationToken).ConfigureAwait(false);
                    if (missing is not null)
                    {
                        values.AppendMissing(output, start, group, variable, offset, fileOffset + ((long)done * fileStride), missing);
                        continue;
                    }

                    signal.TryGet(offset, out entry);
                }

                output.Append(entry);
            }

            run.Ends(count)[done] = output.Count;
        }

        emitted = done;
        await TimesAsync(data, first, done, cancellationToken).ConfigureAwait(false);
        var block = run.Variable(output.Memory, group.ChannelIndex, done, index, fileOffset, fileStride, options.Query);
        index += done;
        return block;
    }

    private void Finish()
    {
        finished = true;
        if (splice.Count > 0 && index < limit)
        {
            losses.Report(Mdf4Codes.PartialRecord, spliceFileOffset, splice.Count, $"a record of {stride:N0} bytes", $"the end of the group's data after {splice.Count:N0}");
            cutBytes += splice.Count;
        }

        if (limit < long.MaxValue && index < limit)
        {
            long missing = limit - index > long.MaxValue / stride ? long.MaxValue : ((limit - index) * stride) - cutBytes;
            losses.Report(
                Mdf4Codes.RecordsMissing, Math.Max(dataEnd, group.Position), Math.Max(0, missing), $"{limit:N0} records of group '{group.Name}' by its cycle counter", $"{index:N0}");
        }

        if (beyondBytes >= stride)
        {
            losses.Report(
                Mdf4Codes.RecordsBeyond, beyondAt, beyondBytes, $"{limit:N0} records of group '{group.Name}' by its cycle counter", $"data for {beyondBytes / stride:N0} more");
        }
    }
}
