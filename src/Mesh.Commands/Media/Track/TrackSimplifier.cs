namespace Mesh.Commands.Media.Track;

/// <summary>
/// Leaves out the fixes that the others say as well: Douglas and Peucker's method, with the distance to where the line is <em>at the fix's time</em> instead of
/// to the line as a whole. So a cursor at any time is where the vehicle was, also where it braked or stood on a straight road.
/// </summary>
public static class TrackSimplifier
{
    // The method takes a square of time on a hostile track; pieces bound it, at the cost of two more points per piece.
    private const int PieceLength = 4096;

    /// <summary>Which of the fixes to keep: the first, the last, and what it takes that no other is further than the tolerance from the line at its time.</summary>
    /// <param name="times">Ascending.</param>
    /// <param name="east">Metres.</param>
    /// <param name="north">Metres.</param>
    /// <param name="tolerance">Metres.</param>
    /// <returns>Ascending indices.</returns>
    public static List<int> Simplify(ReadOnlySpan<double> times, ReadOnlySpan<double> east, ReadOnlySpan<double> north, double tolerance)
    {
        var kept = new List<int>();
        if (times.Length == 0) return kept;
        double limit = tolerance * tolerance;
        var open = new Stack<int>();
        int from = 0;
        kept.Add(0);
        while (from < times.Length - 1)
        {
            int end = Math.Min(from + PieceLength, times.Length - 1);
            open.Push(end);
            while (open.TryPeek(out int to))
            {
                int farthest = Farthest(times, east, north, from, to, limit);
                if (farthest > from)
                {
                    open.Push(farthest);
                    continue;
                }

                kept.Add(to);
                from = to;
                open.Pop();
            }
        }

        return kept;
    }

    /// <summary>The fix between two that is furthest from the line at its time; <paramref name="from"/> when all are within the limit.</summary>
    private static int Farthest(ReadOnlySpan<double> times, ReadOnlySpan<double> east, ReadOnlySpan<double> north, int from, int to, double limit)
    {
        int farthest = from;
        double span = times[to] - times[from];
        for (int i = from + 1; i < to; i++)
        {
            double share = span > 0 ? (times[i] - times[from]) / span : 0;
            double dx = east[i] - (east[from] + share * (east[to] - east[from]));
            double dy = north[i] - (north[from] + share * (north[to] - north[from]));
            double distance = dx * dx + dy * dy;
            if (distance <= limit) continue;
            limit = distance;
            farthest = i;
        }

        return farthest;
    }
}
