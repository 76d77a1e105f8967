using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Mesh.Synchronise;

/// <summary>Sorts any number of records in bounded memory: sorted runs on disk, merged when read. Records are first all added, then read once.</summary>
/// <typeparam name="T">Records without references whose order is total.</typeparam>
internal sealed class SpilledSort<T>(string folder, long maxBytes) : IDisposable
    where T : unmanaged, IComparable<T>
{
    private const int ReaderRecords = 512;

    private readonly int capacity = (int)Math.Clamp(maxBytes / Unsafe.SizeOf<T>(), 1024, 1 << 20);
    private readonly List<(long Offset, int Count)> runs = [];
    private readonly PriorityQueue<Reader, T> waiting = new();
    private T[] records = [];
    private int count;
    private int next;
    private SpillFile? file;
    private bool isReading;

    /// <summary>The record moved to last.</summary>
    public T Current { get; private set; }

    /// <summary>Whether <see cref="SpillAsync"/> is to be called.</summary>
    public bool IsFull => count >= capacity;

    public void Add(in T record)
    {
        if (count == records.Length) Array.Resize(ref records, Math.Max(1024, records.Length * 2));
        records[count++] = record;
    }

    /// <summary>Moves what is in memory into a run.</summary>
    public async ValueTask SpillAsync(CancellationToken cancellationToken)
    {
        Array.Sort(records, 0, count);
        file ??= SpillFile.Create(folder);
        byte[] bytes = MemoryMarshal.AsBytes(records.AsSpan(0, count)).ToArray();
        runs.Add((await file.AppendAsync(bytes, cancellationToken).ConfigureAwait(false), count));
        count = 0;
    }

    /// <summary>Moves to the next record in order; false at the end.</summary>
    public ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
    {
        if (!isReading) return BeginAsync(cancellationToken);
        if (runs.Count > 0) return MergeAsync(cancellationToken);
        if (next == count) return ValueTask.FromResult(false);
        Current = records[next++];
        return ValueTask.FromResult(true);
    }

    public void Dispose() => file?.Dispose();

    private async ValueTask<bool> BeginAsync(CancellationToken cancellationToken)
    {
        isReading = true;
        if (runs.Count == 0) Array.Sort(records, 0, count);
        else
        {
            if (count > 0) await SpillAsync(cancellationToken).ConfigureAwait(false);
            records = [];
            foreach (var (offset, length) in runs)
            {
                var reader = new Reader(file!, offset, length);
                if (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false)) waiting.Enqueue(reader, reader.Current);
            }
        }

        return await MoveNextAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<bool> MergeAsync(CancellationToken cancellationToken)
    {
        if (!waiting.TryDequeue(out var reader, out var record)) return false;
        Current = record;
        if (await reader.MoveNextAsync(cancellationToken).ConfigureAwait(false)) waiting.Enqueue(reader, reader.Current);
        return true;
    }

    private sealed class Reader(SpillFile file, long offset, int count)
    {
        private readonly byte[] buffer = new byte[Math.Min(ReaderRecords, count) * Unsafe.SizeOf<T>()];
        private int read;
        private int at;
        private int filled;

        public T Current { get; private set; }

        public async ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
        {
            if (at == filled)
            {
                filled = Math.Min(ReaderRecords, count - read);
                at = 0;
                if (filled == 0) return false;
                int size = Unsafe.SizeOf<T>();
                await file.ReadAsync(offset + (long)read * size, buffer.AsMemory(0, filled * size), cancellationToken).ConfigureAwait(false);
                read += filled;
            }

            Current = MemoryMarshal.Cast<byte, T>(buffer)[at++];
            return true;
        }
    }
}
