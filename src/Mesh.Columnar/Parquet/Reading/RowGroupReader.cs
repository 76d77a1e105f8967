using System.Runtime.InteropServices;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>What is read of each row group.</summary>
internal sealed record ReadPlan
{
    public required IByteSource Source { get; init; }

    public required long DataEnd { get; init; }

    /// <summary>Columns given.</summary>
    public required IReadOnlyList<ParquetNode> Columns { get; init; }

    /// <summary>Schema of the batches, with the row position if wanted.</summary>
    public required Schema Schema { get; init; }

    /// <summary>The condition's columns, cut down to what it names.</summary>
    public IReadOnlyList<ParquetNode> FilterColumns { get; init; } = [];

    /// <summary>The condition made ready for batches of <see cref="FilterColumns"/>.</summary>
    public PredicateFilter? Filter { get; init; }

    public Schema FilterSchema { get; init; } = new([]);

    public required ParquetReadOptions Options { get; init; }

    public bool HasPositions => Schema.Fields.Count > Columns.Count;
}

/// <summary>Reads the wanted columns of one row group in batches: the condition's columns first, the others only where a row matches.</summary>
internal sealed class RowGroupReader : IDisposable
{
    private const int MaxBatchRows = 64 << 10;
    private const long TargetBatchBytes = 8 << 20;
    private const long WindowBudgetBytes = 32 << 20;
    private const int MinWindowBytes = 64 << 10;
    private const int MaxWindowBytes = 1 << 20;
    private const int MaxSharedChunkBytes = 256 << 10;

    private readonly ReadPlan plan;
    private readonly long firstRow;
    private readonly LeafReader?[] leaves;
    private readonly List<LeafReader> filterLeaves = [];
    private readonly List<LeafReader> otherLeaves = [];

    /// <summary>Leaves that are not the condition's in columns that have such: they are read as far as those are.</summary>
    private readonly List<LeafReader> besideLeaves = [];
    private readonly bool[] isBeside;
    private readonly List<SharedRange> sharedRanges = [];
    private readonly IReadOnlyList<RowRange> ranges;
    private readonly RowSelection selection = new();
    private readonly int batchRows;
    private int[] shifted = [];
    private int range;
    private long position;

    /// <param name="plan">What is read.</param>
    /// <param name="group">The row group.</param>
    /// <param name="rows">Its rows that may match, and its pages.</param>
    /// <param name="firstRow">Position in the file of the group's first row.</param>
    /// <exception cref="MeshException"><c>MESH10902</c>, <c>MESH10903</c>: a column chunk cannot be where or what the footer says.</exception>
    public RowGroupReader(ReadPlan plan, RowGroupMetadata group, RowGroupPlan rows, long firstRow)
    {
        this.plan = plan;
        this.firstRow = firstRow;
        ranges = rows.Ranges;
        if (ranges.Count > 0) position = ranges[0].Start;
        leaves = new LeafReader?[group.Columns.Count];
        var filterNodes = plan.FilterColumns.SelectMany(SchemaWriter.Leaves).ToList();
        var filtered = filterNodes.Select(node => node.LeafIndex).ToHashSet();
        isBeside = [.. plan.Columns.Select(column => SchemaWriter.Leaves(column).Any(leaf => filtered.Contains(leaf.LeafIndex)))];
        var besideNodes = plan.Columns.Where((_, i) => isBeside[i]).SelectMany(SchemaWriter.Leaves).Where(leaf => !filtered.Contains(leaf.LeafIndex)).ToList();
        var otherNodes = plan.Columns.Where((_, i) => !isBeside[i]).SelectMany(SchemaWriter.Leaves).ToList();
        int leafCount = filterNodes.Count + besideNodes.Count + otherNodes.Count;
        Open(group, rows, filterNodes, filterLeaves, leafCount);
        Open(group, rows, besideNodes, besideLeaves, leafCount);
        Open(group, rows, otherNodes, otherLeaves, leafCount);

        // The sizes are claims; a batch that is larger than they say is bounded by the leaf readers' own limits.
        double bytes = 0;
        foreach (var node in filterNodes.Concat(besideNodes).Concat(otherNodes)) bytes += group.Columns[node.LeafIndex].UncompressedBytes;
        double rowBytes = bytes / Math.Max(1, group.RowCount);
        batchRows = (int)Math.Clamp(TargetBatchBytes / Math.Max(1, rowBytes), 1, MaxBatchRows);
    }

