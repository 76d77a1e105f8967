using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Commands.Media.Timeline;

namespace Mesh.Commands.Media.Track;

/// <summary>The fixes of a channel in order of time; of too many, the first of each equal share of time.</summary>
internal sealed class FixList
{
    private readonly ChannelTimeline timeline;
    private readonly long startNs, shareNs;
    private readonly HashSet<long> taken = [];
    private readonly List<GnssFix> fixes = [];
    private readonly int maxFixes;

    /// <param name="startNs">First time of the recording.</param>
    /// <param name="endNs">Last time of the recording.</param>
    /// <param name="maxFixes">Most fixes kept.</param>
    public FixList(long startNs, long endNs, int maxFixes)
    {
        this.startNs = startNs;
        this.maxFixes = maxFixes;
        shareNs = (endNs - startNs) / maxFixes + 1;
        timeline = new ChannelTimeline(startNs, endNs, 1);
    }

    /// <summary>The fixes, ascending once complete.</summary>
    public ReadOnlySpan<GnssFix> Fixes => CollectionsMarshal.AsSpan(fixes);

    /// <summary>Messages of the channel.</summary>
    public long Total { get; private set; }

    /// <summary>Of them, without a place.</summary>
    public long Invalid { get; private set; }

    /// <summary>Times without a valid fix, nanoseconds.</summary>
    public IReadOnlyList<(long FromNs, long ToNs)> Gaps { get; private set; } = [];

    /// <summary>About how much memory it takes.</summary>
    public long EstimatedBytes => 48L * fixes.Count + 500;

    /// <summary>Adds fixes.</summary>
    /// <param name="times">Nanoseconds.</param>
    /// <param name="latitudes">Degrees.</param>
    /// <param name="longitudes">Degrees.</param>
    /// <param name="altitudes">Metres; null when there are none.</param>
    /// <param name="statuses"><c>sensor_msgs/NavSatStatus</c>; null, or something else, when there are none.</param>
    public void Add(ReadOnlySpan<long> times, ColumnVector latitudes, ColumnVector longitudes, ColumnVector? altitudes, ColumnVector? statuses)
    {
        var status = StatusOf(statuses);
        for (int i = 0; i < times.Length; i++)
        {
            Total++;
            double lat = Numbers.At(latitudes, i), lon = Numbers.At(longitudes, i), alt = altitudes is null ? 0 : Numbers.At(altitudes, i);
            int quality = status is null || status.IsNull(i) ? GnssFix.Unsaid : (int)Numbers.At(status, i);
            if (!(Math.Abs(lat) <= 90) || !(Math.Abs(lon) <= 180) || quality < GnssFix.Unsaid || quality == -1 || (lat == 0 && lon == 0))
            {
                Invalid++;
                continue;
            }

            timeline.Add(times[i]);
            if (fixes.Count + 1 < maxFixes || taken.Count > 0) Keep(new GnssFix(times[i], lat, lon, double.IsFinite(alt) ? alt : 0, quality));
            else Thin(new GnssFix(times[i], lat, lon, double.IsFinite(alt) ? alt : 0, quality));
        }
    }

    /// <summary>Sorts what was added.</summary>
    public void Complete(int maxGaps)
    {
        taken.Clear();
        fixes.Sort(static (one, other) => one.TimeNs.CompareTo(other.TimeNs));
        Gaps = timeline.FindGaps(maxGaps);
    }

    private void Keep(GnssFix fix)
    {
        if (taken.Count == 0 || taken.Add((fix.TimeNs - startNs) / shareNs)) fixes.Add(fix);
    }

    /// <summary>From now on one fix per share of time, also of those that are there already.</summary>
    private void Thin(GnssFix next)
    {
        var all = fixes.ToArray();
        fixes.Clear();
        taken.Add(long.MinValue);
        foreach (var fix in all) Keep(fix);
        Keep(next);
    }

    private static ColumnVector? StatusOf(ColumnVector? column)
    {
        if (column?.Type is not StructType type) return null;
        int index = type.Fields.ToList().FindIndex(field => field.Name == "status");
        return index >= 0 && Numbers.IsNumber(column.Children[index].Type) ? column.Children[index] : null;
    }
}
