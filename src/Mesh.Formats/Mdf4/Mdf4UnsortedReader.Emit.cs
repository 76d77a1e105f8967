namespace Mesh.Formats.Mdf4;

/// <content>Putting messages together.</content>
internal sealed partial class Mdf4UnsortedReader
{
    private readonly List<Mdf4SpillFile> spills = [];
    private bool progressed;
    private bool spilled;

    /// <summary>The next run of one group; null when its records are used up, wait for their values, or are not asked for.</summary>
    private async ValueTask<MessageBlock?> EmitAsync(Mdf4RecordStream own, int at, CancellationToken cancellationToken)
    {
        output.Clear();
        progressed = false;
        var group = own.Group;
        int pending = own.PendingPlaces.Count - own.PendingDone;
        int count = (int)Math.Min(Math.Min(pending + own.Count - own.Done, Mdf4Run.MaxMessages), Math.Max(0, own.Limit - own.Index));
        if (count == 0)
        {
            // Beyond the cycle counter: counted, not given.
            own.Index += pending + own.Count - own.Done;
            (own.Done, own.PendingDone) = (own.Count, own.PendingPlaces.Count);
            return null;
        }

        bool simple = group.Variables.Count == 0;
        int stride = group.RecordBytes + (group.Layout!.HasRecordIndex ? sizeof(long) : 0);
        int done = 0;
        if (simple)
        {
            done = Math.Min(count, Math.Max(1, BlockBytes / Math.Max(1, stride)));
            CopyRecords(own, done, stride);
        }
        else
        {
            while (done < count && output.Count < BlockBytes)
            {
                int start = output.Count;
                var answer = AppendRecord(own, at, done, out int variable);
                if (answer == Mdf4ValueAnswer.Found)
                {
                    run.Ends(count)[done++] = output.Count;
                    continue;
                }

                if (answer == Mdf4ValueAnswer.Later && !final && own.Pending.Count < pendingBytes)
                {
                    output.Truncate(start);
                    break;
                }

                output.Truncate(start);
                await AppendFarAsync(own, at, done, cancellationToken).ConfigureAwait(false);
                run.Ends(count)[done++] = output.Count;
            }
        }

        MessageBlock? block = null;
        if (done > 0)
        {
            var times = run.Times(done).Span;
            if (simple)
            {
                own.Clock.Fill(output.Span, 0, stride, own.Index, times);
                block = run.Fixed(output.Memory, group.ChannelIndex, 0, stride, stride, done, own.Index, PlaceOf(0), 0, options.Query);
            }
            else
            {
                FillTimes(own, done, times);
                block = run.Variable(output.Memory, group.ChannelIndex, done, own.Index, PlaceOf(0), 0, options.Query);
            }

            Take(own, done);
            progressed = true;
            return block;
        }

        // The values come later: the records wait, as bytes of their own.
        for (int i = own.Done; i < own.Count; i++)
        {
            own.Pending.Append(scan.Span.Slice(own.Positions[i], group.RecordBytes));
            own.PendingPlaces.Add(scanPlace + own.Positions[i]);
        }

        own.Done = own.Count;
        return null;
    }

    private static void Take(Mdf4RecordStream own, int count)
    {
        int fromPending = Math.Min(count, own.PendingPlaces.Count - own.PendingDone);
        own.PendingDone += fromPending;
        own.Done += count - fromPending;
        own.Index += count;
    }

    private void CopyRecords(Mdf4RecordStream own, int count, int stride)
    {
        int bytes = own.Group.RecordBytes;
        var target = output.Extend(count * stride);
        var source = scan.Span;
        var positions = own.Positions.Slice(own.Done, count);
        for (int i = 0; i < positions.Length; i++)
        {
            source.Slice(positions[i], bytes).CopyTo(target[(i * stride)..]);
            if (stride > bytes) BitConverter.TryWriteBytes(target.Slice((i * stride) + bytes, sizeof(long)), own.Index + i);
        }
    }

    private ReadOnlySpan<byte> Record(Mdf4RecordStream own, int number, out long place)
    {
        int bytes = own.Group.RecordBytes;
        int pending = own.PendingPlaces.Count - own.PendingDone;
        if (number < pending)
        {
            place = own.PendingPlaces[own.PendingDone + number];
            return own.Pending.Span.Slice((own.PendingDone + number) * bytes, bytes);
        }

        int position = own.Positions[own.Done + number - pending];
        place = scanPlace + position;
        return scan.Span.Slice(position, bytes);
    }

    private Mdf4ValueAnswer AppendRecord(Mdf4RecordStream own, int at, int number, out int variable)
    {
        var record = Record(own, number, out long place);
        output.Append(record);
        if (own.Group.Layout!.HasRecordIndex) output.AppendInt64(own.Index + number);
        var channels = own.Group.Variables;
        var streams = variables[at];
        for (variable = 0; variable < streams.Length; variable++)
        {
            ref var next = ref own.Next[variable];
            if (streams[variable] is not { } stream) return Mdf4ValueAnswer.None;
            var answer = stream.Find(resequence ? next.Offset : channels[variable].OffsetIn(record), place, ref next, out var entry);
            if (answer != Mdf4ValueAnswer.Found) return answer;
            output.Append(entry);
        }

        return Mdf4ValueAnswer.Found;
    }

