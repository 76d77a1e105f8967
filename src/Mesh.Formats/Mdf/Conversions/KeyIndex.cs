namespace Mesh.Formats.Mdf.Conversions;

/// <summary>Finds the entry of a table of keys or of ranges: by position for small integers, else by bisection.</summary>
/// <remarks>Where entries overlap, which the specification forbids, the first counts.</remarks>
internal sealed class KeyIndex
{
    // The array stays in proportion to the table, of which a file may have many.
    private const int DenseAlways = 64;
    private const int DensePerEntry = 16;

    // Segments [starts[i], ends[i]) of the number line in ascending order, and the entry of each.
    private readonly double[] starts;
    private readonly double[] ends;
    private readonly int[] entries;
    private readonly int[] dense;
    private readonly double denseFrom;

    private KeyIndex(List<(double Start, double End, int Entry)> segments)
    {
        starts = [.. segments.Select(segment => segment.Start)];
        ends = [.. segments.Select(segment => segment.End)];
        entries = [.. segments.Select(segment => segment.Entry)];
        dense = [];
        if (segments.Count == 0) return;
        double from = Math.Floor(starts[0]);
        double size = Math.Ceiling(ends[^1]) - from;
        if (!(size <= DenseAlways + (DensePerEntry * (double)segments.Count)) || Math.Abs(from) > 1e15) return;
        denseFrom = from;
        dense = new int[(int)size];
        for (int i = 0; i < dense.Length; i++) dense[i] = Bisect(from + i);
    }

    /// <summary>Of single keys.</summary>
    public static KeyIndex OfKeys(IReadOnlyList<double> keys, int count) => new(
        [.. Enumerable.Range(0, count)
            .Where(i => double.IsFinite(keys[i]))
            .Select(i => (Start: keys[i], End: Math.BitIncrement(keys[i]), Entry: i))
            .OrderBy(segment => segment.Start)
            .DistinctBy(segment => segment.Start)]);

    /// <summary>Of ranges.</summary>
    /// <param name="values">Their bounds.</param>
    /// <param name="count">Number of ranges.</param>
    /// <param name="step">Values from one range's lower bound to the next one's; the upper bound follows the lower.</param>
    /// <param name="isInteger">Whether the upper bound belongs to the range: it does for integers, not for floating-point values.</param>
    public static KeyIndex OfRanges(IReadOnlyList<double> values, int count, int step, bool isInteger)
    {
        var ranges = new List<(double Start, double End, int Entry)>(count);
        for (int i = 0; i < count; i++)
        {
            double lower = values[i * step];
            double upper = values[(i * step) + 1];
            // An empty range is how writers put a single floating-point value: taken at its word it would mean nothing.
            if (isInteger || lower == upper) upper = Math.BitIncrement(upper);
            if (lower < upper) ranges.Add((lower, upper, i));
        }

        return new KeyIndex(Disjoint(ranges));
    }

    /// <summary>Entry that holds the value; -1 for none.</summary>
    public int Find(double value)
    {
        if (dense.Length == 0) return Bisect(value);
        // All entries lie within the array's reach.
        double position = value - denseFrom;
        if (!(position >= 0 && position < dense.Length)) return -1;
        return position == (int)position ? dense[(int)position] : Bisect(value);
    }

    private static List<(double Start, double End, int Entry)> Disjoint(List<(double Start, double End, int Entry)> ranges)
    {
        double[] bounds = [.. ranges.SelectMany(range => new[] { range.Start, range.End }).Distinct().Order()];
        var byStart = ranges.OrderBy(range => range.Start).ToArray();
        var open = new PriorityQueue<(double Start, double End, int Entry), int>();
        var segments = new List<(double Start, double End, int Entry)>(ranges.Count);
        int next = 0;
        for (int i = 0; i + 1 < bounds.Length; i++)
        {
            for (; next < byStart.Length && byStart[next].Start <= bounds[i]; next++) open.Enqueue(byStart[next], byStart[next].Entry);
            while (open.Count > 0 && open.Peek().End <= bounds[i]) open.Dequeue();
            if (open.Count == 0) continue;
            int entry = open.Peek().Entry;
            if (segments.Count > 0 && segments[^1].Entry == entry && segments[^1].End == bounds[i]) segments[^1] = (segments[^1].Start, bounds[i + 1], entry);
            else segments.Add((bounds[i], bounds[i + 1], entry));
        }

        return segments;
    }

    private int Bisect(double value)
    {
        // The last segment that does not start behind the value.
        int low = 0;
        int count = starts.Length;
        while (count > 1)
        {
            int half = count / 2;
            low = starts[low + half] <= value ? low + half : low;
            count -= half;
        }

        return count == 1 && starts[low] <= value && value < ends[low] ? entries[low] : -1;
    }
}
