using System.Buffers;
using System.Runtime.InteropServices;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Commands.Signals.Pyramids;

/// <summary>The levels, which are made when all samples are in the file.</summary>
internal sealed partial class PyramidWriter
{
    /// <summary>
    /// Samples of a bucket of the finest level, on average. By arithmetic, not yet by measurement of an hour: with 64 the levels are a sixth of the
    /// numbers, and a window without a level reads a few hundred thousand samples at most where samples are evenly spread.
    /// </summary>
    public const int BaseSamples = 64;

    /// <summary>Logarithm of how many buckets make one of the next level; queries join the two that a level between would have had.</summary>
    public const int FanOutShift = 2;

    /// <summary>Rows up to which all samples are read instead.</summary>
    private const long MinRows = 1024;

    /// <summary>Buckets of the coarsest level, at most.</summary>
    private const long TopBuckets = 64;

    /// <summary>The levels of a channel with these times, without their places.</summary>
    public static IReadOnlyList<PyramidLevel> LevelsOf(long rows, long firstTimeNs, long lastTimeNs)
    {
        var levels = new List<PyramidLevel>();
        if (rows < MinRows) return levels;
        int shift = 0;
        while (CountAt(shift) > rows / BaseSamples) shift++;
        for (; ; shift += FanOutShift)
        {
            levels.Add(new PyramidLevel(shift, firstTimeNs >> shift, CountAt(shift), 0));
            if (levels[^1].Count <= TopBuckets || shift + FanOutShift > 62) return levels;
        }

        long CountAt(int shift) => (lastTimeNs >> shift) - (firstTimeNs >> shift) + 1;
    }

    private async ValueTask<PyramidChannel> CompleteAsync(ChannelBuilder channel, CancellationToken cancellationToken)
    {
        var levels = await WriteLevelsAsync(channel, cancellationToken).ConfigureAwait(false);
        long[] directory = [.. channel.Directory.SelectMany(chunk => new[] { chunk.Row, chunk.TimeNs }), channel.Rows, channel.LastTimeNs];
        long directoryOffset = await WriteArrayAsync<long>(directory, cancellationToken).ConfigureAwait(false);
        long timesOffset = await WriteArrayAsync<ChunkEntry>(channel.TimeEntries.ToArray(), cancellationToken).ConfigureAwait(false);
        var signals = new List<PyramidSignal>();
        for (int n = 0; n < channel.Numbers.Count; n++)
        {
            var leaf = channel.Numbers[n];
            if (channel.TooLong[n])
            {
                if (leaf.Element > 0) continue;
                string list = leaf.Path[..leaf.Path.LastIndexOf('[')];
                signals.Add(new PyramidSignal { Column = list, Kind = SignalKind.Number, Reason = $"its lists have more than {SignalLeaf.MaxElements} elements" });
            }
            else if (channel.Samples[n] > 0)
            {
                signals.Add(new PyramidSignal
                {
                    Column = leaf.Path, Kind = leaf.Kind, Unit = leaf.Unit, Samples = channel.Samples[n], Levels = levels[n],
                    ChunksOffset = await WriteArrayAsync<ChunkEntry>(channel.Entries[n].ToArray(), cancellationToken).ConfigureAwait(false),
                });
            }
        }

        foreach (var band in channel.Bands)
        {
            band.Finish();
            if (band.Samples == 0) continue;
            signals.Add(new PyramidSignal
            {
                Column = band.Leaf.Path, Kind = band.Leaf.Kind, Samples = band.Samples, Runs = band.Runs.Count, Labels = band.Labels, Reason = band.Reason,
                RunsOffset = await WriteArrayAsync<BandRun>(band.Runs.ToArray(), cancellationToken).ConfigureAwait(false),
            });
        }

        return new PyramidChannel
        {
            Channel = channel.Channel, Rows = channel.Rows, FirstTimeNs = channel.FirstTimeNs, LastTimeNs = channel.LastTimeNs, TypicalStepNs = channel.TypicalStepNs,
            Chunks = channel.Directory.Count, DirectoryOffset = directoryOffset, TimesOffset = timesOffset, Signals = signals,
        };
    }

