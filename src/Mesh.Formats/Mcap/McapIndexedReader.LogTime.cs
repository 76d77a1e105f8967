using Mesh.Formats.Blocks;

namespace Mesh.Formats.Mcap;

/// <summary>
/// Log-time order. The time line is worked off in slices. A slice is as long as the segments that touch it fit the budget together: they are
/// held in memory and merged. Where even the segments of one moment exceed the budget, each is read in turn for what it adds to a slice so
/// short that its messages fit, and read again for the next one: slow, but right and bounded.
/// </summary>
public sealed partial class McapIndexedReader
{
    // Enough to keep several threads busy, and no more than the caches like.
    private const long SliceBytes = 16 << 20;

    // Runs of one chunk that are handed out as they are rather than copied.
    private const int DirectMessages = 64;
    private const int DirectBytes = 64 << 10;
    private const long MergeBytes = 1 << 20;

    private readonly McapMerge merged = new();
    private readonly PriorityQueue<McapSegment, (ulong TimeNs, long Offset)> heads = new();
    private readonly List<McapSegment> active = [];
    private readonly Queue<McapSegment> equalTimes = [];
    private readonly HashSet<McapSegment> reported = new(ReferenceEqualityComparer.Instance);
    private int nextPending = -1;
    private ulong sliceLast;
    private bool collected;

    private async ValueTask<MessageBlock?> ReadByTimeAsync(CancellationToken cancellationToken)
    {
        if (nextPending < 0) await PrepareAsync(cancellationToken).ConfigureAwait(false);
        merged.Clear();
        while (true)
        {
            if (equalTimes.Count > 0)
            {
                if (await NextOfEqualTimeAsync(cancellationToken).ConfigureAwait(false) is { } block) return block;
            }
            else if (NextOfSlice() is { } block)
            {
                return block;
            }
            else if (!await BeginSliceAsync(cancellationToken).ConfigureAwait(false))
            {
                return null;
            }
        }
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (forward is not null)
        {
            // Without an index one pass over the file finds the segments, the definitions and the damage.
            segments = [];
            while (await forward.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block) segments.Add(forward.SegmentOf(block));
            definitions = forward.Definitions;
            reported.UnionWith(segments);
        }

        segments!.Sort(static (x, y) => x.StartTimeNs != y.StartTimeNs ? x.StartTimeNs.CompareTo(y.StartTimeNs) : x.Offset.CompareTo(y.Offset));
        nextPending = 0;
    }

    private async ValueTask<bool> BeginSliceAsync(CancellationToken cancellationToken)
    {
        for (int i = active.Count - 1; i >= 0; i--)
        {
            if (!active[i].IsFinished) continue;
            Unload(active[i]);
            active.RemoveAt(i);
        }

        if (active.Count == 0 && nextPending == segments!.Count) return false;
        ulong first = nextPending < segments!.Count ? segments[nextPending].StartTimeNs : ulong.MaxValue;
        long cost = 0;
        foreach (var segment in active)
        {
            first = Math.Min(first, segment.NextTimeNs);
            cost += segment.Cost;
        }

        while (nextPending < segments.Count && segments[nextPending].StartTimeNs <= first) cost += Activate();
        if (cost > options.MaxBufferedBytes && active.Count > 1)
        {
            await CollectSliceAsync(first, cancellationToken).ConfigureAwait(false);
            return true;
        }

        long limit = Math.Min(options.MaxBufferedBytes, Math.Max(SliceBytes, cost));
        while (nextPending < segments.Count && cost + segments[nextPending].Cost <= limit) cost += Activate();
        sliceLast = nextPending < segments.Count ? segments[nextPending].StartTimeNs - 1 : ulong.MaxValue;
        await LoadAsync(active, cancellationToken).ConfigureAwait(false);
        foreach (var segment in active)
        {
            if (!segment.IsFinished && segment.NextTimeNs <= sliceLast) heads.Enqueue(segment, (segment.NextTimeNs, segment.Offset));
        }

        return true;
    }

    private long Activate()
    {
        active.Add(segments![nextPending]);
        return segments[nextPending++].Cost;
    }

    /// <summary>The next messages of the slice in memory; null at its end.</summary>
    private MessageBlock? NextOfSlice()
    {
        if (collected)
        {
            collected = false;
            if (merged.Count > 0) return merged.ToBlock();
        }

        while (heads.TryDequeue(out var segment, out _))
        {
            var chunk = segment.Loaded!;
            var messages = chunk.Run.Messages;
            int from = segment.Done, to = from;
            ulong last = sliceLast;
            if (heads.TryPeek(out var other, out var next) && next.TimeNs <= last)
            {
                // Up to the next segment's message; of equal times the one that lies first in the file.
                last = next.TimeNs;
                if (segment.Offset > other.Offset) last--;
            }

            long bytes = 0;
            while (to < messages.Length && messages[to].LogTimeNs <= last) bytes += messages[to++].Length;
            bool direct = to - from >= DirectMessages || bytes >= DirectBytes;
            if (direct && merged.Count > 0)
            {
                heads.Enqueue(segment, (segment.NextTimeNs, segment.Offset));
                return merged.ToBlock();
            }

            segment.Done = to;
            segment.Advance();
            if (!segment.IsFinished && segment.NextTimeNs <= sliceLast) heads.Enqueue(segment, (segment.NextTimeNs, segment.Offset));
            if (direct) return chunk.Run.ToBlock(chunk.Records, from, to - from);
            for (int i = from; i < to; i++) merged.Add(messages[i], chunk.Records.Span.Slice(messages[i].Offset, messages[i].Length));
            if (merged.Bytes >= MergeBytes) return merged.ToBlock();
        }

        return merged.Count > 0 ? merged.ToBlock() : null;
    }

