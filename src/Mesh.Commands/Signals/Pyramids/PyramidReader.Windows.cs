using Mesh.Model;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>Signals over a window.</summary>
internal sealed partial class PyramidReader
{
    /// <summary>Columns of equal, aligned width over times, one bucket each.</summary>
    /// <param name="channel">The channel.</param>
    /// <param name="signal">One of its numbers.</param>
    /// <param name="first">Number of the first column: time divided by its width.</param>
    /// <param name="count">Columns.</param>
    /// <param name="shift">Logarithm of the width in nanoseconds.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public async ValueTask<PyramidBucket[]> ReadColumnsAsync(PyramidChannel channel, PyramidSignal signal, long first, int count, int shift, CancellationToken cancellationToken)
    {
        var columns = new PyramidBucket[count];
        PyramidLevel? level = null;
        foreach (var candidate in signal.Levels)
        {
            if (candidate.Shift <= shift) level = candidate;
        }

        if (level is null)
        {
            await AddSamplesAsync(channel, signal, first << shift, (first + count) << shift, columns, first, shift, cancellationToken).ConfigureAwait(false);
            return columns;
        }

        int finer = shift - level.Shift;
        long from = Math.Max(level.First, first << finer), to = Math.Min(level.First + level.Count, (first + count) << finer);
        const int Piece = 1 << 14;
        for (long at = from; at < to; at += Piece)
        {
            int buckets = (int)Math.Min(Piece, to - at);
            var read = await ReadArrayAsync<PyramidBucket>(level.Offset + ((at - level.First) * BucketBytes), buckets, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < buckets; i++) columns[(int)(((at + i) >> finer) - first)].Add(read[i]);
        }

        return columns;
    }

    /// <summary>What the samples between two times come to, exact at its borders.</summary>
    public async ValueTask<PyramidBucket> MeasureAsync(PyramidChannel channel, PyramidSignal signal, long fromNs, long toNs, CancellationToken cancellationToken)
    {
        const long MaxBuckets = 4096;
        var total = new PyramidBucket[1];
        PyramidLevel? level = null;
        foreach (var candidate in signal.Levels)
        {
            level = candidate;
            if ((toNs >> candidate.Shift) - (fromNs >> candidate.Shift) <= MaxBuckets) break;
        }

        long first = level is null ? 0 : ((fromNs - 1) >> level.Shift) + 1, end = level is null ? 0 : toNs >> level.Shift;
        if (level is null || first >= end)
        {
            await AddSamplesAsync(channel, signal, fromNs, toNs, total, 0, 63, cancellationToken).ConfigureAwait(false);
            return total[0];
        }

        await AddSamplesAsync(channel, signal, fromNs, first << level.Shift, total, 0, 63, cancellationToken).ConfigureAwait(false);
        long from = Math.Max(first, level.First), to = Math.Min(end, level.First + level.Count);
        if (from < to)
        {
            foreach (var bucket in await ReadArrayAsync<PyramidBucket>(level.Offset + ((from - level.First) * BucketBytes), to - from, cancellationToken).ConfigureAwait(false)) total[0].Add(bucket);
        }

        await AddSamplesAsync(channel, signal, end << level.Shift, toNs, total, 0, 63, cancellationToken).ConfigureAwait(false);
        return total[0];
    }

    /// <summary>Rows between two times: the first at or after the beginning, and the first at or after the end.</summary>
    public async ValueTask<(long From, long To)> FindRowsAsync(PyramidChannel channel, long fromNs, long toNs, CancellationToken cancellationToken)
    {
        long[] directory = await DirectoryAsync(channel, cancellationToken).ConfigureAwait(false);
        long from = await FindRowAsync(channel, directory, fromNs, cancellationToken).ConfigureAwait(false);
        return (from, Math.Max(from, await FindRowAsync(channel, directory, toNs, cancellationToken).ConfigureAwait(false)));
    }

    /// <summary>Samples by row: times in nanoseconds since 1970 and values, NaN for gaps.</summary>
    public async ValueTask<(long[] TimesNs, double[] Values)> ReadSamplesAsync(PyramidChannel channel, PyramidSignal signal, long fromRow, long toRow, CancellationToken cancellationToken)
    {
        long[] directory = await DirectoryAsync(channel, cancellationToken).ConfigureAwait(false);
        long[] times = new long[toRow - fromRow];
        double[] values = new double[times.Length];
        for (int chunk = ChunkOf(directory, fromRow); chunk < channel.Chunks && directory[chunk * 2] < toRow; chunk++)
        {
            long chunkRow = directory[chunk * 2];
            int begin = (int)Math.Max(0, fromRow - chunkRow), end = (int)(Math.Min(toRow, directory[(chunk * 2) + 2]) - chunkRow);
            int to = (int)(chunkRow + begin - fromRow);
            (await TimesAsync(channel, directory, chunk, cancellationToken).ConfigureAwait(false)).AsSpan(begin..end).CopyTo(times.AsSpan(to));
            (await NumbersAsync(signal, directory, chunk, cancellationToken).ConfigureAwait(false)).AsSpan(begin..end).CopyTo(values.AsSpan(to));
        }

        return (times, values);
    }

