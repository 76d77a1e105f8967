using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Mesh.Formats;

namespace Mesh.Commands.Recordings;

/// <summary>
/// Puts messages into log-time order in bounded memory: sorted runs go to temporary files once the budget is full and are merged at the
/// end. Messages of equal time keep the order in which they were added.
/// </summary>
/// <param name="folder">Where temporary files go; they are deleted with the sorter.</param>
/// <param name="maxBytes">Memory for messages, in bytes (default: 96 MiB).</param>
internal sealed class MessageSorter(string folder, long maxBytes = 96L << 20) : IAsyncDisposable
{
    private const int BlockBytes = 1 << 20;

    // Open files and read buffers are bounded: more runs than this are merged into one on the way.
    private const int MaxRuns = 64;

    private readonly List<SortedRun> runs = [];
    private readonly List<byte[]> blocks = [];
    private readonly List<Entry> entries = [];
    private int blockUsed;
    private long held;

    /// <summary>Adds a message; its bytes are copied.</summary>
    public async ValueTask AddAsync(int channel, MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        int index = blocks.Count - 1;
        if (index < 0 || blocks[index].Length - blockUsed < payload.Length)
        {
            byte[] block = ArrayPool<byte>.Shared.Rent(Math.Max(BlockBytes, payload.Length));
            blocks.Add(block);
            held += block.Length;
            blockUsed = 0;
            index++;
        }

        payload.Span.CopyTo(blocks[index].AsSpan(blockUsed));
        entries.Add(new Entry(message.LogTimeNs, entries.Count, new SortedMessage(channel, message.Sequence, message.LogTimeNs, message.PublishTimeNs, payload.Length), index, blockUsed));
        blockUsed += payload.Length;
        if (held + entries.Count * (long)Unsafe.SizeOf<Entry>() >= maxBytes) await SpillAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Hands out everything in log-time order. A payload is valid until the next message is asked for.</summary>
    public async IAsyncEnumerable<(SortedMessage Message, ReadOnlyMemory<byte> Payload)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (runs.Count == 0)
        {
            SortEntries();
            for (int i = 0; i < entries.Count; i++)
            {
                var entry = entries[i];
                yield return (entry.Message, blocks[entry.Block].AsMemory(entry.Offset, entry.Message.Length));
            }

            yield break;
        }

        if (entries.Count > 0) await SpillAsync(cancellationToken).ConfigureAwait(false);
        await foreach (var run in MergeAsync(cancellationToken).ConfigureAwait(false)) yield return (run.Message, run.Payload);
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        foreach (var run in runs) await run.DisposeAsync().ConfigureAwait(false);
    }

    private void SortEntries() => CollectionsMarshal.AsSpan(entries).Sort(static (one, other) =>
    {
        int byTime = one.LogTimeNs.CompareTo(other.LogTimeNs);
        return byTime != 0 ? byTime : one.Order.CompareTo(other.Order);
    });

    /// <summary>Goes through all runs in order; each step gives the run that has moved to its next message.</summary>
    private async IAsyncEnumerable<SortedRun> MergeAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var heap = new PriorityQueue<SortedRun, (ulong LogTimeNs, int Run)>(runs.Count);
        for (int i = 0; i < runs.Count; i++)
        {
            runs[i].Rewind((int)Math.Clamp(maxBytes / runs.Count, 16 << 10, BlockBytes));
            if (await runs[i].MoveNextAsync(cancellationToken).ConfigureAwait(false)) heap.Enqueue(runs[i], (runs[i].Message.LogTimeNs, i));
        }

        // Runs were written in order of arrival, so ties go to the earlier run.
        while (heap.TryDequeue(out var run, out var key))
        {
            yield return run;
            if (await run.MoveNextAsync(cancellationToken).ConfigureAwait(false)) heap.Enqueue(run, (run.Message.LogTimeNs, key.Run));
        }
    }

    private async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        if (runs.Count == MaxRuns)
        {
            var merged = SortedRun.Create(folder);
            await foreach (var next in MergeAsync(cancellationToken).ConfigureAwait(false)) await merged.WriteAsync(next.Message, next.Payload, cancellationToken).ConfigureAwait(false);
            await merged.FlushAsync(cancellationToken).ConfigureAwait(false);
            foreach (var old in runs) await old.DisposeAsync().ConfigureAwait(false);
            runs.Clear();
            runs.Add(merged);
        }

        SortEntries();
        var run = SortedRun.Create(folder);
        runs.Add(run);
        foreach (var entry in entries) await run.WriteAsync(entry.Message, blocks[entry.Block].AsMemory(entry.Offset, entry.Message.Length), cancellationToken).ConfigureAwait(false);
        await run.FlushAsync(cancellationToken).ConfigureAwait(false);
        Release();
    }

    private void Release()
    {
        foreach (byte[] block in blocks) ArrayPool<byte>.Shared.Return(block);
        blocks.Clear();
        entries.Clear();
        held = 0;
        blockUsed = 0;
    }

    private readonly record struct Entry(ulong LogTimeNs, int Order, SortedMessage Message, int Block, int Offset);
}