    /// <summary>First byte of a column chunk and the one behind its last.</summary>
    public static (long Start, long End) Extent(ColumnChunkMetadata chunk)
    {
        bool hasDictionary = chunk.DictionaryPageOffset > 0 && chunk.DictionaryPageOffset < chunk.DataPageOffset;
        long start = hasDictionary ? chunk.DictionaryPageOffset : chunk.DataPageOffset;
        return (start, unchecked(start + chunk.CompressedBytes));
    }

    /// <summary>The next rows that match; null at the end of the row group.</summary>
    /// <exception cref="MeshException"><c>MESH10902</c>, <c>MESH10903</c>, with column and offset.</exception>
    public async ValueTask<RecordBatch?> ReadBatchAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            while (range < ranges.Count && position == ranges[range].End)
            {
                range++;
                if (range < ranges.Count) position = ranges[range].Start;
            }

            if (range == ranges.Count) return null;
            int count = (int)Math.Min(batchRows, ranges[range].End - position);
            long start = position;
            position += count;
            if (plan.Filter is null)
            {
                await ReadLeavesAsync(otherLeaves, start, count, cancellationToken).ConfigureAwait(false);
                plan.Options.Statistics?.CountRows(count, count);
                return new RecordBatch(plan.Schema, count, AddPositions([.. plan.Columns.Select(column => Assemble(column, count))], start, count));
            }

