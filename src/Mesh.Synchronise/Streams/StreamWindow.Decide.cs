namespace Mesh.Synchronise.Streams;

/// <summary>Which frames are decided, and what is needed no longer.</summary>
public sealed partial class StreamWindow
{
    private void Decide(long watermarkNs, bool isEnd)
    {
        var instants = group.Options.Reference is RateReference rate ? Ticks(rate, watermarkNs, isEnd) : References(watermarkNs);
        if (instants.Count > 0) Build(instants);
        LetGo();
    }

    /// <summary>Time up to which no message to come can change a frame, as far as inputs go.</summary>
    private long DecidedByInputs(long watermarkNs)
    {
        long decided = long.MaxValue;
        foreach (var input in group.Inputs) decided = Math.Min(decided, Before(watermarkNs, input.LatencyNs, input.AheadNs));
        return decided;
    }

    /// <summary>The latest time t with t + ahead below the watermark of samples with a latency.</summary>
    private static long Before(long watermarkNs, long latencyNs, long aheadNs) =>
        watermarkNs == long.MaxValue ? long.MaxValue
        : watermarkNs == long.MinValue ? long.MinValue
        : Nanoseconds.Add(Nanoseconds.Add(Nanoseconds.Add(watermarkNs, latencyNs), -aheadNs), -1);

    private List<FrameInstant> References(long watermarkNs)
    {
        var reference = (ChannelReference)group.Options.Reference;
        long decided = Math.Min(Before(watermarkNs, reference.LatencyNs, 0), DecidedByInputs(watermarkNs));
        var instants = new List<FrameInstant>();
        var events = reference.When is null ? null : new EventDetector(reference.When, group.Schemas[group.ReferenceChannel]);
        foreach (var sample in released[group.ReferenceChannel])
        {
            var row = sample.Row.Shifted(reference.LatencyNs);
            if (row.Time > decided) break;
            if (events is not null && !events.IsEvent(sample.Row)) continue;
            if (row.Time > decidedNs) instants.Add(new FrameInstant(row.Time, row.Sequence, row, 0));
        }

        // At the end there is no time up to which: what was there last says.
        if (decided != long.MaxValue) decidedNs = Math.Max(decidedNs, decided);
        return instants;
    }

    /// <summary>
    /// Ticks of which some sample is within reach. One before a tick settles that; one after it may still come until the watermark is past the
    /// tick's reach, so ticks in a gap wait for that.
    /// </summary>
    private List<FrameInstant> Ticks(RateReference rate, long watermarkNs, bool isEnd)
    {
        var instants = new List<FrameInstant>();
        long lastNs = long.MinValue;
        foreach (var input in group.Inputs)
        {
            var samples = released[input.Channel];
            input.Open(samples);
            if (samples.Count > 0) lastNs = Math.Max(lastNs, Nanoseconds.Add(samples[^1].Row.Time, input.LatencyNs));
        }

        if (firstNs == long.MaxValue || lastNs == long.MinValue) return instants;
        long limit = isEnd ? lastNs : DecidedByInputs(watermarkNs);
        long reach = group.RateReachNs;
        long limitInGaps = isEnd ? lastNs : Math.Min(limit, group.Inputs.Min(input => Before(watermarkNs, input.LatencyNs, reach)));
        if (limit == long.MinValue) return instants;
        var tick = rate.FirstFrom(Math.Max(firstNs, Nanoseconds.Add(decidedNs, 1)));
        for (; rate.TimeOf(tick) <= limit; tick++)
        {
            long time = (long)rate.TimeOf(tick);
            long next = long.MaxValue;
            bool isNear = false;
            foreach (var input in group.Inputs)
            {
                input.MoveTo(time);
                isNear |= input.BeforeNs is { } before && Nanoseconds.Distance(before, time) <= reach;
                next = Math.Min(next, input.AfterNs ?? long.MaxValue);
            }

            if (!isNear && time > limitInGaps)
            {
                limit = time - 1;
                break;
            }

            if (isNear || Nanoseconds.Distance(time, next) <= reach)
            {
                // The tick's own number: it is the same however often the stream is read.
                instants.Add(new FrameInstant(time, (long)tick, default, 0));
                continue;
            }

            // On to the next sample, or to where it cannot be known yet whether there is one.
            long from = Math.Min(Nanoseconds.Add(next, -reach), Nanoseconds.Add(limitInGaps, 1));
            tick = Int128.Max(tick, rate.FirstFrom(from) - 1);
        }

        decidedNs = Math.Max(decidedNs, limit);
        return instants;
    }

    private void Build(List<FrameInstant> instants)
    {
        var options = group.Options;
        var columns = new FrameInput[group.Inputs.Length];
        for (int i = 0; i < columns.Length; i++)
        {
            var input = options.Inputs[i];
            columns[i] = new FrameInput(input, input.Policy.ToString().ToLowerInvariant(), group.Schemas[group.Inputs[i].Channel], group.Accounts[i]);
            group.Inputs[i].Open(released[group.Inputs[i].Channel]);
        }

        var reference = options.Reference as ChannelReference;
        var builder = new FrameBuilder(
            recordingId, vehicleId, reference?.Channel ?? options.Name, false, reference is null ? null : group.Schemas[group.ReferenceChannel], columns);
        foreach (var instant in instants)
        {
            for (int i = 0; i < columns.Length; i++) group.Inputs[i].At(instant.TimeNs, group.Accounts[i], out columns[i].Matches[builder.Pending]);
            builder.Add(instant);
            if (builder.Rows >= MaxBatchRows) frames.Add(builder.Build());
        }

        if (builder.Rows > 0) frames.Add(builder.Build());
    }

    private void LetGo()
    {
        if (decidedNs == long.MinValue) return;
        for (int channel = 0; channel < released.Length; channel++)
        {
            long keepFrom = KeepFrom(channel);
            var samples = released[channel];
            int count = 0;
            while (count < samples.Count && samples[count].Row.Time < keepFrom) count++;

            // Whether the next one is a change is told by the one before it.
            if (channel == group.ReferenceChannel && group.Options.Reference is ChannelReference { When: not null } && count > 0) count--;
            for (int i = 0; i < count; i++)
            {
                samples[i].IsDone = true;
                releasedBytes -= samples[i].Bytes;
            }

            samples.RemoveRange(0, count);
        }

        while (queue.TryPeek(out var first) && first.IsDone) queue.Dequeue();
    }

    /// <summary>Stamp from which on samples of a channel can be of use to frames that are not decided.</summary>
    private long KeepFrom(int channel)
    {
        long next = Nanoseconds.Add(decidedNs, 1);
        long from = long.MaxValue;
        foreach (var input in group.Inputs)
        {
            if (input.Channel == channel) from = Math.Min(from, Nanoseconds.Add(Nanoseconds.Add(next, -Math.Max(input.BackNs, group.RateReachNs)), -input.LatencyNs));
        }

        if (channel == group.ReferenceChannel) from = Math.Min(from, Nanoseconds.Add(next, -((ChannelReference)group.Options.Reference).LatencyNs));
        return from;
    }
}
