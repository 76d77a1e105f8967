namespace Mesh.Formats.Ros2Bag;

/// <summary>Rowids met, as ranges. Recorders number without gaps, so that there is one; a table full of gaps is remembered in part.</summary>
internal sealed class RowIdRanges
{
    // Bounds the memory, and the time that a hostile file can make insertions take.
    private const int MaxRanges = 1 << 15;
    private readonly List<(long First, long Last)> ranges = [];

    public void Add(long rowId)
    {
        int at = ranges.Count;
        if (at > 0 && rowId <= ranges[at - 1].Last) at = FirstFrom(rowId);
        if (at < ranges.Count && ranges[at].First <= rowId) return;
        bool joinsBefore = at > 0 && ranges[at - 1].Last == rowId - 1;
        bool joinsAfter = at < ranges.Count && ranges[at].First == rowId + 1;
        if (joinsBefore && joinsAfter)
        {
            ranges[at - 1] = (ranges[at - 1].First, ranges[at].Last);
            ranges.RemoveAt(at);
        }
        else if (joinsBefore)
        {
            ranges[at - 1] = (ranges[at - 1].First, rowId);
        }
        else if (joinsAfter)
        {
            ranges[at] = (rowId, ranges[at].Last);
        }
        else if (ranges.Count < MaxRanges)
        {
            ranges.Insert(at, (rowId, rowId));
        }
    }

    public bool Contains(long rowId)
    {
        int at = FirstFrom(rowId);
        return at < ranges.Count && ranges[at].First <= rowId;
    }

    /// <summary>Rowids between the first and the last that were not met, and in how many places.</summary>
    public (ulong Missing, int Places) Gaps()
    {
        ulong missing = 0;
        for (int i = 1; i < ranges.Count; i++) missing += (ulong)ranges[i].First - (ulong)ranges[i - 1].Last - 1;
        return (missing, Math.Max(ranges.Count - 1, 0));
    }

    /// <summary>The first range that does not end before a rowid.</summary>
    private int FirstFrom(long rowId)
    {
        int low = 0, high = ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (ranges[middle].Last < rowId) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