    /// <summary>Makes the levels of every number of a channel that has more than one value.</summary>
    private async ValueTask<IReadOnlyList<PyramidLevel>[]> WriteLevelsAsync(ChannelBuilder channel, CancellationToken cancellationToken)
    {
        var placed = new IReadOnlyList<PyramidLevel>[channel.Numbers.Count];
        Array.Fill(placed, []);
        var shape = LevelsOf(channel.Rows, channel.FirstTimeNs, channel.LastTimeNs);
        if (shape.Count == 0) return placed;
        await AlignAsync(cancellationToken).ConfigureAwait(false);
        long end = file.Position;
        for (int n = 0; n < placed.Length; n++)
        {
            if (channel.Samples[n] == 0 || channel.TooLong[n] || IsConstant(channel.Entries[n])) continue;
            var levels = new List<PyramidLevel>();
            foreach (var level in shape)
            {
                levels.Add(level with { Offset = end });
                end += level.Count * PyramidReader.BucketBytes;
            }

            placed[n] = levels;
        }

        // The places are taken before they are filled, so that every level can be written in whatever order its signal comes.
        await file.FlushAsync(cancellationToken).ConfigureAwait(false);
        file.SetLength(Math.Max(file.Length, end));
        file.Position = end;
        await WriteFinestAsync(channel, placed, cancellationToken).ConfigureAwait(false);
        foreach (var levels in placed)
        {
            for (int i = 1; i < levels.Count; i++) WriteCoarser(levels[i - 1], levels[i], cancellationToken);
        }

        return placed;
    }

    private async ValueTask WriteFinestAsync(ChannelBuilder channel, IReadOnlyList<PyramidLevel>[] placed, CancellationToken cancellationToken)
    {
        var source = new FileByteSource(file.Name);
        await using var _ = source.ConfigureAwait(false);
        var sinks = Array.ConvertAll(placed, levels => levels.Count == 0 ? null : new LevelSink(file.SafeFileHandle, levels[0]));
        long[] times = new long[ChunkCodec.MaxRows];
        double[] values = new double[ChunkCodec.MaxRows];
        for (int chunk = 0; chunk < channel.Directory.Count; chunk++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long next = chunk + 1 < channel.Directory.Count ? channel.Directory[chunk + 1].Row : channel.Rows;
            int rows = (int)(next - channel.Directory[chunk].Row);
            await PyramidReader.ReadAsync(source, channel.TimeEntries[chunk], times.AsMemory(0, rows), cancellationToken).ConfigureAwait(false);
            for (int n = 0; n < sinks.Length; n++)
            {
                if (sinks[n] is not { } sink || channel.Entries[n][chunk].Encoding == ChunkEncoding.Empty) continue;
                await PyramidReader.ReadAsync(source, channel.Entries[n][chunk], values.AsMemory(0, rows), cancellationToken).ConfigureAwait(false);
                sink.Add(times.AsSpan(0, rows), values.AsSpan(0, rows));
            }
        }

        foreach (var sink in sinks) sink?.Flush();
    }

    private void WriteCoarser(PyramidLevel finer, PyramidLevel coarser, CancellationToken cancellationToken)
    {
        var sink = new LevelSink(file.SafeFileHandle, coarser);
        var buckets = ArrayPool<PyramidBucket>.Shared.Rent(1024);
        for (long at = 0; at < finer.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = (int)Math.Min(buckets.Length, finer.Count - at);
            var bytes = MemoryMarshal.AsBytes(buckets.AsSpan(0, count));
            int read = RandomAccess.Read(file.SafeFileHandle, bytes, finer.Offset + (at * PyramidReader.BucketBytes));
            if (read < bytes.Length) throw new MeshException("MESH13104", $"'{file.Name}' is shorter than what was written to it. Check the disk, then ask again.", isTransient: true);
            sink.Add(finer, finer.First + at, buckets.AsSpan(0, count));
            at += count;
        }

        sink.Flush();
        ArrayPool<PyramidBucket>.Shared.Return(buckets);
    }

    private static bool IsConstant(List<ChunkEntry> entries)
    {
        foreach (var entry in entries)
        {
            if (entry.Encoding != ChunkEncoding.Constant || entry.Offset != entries[0].Offset) return false;
        }

        return true;
    }
}
