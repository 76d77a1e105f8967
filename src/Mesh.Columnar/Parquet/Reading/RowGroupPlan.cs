using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Which rows of a row group may match, and where the pages of its columns are.</summary>
/// <param name="Ranges">Rows that may match, in order; empty when none can.</param>
/// <param name="Pages">Places of the data pages by leaf, as far as known.</param>
internal sealed record RowGroupPlan(IReadOnlyList<RowRange> Ranges, IReadOnlyDictionary<int, IReadOnlyList<PageLocation>> Pages)
{
    private const int MaxIndexBytes = 64 << 20;
    private static readonly IReadOnlyDictionary<int, IReadOnlyList<PageLocation>> NoPages = new Dictionary<int, IReadOnlyList<PageLocation>>();

    /// <summary>Bounds of a column in a row group; null when there are none.</summary>
    public static ColumnBounds? BoundsOf(RowGroupMetadata group, ParquetNode node)
    {
        if (!node.IsLeaf || node.RepetitionLevel > 0) return null;
        var chunk = group.Columns[node.LeafIndex];
        if (chunk.Statistics is not { } statistics) return StoredBounds.Of(node, null, null, node.DefinitionLevel == 0 ? 0 : null, group.RowCount);
        long? nulls = node.DefinitionLevel == 0 ? 0 : statistics.NullCount >= 0 ? statistics.NullCount : null;
        return StoredBounds.Of(node, statistics.Min, statistics.Max, nulls, group.RowCount);
    }