            await ReadLeavesAsync(filterLeaves, start, count, cancellationToken).ConfigureAwait(false);
            var conditions = new RecordBatch(plan.FilterSchema, count, [.. plan.FilterColumns.Select(column => Assemble(column, count))]);
            int matching = plan.Filter.Select(conditions, selection);
            plan.Options.Statistics?.CountRows(count, matching);
            if (matching > 0) return await TakeSelectedAsync(start, count, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose()
    {
        foreach (var leaf in leaves) leaf?.Dispose();
        foreach (var shared in sharedRanges) shared.Dispose();
    }

    private async ValueTask ReadLeavesAsync(List<LeafReader> wanted, long start, int count, CancellationToken cancellationToken)
    {
        if (plan.Options.Parallelism <= 1 || wanted.Count <= 1)
        {
            foreach (var leaf in wanted) await ReadLeafAsync(leaf, start, count, cancellationToken).ConfigureAwait(false);
            return;
        }

        var options = new ParallelOptions { MaxDegreeOfParallelism = plan.Options.Parallelism, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(wanted, options, async (leaf, cancellation) =>
        {
            await ReadLeafAsync(leaf, start, count, cancellation).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private async ValueTask ReadLeafAsync(LeafReader leaf, long start, int count, CancellationToken cancellationToken)
    {
        try
        {
            await leaf.SkipToAsync(start, cancellationToken).ConfigureAwait(false);
            int found = await leaf.ReadRowsAsync(count, cancellationToken).ConfigureAwait(false);
            if (found != count) throw new ParquetDataException($"it holds fewer rows than the {count:N0} expected");
            _ = leaf.Vector;
        }
        catch (ParquetDataException exception)
        {
            throw Wrap(exception, leaf);
        }
    }

    /// <summary>Reads the other columns from the first row that matches to the last.</summary>
    private async ValueTask<RecordBatch> TakeSelectedAsync(long start, int count, CancellationToken cancellationToken)
    {
        int first = selection.Rows[0], span = selection.Rows[^1] - first + 1, matching = selection.Count;
        await ReadLeavesAsync(besideLeaves, start, count, cancellationToken).ConfigureAwait(false);
        await ReadLeavesAsync(otherLeaves, start + first, span, cancellationToken).ConfigureAwait(false);
        if (shifted.Length < matching) shifted = new int[Math.Max(matching, 2 * shifted.Length)];
        for (int i = 0; i < matching; i++) shifted[i] = selection.Rows[i] - first;
        var vectors = new List<ColumnVector>();
        for (int i = 0; i < plan.Columns.Count; i++)
        {
            var vector = Assemble(plan.Columns[i], isBeside[i] ? count : span);
            var rows = isBeside[i] ? selection.Rows : shifted.AsSpan(0, matching);
            vectors.Add(matching == vector.Length ? vector : ColumnGather.Take(vector, rows));
        }

        return new RecordBatch(plan.Schema, matching, AddPositions(vectors, start + first, span));
    }

    private ColumnVector Assemble(ParquetNode column, int count)
    {
        try
        {
            var vector = BatchAssembler.Build(column, leaves);
            return vector.Length == count ? vector : throw new ParquetDataException("its levels give another number of rows than its pages");
        }
        catch (ParquetDataException exception)
        {
            throw Wrap(exception, leaves[column.LeafIndex]!);
        }
    }

    /// <summary>Adds the position of each row in the file, if wanted.</summary>
    private List<ColumnVector> AddPositions(List<ColumnVector> vectors, long first, int count)
    {
        if (!plan.HasPositions) return vectors;
        bool isSelected = plan.Filter is not null;
        int length = isSelected ? selection.Count : count;
        byte[] bytes = GC.AllocateUninitializedArray<byte>(length * sizeof(long));
        var values = MemoryMarshal.Cast<byte, long>(bytes.AsSpan());
        for (int i = 0; i < values.Length; i++) values[i] = firstRow + first + (isSelected ? shifted[i] : i);
        vectors.Add(new ColumnVector { Type = DataType.Int64, Length = length, ValueBytes = bytes });
        return vectors;
    }

    private MeshException Wrap(ParquetDataException exception, LeafReader leaf) =>
        ParquetReader.Wrap(exception, plan.Source.Name, $"column '{leaf.Node.Name}', page at byte {leaf.PageOffset:N0}");

    private void Open(RowGroupMetadata group, RowGroupPlan rows, List<ParquetNode> nodes, List<LeafReader> opened, int leafCount)
    {
        var chunks = nodes.ConvertAll(node => Check(node, group.Columns[node.LeafIndex]));
        bool isWhole = rows.Ranges.Count == 1 && rows.Ranges[0] == new RowRange(0, group.RowCount);
        int window = (int)Math.Clamp(WindowBudgetBytes / Math.Max(1, leafCount), MinWindowBytes, MaxWindowBytes);
        var plans = new ChunkPlan[nodes.Count];
        var small = new List<int>();
        for (int i = 0; i < plans.Length; i++)
        {
            var pages = rows.Pages.GetValueOrDefault(nodes[i].LeafIndex, []);
            plans[i] = new ChunkPlan(chunks[i].Start, chunks[i].End, (Codec)group.Columns[nodes[i].LeafIndex].Codec)
            {
                RowCount = group.RowCount,
                Pages = pages,
                Wanted = isWhole || pages.Count == 0 ? [] : WantedBytes(rows.Ranges, pages, chunks[i].Start, chunks[i].End),
                WindowBytes = window,
                CheckCrc = plan.Options.CheckCrc,
                Statistics = plan.Options.Statistics,
            };
            if (plans[i].Wanted.Count == 0 && chunks[i].End - chunks[i].Start <= MaxSharedChunkBytes) small.Add(i);
        }

        foreach (var joined in RangeReader.Join(small.ConvertAll(i => (chunks[i].Start, (int)(chunks[i].End - chunks[i].Start)))))
        {
            if (joined.Count == 1) continue;
            long start = chunks[small[joined[0]]].Start;
            var shared = new SharedRange(plan.Source, start, (int)(joined.Max(i => chunks[small[i]].End) - start), plan.Options.Statistics);
            sharedRanges.Add(shared);
            foreach (int i in joined) plans[small[i]] = plans[small[i]] with { Shared = shared };
        }

        for (int i = 0; i < plans.Length; i++)
        {
            var leaf = Create(nodes[i], new ChunkSource(plan.Source, plans[i]), group.Columns[nodes[i].LeafIndex].ValueCount, plan.Options.Memory);
            leaves[nodes[i].LeafIndex] = leaf;
            opened.Add(leaf);
        }
    }

    /// <summary>The pages of the wanted rows, with the dictionary; those that follow each other are one piece.</summary>
    private static List<(long Start, long End)> WantedBytes(IReadOnlyList<RowRange> ranges, IReadOnlyList<PageLocation> pages, long start, long end)
    {
        var wanted = new List<(long Start, long End)>();
        if (start < pages[0].Offset) wanted.Add((start, pages[0].Offset));
        int range = 0;
        for (int i = 0; i < pages.Count; i++)
        {
            long nextRow = i + 1 < pages.Count ? pages[i + 1].FirstRow : long.MaxValue;
            while (range < ranges.Count && ranges[range].End <= pages[i].FirstRow) range++;
            if (range == ranges.Count) break;
            if (ranges[range].Start >= nextRow) continue;
            long pageEnd = i + 1 < pages.Count ? pages[i + 1].Offset : end;
            if (wanted.Count > 0 && pages[i].Offset == wanted[^1].End) wanted[^1] = (wanted[^1].Start, pageEnd);
            else wanted.Add((pages[i].Offset, pageEnd));
        }

        return wanted;
    }

    private (long Start, long End) Check(ParquetNode node, ColumnChunkMetadata chunk)
    {
        var (start, end) = Extent(chunk);
        if (chunk.Type != node.PhysicalType) throw Misplaced(new ParquetDataException($"it is stored as {chunk.Type} where the schema has {node.PhysicalType}"));
        if (start < ParquetFormat.Magic.Length || start > plan.DataEnd || chunk.CompressedBytes > plan.DataEnd - start)
        {
            throw Misplaced(new ParquetDataException($"its {chunk.CompressedBytes:N0} bytes at byte {start:N0} lie outside of the file"));
        }

        if (!PageDecompressor.IsSupported(chunk.Codec))
        {
            throw Misplaced(new ParquetDataException($"it is compressed with {(chunk.Codec == (int)Codec.Lzo ? "LZO" : $"number {chunk.Codec}")}", isUnsupported: true));
        }

        return (start, end);

        MeshException Misplaced(ParquetDataException exception) => ParquetReader.Wrap(exception, plan.Source.Name, $"column '{node.Name}'");
    }

    private static LeafReader Create(ParquetNode node, ChunkSource pages, long valueCount, ColumnMemory? memory) => node.Field.Type.Kind switch
    {
        TypeKind.Boolean => new BooleanLeafReader(node, pages, valueCount, memory),
        TypeKind.Utf8 or TypeKind.Binary => new BinaryLeafReader(node, pages, valueCount, memory),
        TypeKind.Decimal128 when node.PhysicalType == PhysicalType.ByteArray => new BinaryLeafReader(node, pages, valueCount, memory),
        TypeKind.Uuid or TypeKind.FixedBinary or TypeKind.Float16 => new FixedBytesLeafReader(node, pages, valueCount, memory),
        TypeKind.Int32 or TypeKind.Date32 => new FixedWidthLeafReader<int>(node, pages, valueCount, memory),
        TypeKind.Float32 => new FixedWidthLeafReader<float>(node, pages, valueCount, memory),
        TypeKind.Float64 => new FixedWidthLeafReader<double>(node, pages, valueCount, memory),
        TypeKind.Decimal128 => new FixedWidthLeafReader<Int128>(node, pages, valueCount, memory),
        _ => new FixedWidthLeafReader<long>(node, pages, valueCount, memory),
    };
}