    /// <summary>Gathers the messages of a slice that begins at <paramref name="first"/> from more segments than fit into memory.</summary>
    private async ValueTask CollectSliceAsync(ulong first, CancellationToken cancellationToken)
    {
        foreach (var segment in active) Unload(segment);
        long limit = Math.Min(options.MaxBufferedBytes / 2, 1 << 30);
        ulong last = first + SpanFor(limit);
        if (last < first) last = ulong.MaxValue;
        while (true)
        {
            while (nextPending < segments!.Count && segments[nextPending].StartTimeNs <= last) Activate();
            active.Sort(static (x, y) => x.Offset.CompareTo(y.Offset));
            if (last == first)
            {
                // Cannot be shorter, and need not fit: messages of equal time come as they lie in the file.
                sliceLast = last;
                foreach (var segment in active) equalTimes.Enqueue(segment);
                return;
            }

            if (await TryCollectAsync(last, limit, cancellationToken).ConfigureAwait(false)) break;
            last = first + ((last - first) / 4);
        }

        sliceLast = last;
        merged.SortByLogTime();
        foreach (var segment in active) segment.Take();
        collected = true;
    }

    private async ValueTask<bool> TryCollectAsync(ulong last, long limit, CancellationToken cancellationToken)
    {
        merged.Clear();
        foreach (var segment in active) (segment.Taken, segment.TakenNextTimeNs) = (segment.Done, null);
        var one = new List<McapSegment>(1);
        foreach (var segment in active)
        {
            if (segment.IsFinished || segment.NextTimeNs > last) continue;
            one.Clear();
            one.Add(segment);
            await LoadAsync(one, cancellationToken).ConfigureAwait(false);
            if (segment.Loaded is not { } chunk) continue;
            int to = segment.Done;
            for (; to < chunk.Run.Count && chunk.Run.Messages[to].LogTimeNs <= last; to++)
            {
                var message = chunk.Run.Messages[to];
                merged.Add(message, chunk.Records.Span.Slice(message.Offset, message.Length));
            }

            segment.Taken = to;
            segment.TakenNextTimeNs = to < chunk.Run.Count ? chunk.Run.Messages[to].LogTimeNs : null;
            Unload(segment);
            if (merged.Bytes > limit) return false;
        }

        return true;
    }

    /// <summary>Nanoseconds in which the active segments hold about so many bytes, if their messages are spread evenly.</summary>
    private ulong SpanFor(long bytes)
    {
        double perNanosecond = 0;
        foreach (var segment in active) perNanosecond += segment.Cost / Math.Max(1.0, (double)segment.EndTimeNs - segment.StartTimeNs);
        return (ulong)Math.Clamp(bytes / perNanosecond, 0, long.MaxValue);
    }

    private async ValueTask<MessageBlock?> NextOfEqualTimeAsync(CancellationToken cancellationToken)
    {
        var segment = equalTimes.Dequeue();
        if (segment.IsFinished || segment.NextTimeNs > sliceLast) return null;
        await LoadAsync([segment], cancellationToken).ConfigureAwait(false);
        if (segment.Loaded is not { } chunk) return null;
        int from = segment.Done;
        int to = from;
        while (to < chunk.Run.Count && chunk.Run.Messages[to].LogTimeNs <= sliceLast) to++;
        segment.Done = to;
        segment.Advance();

        // Stays readable until the next call: it is only put back, not taken.
        Unload(segment);
        return to > from ? chunk.Run.ToBlock(chunk.Records, from, to - from) : null;
    }

    private async ValueTask LoadAsync(List<McapSegment> wantedSegments, CancellationToken cancellationToken)
    {
        int next = 0;
        Queue<McapSegment> owners = [];
        await using var pipeline = new BlockPipeline<McapChunk>(ReadAsync, static chunk => chunk.Unpack(), static chunk => chunk.Cost, spare.Push, options.Parallelism, options.MaxBufferedBytes);
        while (await pipeline.NextAsync(cancellationToken).ConfigureAwait(false) is { } chunk)
        {
            var segment = owners.Dequeue();
            chunk.TryResolve(definitions, reported.Add(segment) ? losses : new McapLosses(1));
            chunk.Run.Keep(query, Wanted());
            chunk.Run.SortByLogTime();
            segment.Loaded = chunk;
            segment.Advance();
        }

        async ValueTask<McapChunk?> ReadAsync(CancellationToken stop)
        {
            while (next < wantedSegments.Count)
            {
                var segment = wantedSegments[next++];
                if (segment.Loaded is not null || segment.IsFinished) continue;
                if (await TryReadAsync(segment, stop).ConfigureAwait(false) is not { } chunk)
                {
                    segment.IsFinished = true;
                    continue;
                }

                owners.Enqueue(segment);
                return chunk;
            }

            return null;
        }
    }

    private void Unload(McapSegment segment)
    {
        if (segment.Loaded is not null) spare.Push(segment.Loaded);
        segment.Loaded = null;
    }
}
