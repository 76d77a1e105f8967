using System.Buffers;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Synchronise;

/// <summary>A sorted run of one channel's samples in a file that is deleted when closed, also by the end of the process.</summary>
internal sealed class SpilledRun : IDisposable
{
    // A reader holds one block at a time; many runs of many channels are read side by side.
    private const int BlockRows = 4096;
    private const long BlockBytes = 256 << 10;
    private const int SizeCheckRows = 64;

    private readonly SpillFile file;
    private readonly IReadOnlyList<StructType> schemas;
    private readonly List<(long Offset, int Length, int Rows, long Time, long Sequence)> blocks = [];

    private SpilledRun(SpillFile file, IReadOnlyList<StructType> schemas)
    {
        this.file = file;
        this.schemas = schemas;
    }

    /// <summary>Writes samples in the order of their keys.</summary>
    /// <exception cref="MeshException"><c>MESH3001</c>, transient: the folder cannot be written or is full.</exception>
    public static async ValueTask<SpilledRun> WriteAsync(
        string folder, RowKey[] keys, IReadOnlyList<RowBlock> rows, IReadOnlyList<StructType> schemas, CancellationToken cancellationToken)
    {
        var run = new SpilledRun(SpillFile.Create(folder), schemas);
        try
        {
            await run.WriteBlocksAsync(keys, rows, cancellationToken).ConfigureAwait(false);
            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <param name="keysOnly">Without values: only what orders the samples is read from disk.</param>
    public RowSource Read(bool keysOnly) => new Reader(this, keysOnly);

    public void Dispose() => file.Dispose();

    private async ValueTask WriteBlocksAsync(RowKey[] keys, IReadOnlyList<RowBlock> rows, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>();
        for (int from = 0; from < keys.Length;)
        {
            var block = Gather(keys, from, rows);
            from += block.Length;
            buffer.ResetWrittenCount();
            VectorCodec.Write(block, buffer);
            long offset = await file.AppendAsync(buffer.WrittenMemory, cancellationToken).ConfigureAwait(false);
            blocks.Add((offset, buffer.WrittenCount, block.Length, block.Times.Span[0], block.Sequences.Span[0]));
        }
    }

    /// <summary>Rows from a place on that share a schema, up to a block's size.</summary>
    private RowBlock Gather(RowKey[] keys, int from, IReadOnlyList<RowBlock> rows)
    {
        int schemaIndex = rows[keys[from].Block].SchemaIndex;
        var fields = schemas[schemaIndex].Fields;
        var builders = fields.Select(field => ColumnBuilder.Create(field.Type)).ToArray();
        int to = from;
        long bytes = 0;
        while (to < keys.Length && to - from < BlockRows && bytes < BlockBytes && rows[keys[to].Block].SchemaIndex == schemaIndex)
        {
            var source = rows[keys[to].Block];
            int count = ConsecutiveRows(keys.AsSpan(to, Math.Min(SizeCheckRows, keys.Length - to)));
            for (int column = 0; column < builders.Length; column++) RowAppender.Append(builders[column], source.Columns[column], keys[to].Row, count);
            to += count;
            bytes = 0;
            foreach (var builder in builders) bytes += builder.EstimatedBytes;
        }

        var taken = keys.AsSpan(from, to - from);
        var times = new long[taken.Length];
        var sequences = new long[taken.Length];
        var logTimes = new long[taken.Length];
        var arrivals = new long[taken.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            times[i] = taken[i].Time;
            sequences[i] = taken[i].Sequence;
            var block = rows[taken[i].Block];
            logTimes[i] = block.LogTimes.Span[taken[i].Row];
            arrivals[i] = block.ArrivalsNs.Span[taken[i].Row];
        }

        return new RowBlock
        {
            SchemaIndex = schemaIndex,
            Times = times,
            Sequences = sequences,
            LogTimes = logTimes,
            ArrivalsNs = arrivals,
            Columns = Array.ConvertAll(builders, builder => builder.Build()),
        };
    }

    /// <summary>How many keys are of rows that follow one another in their block: all, where samples came in the order of their times.</summary>
    private static int ConsecutiveRows(ReadOnlySpan<RowKey> keys)
    {
        int count = 1;
        while (count < keys.Length && keys[count].Block == keys[0].Block && keys[count].Row == keys[0].Row + count) count++;
        return count;
    }

    private sealed class Reader(SpilledRun run, bool keysOnly) : RowSource
    {
        private RowBlock? block;
        private int nextBlock;
        private int nextRow;

        public override (long Time, long Sequence)? Next
        {
            get
            {
                if (block is not null && nextRow < block.Length) return (block.Times.Span[nextRow], block.Sequences.Span[nextRow]);
                return nextBlock < run.blocks.Count ? (run.blocks[nextBlock].Time, run.blocks[nextBlock].Sequence) : null;
            }
        }

        public override ValueTask<bool> MoveNextAsync(CancellationToken cancellationToken)
        {
            if (block is null || nextRow == block.Length) return ReadBlockAsync(cancellationToken);
            Take(block);
            return ValueTask.FromResult(true);
        }

        private async ValueTask<bool> ReadBlockAsync(CancellationToken cancellationToken)
        {
            block = null;
            if (nextBlock == run.blocks.Count) return false;
            var (offset, size, rows, _, _) = run.blocks[nextBlock++];
            if (keysOnly) size = VectorCodec.KeyBytes(rows);

            // A new array per block: matched samples keep pointing into the last one.
            byte[] bytes = GC.AllocateUninitializedArray<byte>(size);
            await run.file.ReadAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
            block = VectorCodec.Read(bytes, keysOnly ? null : run.schemas);
            nextRow = 0;
            Take(block);
            return true;
        }

        private void Take(RowBlock from)
        {
            Current = new RowRef(from.Times.Span[nextRow], from.Sequences.Span[nextRow], from, nextRow);
            nextRow++;

            // The last row of the last block: nothing but its sample may hold on to it.
            if (nextRow == from.Length && nextBlock == run.blocks.Count) block = null;
        }
    }
}