    /// <summary>Times by row.</summary>
    public async ValueTask<long[]> ReadTimesAsync(PyramidChannel channel, long fromRow, long toRow, CancellationToken cancellationToken)
    {
        long[] directory = await DirectoryAsync(channel, cancellationToken).ConfigureAwait(false);
        long[] times = new long[toRow - fromRow];
        for (int chunk = ChunkOf(directory, fromRow); chunk < channel.Chunks && directory[chunk * 2] < toRow; chunk++)
        {
            long chunkRow = directory[chunk * 2];
            int begin = (int)Math.Max(0, fromRow - chunkRow), end = (int)(Math.Min(toRow, directory[(chunk * 2) + 2]) - chunkRow);
            (await TimesAsync(channel, directory, chunk, cancellationToken).ConfigureAwait(false)).AsSpan(begin..end).CopyTo(times.AsSpan((int)(chunkRow + begin - fromRow)));
        }

        return times;
    }

    /// <summary>Runs of a band that touch a span of time, in order.</summary>
    public async ValueTask<BandRun[]> ReadRunsAsync(PyramidSignal signal, long fromNs, long toNs, CancellationToken cancellationToken)
    {
        int runBytes = System.Runtime.CompilerServices.Unsafe.SizeOf<BandRun>();
        long from = await FindAsync(run => run.LastTimeNs >= fromNs).ConfigureAwait(false);
        long to = await FindAsync(run => run.FirstTimeNs >= toNs).ConfigureAwait(false);

        // What began before the window may last into it: how long is known only from the next run.
        from = Math.Max(0, from - 1);
        to = Math.Min(signal.Runs, to + 1);
        return from >= to ? [] : await ReadArrayAsync<BandRun>(signal.RunsOffset + (from * runBytes), to - from, cancellationToken).ConfigureAwait(false);

        async ValueTask<long> FindAsync(Func<BandRun, bool> isBehind)
        {
            long low = 0, high = signal.Runs;
            while (low < high)
            {
                long middle = low + ((high - low) / 2);
                var run = (await ReadArrayAsync<BandRun>(signal.RunsOffset + (middle * runBytes), 1, cancellationToken).ConfigureAwait(false))[0];
                if (isBehind(run)) high = middle;
                else low = middle + 1;
            }

            return low;
        }
    }

    private async ValueTask AddSamplesAsync(
        PyramidChannel channel, PyramidSignal signal, long fromNs, long toNs, PyramidBucket[] columns, long first, int shift, CancellationToken cancellationToken)
    {
        if (fromNs >= toNs) return;
        var (fromRow, toRow) = await FindRowsAsync(channel, fromNs, toNs, cancellationToken).ConfigureAwait(false);
        long[] directory = await DirectoryAsync(channel, cancellationToken).ConfigureAwait(false);
        for (int chunk = ChunkOf(directory, fromRow); chunk < channel.Chunks && directory[chunk * 2] < toRow; chunk++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long chunkRow = directory[chunk * 2];
            int begin = (int)Math.Max(0, fromRow - chunkRow), end = (int)(Math.Min(toRow, directory[(chunk * 2) + 2]) - chunkRow);
            long[] times = await TimesAsync(channel, directory, chunk, cancellationToken).ConfigureAwait(false);
            double[] values = await NumbersAsync(signal, directory, chunk, cancellationToken).ConfigureAwait(false);
            for (int i = begin; i < end; i++)
            {
                if (!double.IsNaN(values[i])) columns[(int)((shift == 63 ? 0 : times[i] >> shift) - first)].Add(times[i], values[i]);
            }
        }
    }

    private async ValueTask<long> FindRowAsync(PyramidChannel channel, long[] directory, long timeNs, CancellationToken cancellationToken)
    {
        if (timeNs <= channel.FirstTimeNs) return 0;
        if (timeNs > channel.LastTimeNs) return channel.Rows;

        // The last chunk that begins before the time: equal times may reach back from the chunk behind it.
        int low = 0, high = channel.Chunks;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (directory[(middle * 2) + 1] < timeNs) low = middle;
            else high = middle;
        }

        long[] times = await TimesAsync(channel, directory, low, cancellationToken).ConfigureAwait(false);
        int from = 0, to = times.Length;
        while (from < to)
        {
            int middle = (from + to) / 2;
            if (times[middle] < timeNs) from = middle + 1;
            else to = middle;
        }

        return directory[low * 2] + from;
    }

    private static int ChunkOf(long[] directory, long row)
    {
        int low = 0, high = (directory.Length / 2) - 1;
        while (high - low > 1)
        {
            int middle = (low + high) / 2;
            if (directory[middle * 2] <= row) low = middle;
            else high = middle;
        }

        return low;
    }
}