    /// <summary>Decides with statistics first, then with bloom filters, then with the bounds of pages; each is read only if there is need.</summary>
    /// <param name="file">Gives the bytes.</param>
    /// <param name="group">The row group.</param>
    /// <param name="filter">The condition; null for all rows.</param>
    /// <param name="filterNodes">The columns of the condition by path.</param>
    /// <param name="leaves">Leaves that will be read.</param>
    /// <param name="statistics">Counts.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public static async ValueTask<RowGroupPlan> CreateAsync(
        (IByteSource Source, long DataEnd) file, RowGroupMetadata group, Predicate? filter, IReadOnlyDictionary<string, ParquetNode> filterNodes,
        IReadOnlyList<ParquetNode> leaves, ParquetReadStatistics? statistics, CancellationToken cancellationToken)
    {
        RowRange[] all = group.RowCount > 0 ? [new RowRange(0, group.RowCount)] : [];
        if (filter is null) return new RowGroupPlan(all, NoPages);
        var bounds = filterNodes.ToDictionary(pair => pair.Key, pair => BoundsOf(group, pair.Value));
        if (!PredicatePruning.MayMatch(filter, bounds.GetValueOrDefault)) return new RowGroupPlan([], NoPages);
        var bloom = await BloomFilters.ReadAsync(file.Source, file.DataEnd, group, filterNodes, filter, statistics, cancellationToken).ConfigureAwait(false);
        if (!bloom.IsEmpty && !PredicatePruning.MayMatch(filter, bounds.GetValueOrDefault, bloom.MayHold)) return new RowGroupPlan([], NoPages);

        var indexed = filterNodes.Where(pair => pair.Value.IsLeaf && pair.Value.RepetitionLevel == 0 && HasIndex(group.Columns[pair.Value.LeafIndex])).ToDictionary();
        var pages = await ReadPagesAsync(file, group, leaves, indexed, statistics, cancellationToken).ConfigureAwait(false);
        if (pages.Bounds.Count == 0) return new RowGroupPlan(all, pages.Places);
        return new RowGroupPlan(FindRanges(group.RowCount, filter, bounds, indexed, pages.Places, pages.Bounds), pages.Places);
    }

    private static bool HasIndex(ColumnChunkMetadata chunk) => chunk.ColumnIndexBytes > 0 && chunk.OffsetIndexBytes > 0;

    private static async ValueTask<(Dictionary<int, IReadOnlyList<PageLocation>> Places, Dictionary<string, ColumnIndex> Bounds)> ReadPagesAsync(
        (IByteSource Source, long DataEnd) file, RowGroupMetadata group, IReadOnlyList<ParquetNode> leaves, Dictionary<string, ParquetNode> indexed,
        ParquetReadStatistics? statistics, CancellationToken cancellationToken)
    {
        var pieces = new List<(long Offset, int Bytes)>();
        var placed = leaves.Where(leaf => group.Columns[leaf.LeafIndex].OffsetIndexBytes > 0).ToList();
        foreach (var leaf in placed) Add(group.Columns[leaf.LeafIndex].OffsetIndexOffset, group.Columns[leaf.LeafIndex].OffsetIndexBytes);
        foreach (var node in indexed.Values) Add(group.Columns[node.LeafIndex].ColumnIndexOffset, group.Columns[node.LeafIndex].ColumnIndexBytes);
        var bytes = await RangeReader.ReadAsync(file.Source, pieces, statistics, cancellationToken).ConfigureAwait(false);

        var places = new Dictionary<int, IReadOnlyList<PageLocation>>();
        for (int i = 0; i < placed.Count; i++)
        {
            var (start, end) = RowGroupReader.Extent(group.Columns[placed[i].LeafIndex]);
            var found = IndexReader.ReadOffsetIndex(bytes[i].Span, start, end, group.RowCount);
            if (found.Count > 0) places[placed[i].LeafIndex] = found;
        }

        var bounds = new Dictionary<string, ColumnIndex>();
        int next = placed.Count;
        foreach (var (path, node) in indexed)
        {
            var index = IndexReader.ReadColumnIndex(bytes[next++].Span);
            if (!places.TryGetValue(node.LeafIndex, out var found)) continue;
            if (found.Count != index.Min.Count) throw new ParquetDataException($"the indexes of column '{node.Name}' should be of one length");
            bounds[path] = index;
        }

        return (places, bounds);

        void Add(long offset, int length)
        {
            if (offset <= 0 || length > MaxIndexBytes || offset > file.DataEnd || length > file.DataEnd - offset) throw new ParquetDataException("its page index lies outside of the file");
            pieces.Add((offset, length));
        }
    }

    /// <summary>Pages of different columns end at different rows: every stretch of rows between two ends is judged by the pages it lies in.</summary>
    private static List<RowRange> FindRanges(
        long rowCount, Predicate filter, Dictionary<string, ColumnBounds?> chunkBounds, Dictionary<string, ParquetNode> indexed,
        Dictionary<int, IReadOnlyList<PageLocation>> places, Dictionary<string, ColumnIndex> bounds)
    {
        var columns = bounds.Select(pair => (Path: pair.Key, Node: indexed[pair.Key], Index: pair.Value, Places: places[indexed[pair.Key].LeafIndex])).ToList();
        long[] starts = [.. columns.SelectMany(column => column.Places.Select(place => place.FirstRow)).Where(row => row < rowCount).Distinct().Order()];
        int[] current = new int[columns.Count];
        var known = new Dictionary<string, ColumnBounds?>(chunkBounds);
        var ranges = new List<RowRange>();
        for (int i = 0; i < starts.Length; i++)
        {
            for (int c = 0; c < columns.Count; c++)
            {
                var (path, node, index, pages) = columns[c];
                int page = current[c];
                while (page + 1 < pages.Count && pages[page + 1].FirstRow <= starts[i]) page++;
                if (i == 0 || page != current[c]) known[path] = BoundsOfPage(node, index, page);
                current[c] = page;
            }

            long end = i + 1 < starts.Length ? starts[i + 1] : rowCount;
            if (!PredicatePruning.MayMatch(filter, known.GetValueOrDefault)) continue;
            if (ranges.Count > 0 && ranges[^1].End == starts[i]) ranges[^1] = new RowRange(ranges[^1].Start, end);
            else ranges.Add(new RowRange(starts[i], end));
        }

        return ranges;
    }

    private static ColumnBounds BoundsOfPage(ParquetNode node, ColumnIndex index, int page)
    {
        bool isNull = index.Min[page] is null;

        // Only whether there are no nulls, or nothing else, is true of a part of the page too.
        long? nulls = isNull ? 1 : index.NullCounts is { } counts ? Math.Min(counts[page], 1) : node.DefinitionLevel == 0 ? 0 : null;
        return StoredBounds.Of(node, index.Min[page], index.Max[page], nulls, isNull ? 1 : null);
    }
}
