namespace Mesh.Columnar.Parquet;

/// <summary>Bounds and places of a chunk's pages as they are closed (PageIndex.md).</summary>
internal sealed class PageIndex
{
    private readonly List<PageLocation> places = [];
    private readonly List<byte[]?> minima = [];
    private readonly List<byte[]?> maxima = [];
    private readonly List<long> nullCounts = [];
    private bool hasBounds = true;

    /// <summary>Notes a page.</summary>
    /// <param name="place">Where it is, from the chunk's first data page on.</param>
    /// <param name="min">Smallest value in plain encoding.</param>
    /// <param name="max">Largest value.</param>
    /// <param name="nullCount">Absent values.</param>
    /// <param name="isNullPage">Whether there are no others.</param>
    public void Add(PageLocation place, byte[]? min, byte[]? max, long nullCount, bool isNullPage)
    {
        places.Add(place);
        minima.Add(min);
        maxima.Add(max);
        nullCounts.Add(nullCount);

        // A page of NaNs has values but no bounds, which the column index cannot say.
        hasBounds &= isNullPage || (min is not null && max is not null);
    }

    /// <summary>Appends both structures.</summary>
    public void Write(long fileOffset, Comparison<byte[]> order, PooledList<byte> bounds, PooledList<byte> locations)
    {
        if (places.Count == 0) return;
        if (hasBounds) WriteBounds(new ColumnIndex(minima, maxima, nullCounts, OrderOf(order)), new ThriftWriter(bounds));
        var thrift = new ThriftWriter(locations);
        thrift.BeginStruct();
        thrift.WriteList(1, ThriftType.Struct, places.Count);
        foreach (var place in places)
        {
            thrift.BeginStruct();
            thrift.WriteI64(1, fileOffset + place.Offset);
            thrift.WriteI32(2, place.CompressedBytes);
            thrift.WriteI64(3, place.FirstRow);
            thrift.EndStruct();
        }

        thrift.EndStruct();
    }

    public void Clear()
    {
        places.Clear();
        minima.Clear();
        maxima.Clear();
        nullCounts.Clear();
        hasBounds = true;
    }

    private static void WriteBounds(ColumnIndex index, ThriftWriter thrift)
    {
        thrift.BeginStruct();
        thrift.WriteList(1, ThriftType.True, index.Min.Count);
        foreach (byte[]? min in index.Min) thrift.WriteBoolElement(min is null);
        thrift.WriteList(2, ThriftType.Binary, index.Min.Count);
        foreach (byte[]? min in index.Min) thrift.WriteBinaryElement(min);
        thrift.WriteList(3, ThriftType.Binary, index.Max.Count);
        foreach (byte[]? max in index.Max) thrift.WriteBinaryElement(max);
        thrift.WriteI32(4, (int)index.Order);
        thrift.WriteList(5, ThriftType.I64, index.Min.Count);
        foreach (long count in index.NullCounts ?? []) thrift.WriteI64Element(count);
        thrift.EndStruct();
    }

    /// <summary>The order of both bounds over the pages that have any.</summary>
    private BoundaryOrder OrderOf(Comparison<byte[]> order)
    {
        bool ascends = true, descends = true;
        byte[]? lastMin = null, lastMax = null;
        for (int i = 0; i < minima.Count; i++)
        {
            if (minima[i] is not { } min || maxima[i] is not { } max) continue;
            if (lastMin is not null && lastMax is not null)
            {
                int low = order(lastMin, min), high = order(lastMax, max);
                ascends &= low <= 0 && high <= 0;
                descends &= low >= 0 && high >= 0;
            }

            (lastMin, lastMax) = (min, max);
        }

        return ascends ? BoundaryOrder.Ascending : descends ? BoundaryOrder.Descending : BoundaryOrder.Unordered;
    }
}
