using System.Runtime.InteropServices;

namespace Mesh.Commands.Media.Timeline;

/// <summary>
/// Counts the messages of a channel per column of time and finds where it was silent, in memory that does not grow with the messages. Times come in any order; runs
/// of ascending ones, as files hold them, are what makes it cheap.
/// </summary>
internal sealed class ChannelTimeline
{
    private const int MaxCandidates = 4096;
    private const int MaxRuns = 4096;
    private const int MinIntervals = 10;

    // A sensor's last message may be anywhere within its delay before the recorder stops.
    private const long MinEdgeNs = 1_000_000_000;

    private readonly long startNs, endNs;
    private readonly int[] counts;
    private readonly IntervalHistogram intervals = new();
    private readonly List<(long FromNs, long ToNs)> runs = [];
    private readonly List<(long FromNs, long ToNs, int Run)> candidates = [];
    private long runStart, previous, floor;
    private bool isWithinRun, isUnordered;

    /// <param name="startNs">First time of the recording.</param>
    /// <param name="endNs">Last time of the recording.</param>
    /// <param name="columns">Equal shares of the time between.</param>
    public ChannelTimeline(long startNs, long endNs, int columns)
    {
        this.startNs = startNs;
        this.endNs = endNs;
        counts = new int[columns];
    }

    /// <summary>Messages per column.</summary>
    public IReadOnlyList<int> Counts => counts;

    /// <summary>Messages.</summary>
    public long Messages { get; private set; }

    /// <summary>Median interval, nanoseconds; null while too few were seen.</summary>
    public double? PeriodNs => intervals.Count >= MinIntervals ? intervals.Quantile(0.5) : null;

    /// <summary>Counts a message.</summary>
    public void Add(long timeNs)
    {
        Messages++;
        counts[ColumnOf(timeNs)]++;
        if (isWithinRun && timeNs >= previous)
        {
            long interval = timeNs - previous;
            intervals.Add(interval);
            if (interval > floor) AddCandidate(previous, timeNs);
        }
        else
        {
            EndRun();
            runStart = timeNs;
            isWithinRun = true;
        }

        previous = timeNs;
    }

    /// <summary>What comes next need not be later than what came so far.</summary>
    public void EndRun()
    {
        if (!isWithinRun) return;
        isWithinRun = false;
        if (runs.Count < MaxRuns) runs.Add((runStart, previous));
        else isUnordered = true;
    }

    /// <summary>
    /// Silences longer than five median intervals and twice the interval that 95 of 100 do not exceed, the longest if there are too many, in order of time. Those
    /// before the first message and after the last count too if they take more than a second. None where messages are too few or too mixed up to tell.
    /// </summary>
    public IReadOnlyList<(long FromNs, long ToNs)> FindGaps(int maxGaps)
    {
        EndRun();
        if (isUnordered || PeriodNs is not { } period) return [];
        double threshold = Math.Max(Math.Max(5 * period, 2 * intervals.Quantile(0.95)), floor);
        var gaps = new List<(long FromNs, long ToNs)>();
        long covered = startNs;
        foreach (var (from, to) in Covered(threshold))
        {
            if (from - covered > (covered == startNs && gaps.Count == 0 ? Math.Max(threshold, MinEdgeNs) : threshold)) gaps.Add((covered, from));
            covered = Math.Max(covered, to);
        }

        if (endNs - covered > Math.Max(threshold, MinEdgeNs)) gaps.Add((covered, endNs));
        if (gaps.Count <= maxGaps) return gaps;
        gaps.Sort(static (one, other) => (other.ToNs - other.FromNs).CompareTo(one.ToNs - one.FromNs));
        gaps.RemoveRange(maxGaps, gaps.Count - maxGaps);
        gaps.Sort();
        return gaps;
    }

    /// <summary>The runs cut at their long silences, by their beginnings: where one run is silent another may not be.</summary>
    private List<(long FromNs, long ToNs)> Covered(double threshold)
    {
        var silences = candidates.Where(candidate => candidate.ToNs - candidate.FromNs > threshold).OrderBy(candidate => candidate.Run).ThenBy(candidate => candidate.FromNs).ToList();
        var pieces = new List<(long FromNs, long ToNs)>();
        int next = 0;
        for (int run = 0; run < runs.Count; run++)
        {
            long from = runs[run].FromNs;
            for (; next < silences.Count && silences[next].Run == run; next++)
            {
                pieces.Add((from, silences[next].FromNs));
                from = silences[next].ToNs;
            }

            pieces.Add((from, runs[run].ToNs));
        }

        pieces.Sort();
        return pieces;
    }

    private int ColumnOf(long timeNs)
    {
        long since = Math.Clamp(timeNs, startNs, endNs) - startNs, range = endNs - startNs + 1;
        return (int)(since <= long.MaxValue / counts.Length ? since * counts.Length / range : (long)((Int128)since * counts.Length / range));
    }

    private void AddCandidate(long from, long to)
    {
        candidates.Add((from, to, runs.Count));
        if (candidates.Count < MaxCandidates) return;

        // The shorter half goes, so that a usual interval soon is no candidate any more.
        CollectionsMarshal.AsSpan(candidates).Sort(static (one, other) => (other.ToNs - other.FromNs).CompareTo(one.ToNs - one.FromNs));
        floor = candidates[MaxCandidates / 2].ToNs - candidates[MaxCandidates / 2].FromNs;
        candidates.RemoveRange(MaxCandidates / 2, MaxCandidates / 2);
    }
}