    /// <summary>A record with a value that is not at hand: looked up wherever it may be, else left empty and reported.</summary>
    private async ValueTask AppendFarAsync(Mdf4RecordStream own, int at, int number, CancellationToken cancellationToken)
    {
        int start = output.Count;
        output.Append(Record(own, number, out long place));
        if (own.Group.Layout!.HasRecordIndex) output.AppendInt64(own.Index + number);
        for (int i = 0; i < own.Group.Variables.Count; i++)
        {
            var channel = own.Group.Variables[i];
            long offset = resequence ? own.Next[i].Offset : channel.OffsetIn(output.Span.Slice(start, own.Group.RecordBytes));
            string? problem = "no values of its own in the data group";
            if (variables[at][i] is { } stream)
            {
                var answer = Find(stream, own, i, offset, place);
                if (answer == Mdf4ValueAnswer.Found) continue;
                problem = answer == Mdf4ValueAnswer.None ? "no value that begins there"
                    : answer == Mdf4ValueAnswer.Later && final ? "no such value up to the end of the data or the next damage"
                    : await SpilledAsync(stream, offset, cancellationToken).ConfigureAwait(false);
                if (problem is null && stream.Spilled!.TryGet(offset, out var entry))
                {
                    output.Append(entry);
                    own.Next[i].Offset = offset + entry.Length;
                    continue;
                }
            }
            else if (Signals.Length > at && Signals[at].Length > i && Signals[at][i] is { } signal)
            {
                problem = await signal.LoadAsync(offset, cancellationToken).ConfigureAwait(false);
                if (problem is null && signal.TryGet(offset, out var entry))
                {
                    output.Append(entry);
                    continue;
                }
            }

            missing.AppendMissing(output, start, own.Group, channel, offset, PlaceOf(Math.Max(0, place - scanPlace)), problem ?? "nothing");
        }
    }

    private Mdf4ValueAnswer Find(Mdf4ValueStream stream, Mdf4RecordStream own, int variable, long offset, long place)
    {
        var answer = stream.Find(offset, place, ref own.Next[variable], out var entry);
        if (answer == Mdf4ValueAnswer.Found) output.Append(entry);
        return answer;
    }

    private void FillTimes(Mdf4RecordStream own, int count, Span<ulong> times)
    {
        if (own.Clock.IsUniform)
        {
            own.Clock.Fill(output.Span, 0, 0, own.Index, times);
            return;
        }

        // Frames of a bus are mostly of one length: as long as they are, the clock has a loop of its own.
        var ends = run.Ends(count);
        for (int first = 0, at = 0; first < count;)
        {
            int stride = ends[first] - at, next = first + 1;
            while (next < count && ends[next] - ends[next - 1] == stride) next++;
            own.Clock.Fill(output.Span, at, stride, own.Index + first, times[first..next]);
            at = ends[next - 1];
            first = next;
        }
    }

    /// <summary>Looks a value up in the file of all values, which is written first if need be.</summary>
    private async ValueTask<string?> SpilledAsync(Mdf4ValueStream stream, long offset, CancellationToken cancellationToken)
    {
        if (!spilled)
        {
            spilled = true;
            await SpillAsync(cancellationToken).ConfigureAwait(false);
        }

        return stream.Spilled is null ? "no values" : await stream.Spilled.LoadAsync(offset, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        var files = new Mdf4SpillFile?[values.Length];
        var spillStream = again();
        await using var _ = spillStream.ConfigureAwait(false);
        var buffer = new Mdf4Buffer();
        bool sound = true;
        while (sound && await spillStream.NextAsync(cancellationToken).ConfigureAwait(false) is { } piece)
        {
            buffer.Append(piece.Buffer.AsSpan(0, piece.Length));
            sound = piece.Missing == 0 && piece.IsMissingKnown;
            spillStream.Recycle(piece);
            int at = 0;
            while (true)
            {
                int group = ids.Read(buffer.Span, at, out int first, out int end);
                if (group < 0)
                {
                    // Behind damage offsets are not known: what is there is found in passing or not at all.
                    sound &= group == Mdf4RecordIds.Incomplete;
                    break;
                }

                if (values[group] is not null) (files[group] ??= new Mdf4SpillFile(options.SpillFolder)).Append(buffer.Span[first..end]);
                at = end;
            }

            buffer.Drop(at);
        }

        for (int i = 0; i < files.Length; i++)
        {
            if (files[i] is not { } file) continue;
            spills.Add(file);
            file.Complete();
            values[i]!.Spilled = file.Open(options, losses);
        }
    }
}
