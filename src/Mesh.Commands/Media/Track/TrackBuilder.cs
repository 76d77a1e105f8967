using Mesh.Commands.Media.Timeline;

namespace Mesh.Commands.Media.Track;

/// <summary>Makes a track of fixes: metres about their middle, speed, and no more points than it takes.</summary>
internal static class TrackBuilder
{
    private const double SpeedWindow = 0.5;

    /// <param name="recording">The recording.</param>
    /// <param name="channel">Channel of the fixes.</param>
    /// <param name="channels">All channels with fixes.</param>
    /// <param name="list">The fixes.</param>
    /// <param name="tolerance">Metres.</param>
    /// <param name="limits">Limits.</param>
    public static RecordingTrack Build(LakeRecording recording, string channel, IReadOnlyList<string> channels, FixList list, double tolerance, MediaLimits limits)
    {
        var fixes = list.Fixes;
        var frame = new LocalFrame(Middle(fixes));
        double[] times = new double[fixes.Length], east = new double[fixes.Length], north = new double[fixes.Length], up = new double[fixes.Length];
        for (int i = 0; i < fixes.Length; i++)
        {
            times[i] = recording.ToSeconds(fixes[i].TimeNs);
            (east[i], north[i], up[i]) = frame.ToLocal(new Geodetic(fixes[i].Lat, fixes[i].Lon, fixes[i].Alt));
        }

        var kept = Simplify(times, east, north, list.Gaps, recording, tolerance);
        while (kept.Count > limits.MaxTrackPoints)
        {
            tolerance *= 2;
            kept = Simplify(times, east, north, list.Gaps, recording, tolerance);
        }

        var points = new List<TrackPoint>(kept.Count);
        double length = 0;
        foreach (int i in kept)
        {
            if (points.Count > 0) length += double.Hypot(east[i] - points[^1].East, north[i] - points[^1].North);
            points.Add(new TrackPoint(times[i], Round(east[i]), Round(north[i]), Round(up[i]), Round(SpeedAt(times, east, north, i)), fixes[i].Quality));
        }

        IReadOnlyList<TimelineGap> gaps = [.. list.Gaps.Select(gap => new TimelineGap(channel, recording.ToSeconds(gap.FromNs), recording.ToSeconds(gap.ToNs)))];
        return new RecordingTrack(recording.Start, recording.Duration, channel, channels, frame.Origin, points, gaps, list.Total, list.Invalid, fixes.Length, tolerance, Round(length));

        // Millimetres: what is finer is noise and makes the answer half as long again.
        static double Round(double metres) => Math.Round(metres, 3);
    }

    /// <summary>Each piece between gaps alone, so that both ends of a gap stay.</summary>
    private static List<int> Simplify(double[] times, double[] east, double[] north, IReadOnlyList<(long FromNs, long ToNs)> gaps, LakeRecording recording, double tolerance)
    {
        var kept = new List<int>();
        int from = 0;
        foreach (var (gapFrom, _) in gaps)
        {
            int to = from;
            double end = recording.ToSeconds(gapFrom);
            while (to < times.Length && times[to] <= end) to++;
            Take(from, to);
            from = to;
        }

        Take(from, times.Length);
        return kept;

        void Take(int begin, int end)
        {
            foreach (int index in TrackSimplifier.Simplify(times.AsSpan(begin..end), east.AsSpan(begin..end), north.AsSpan(begin..end), tolerance)) kept.Add(begin + index);
        }
    }

    /// <summary>Over a second about the fix: between neighbours at 10 Hz a metre of noise would be 10 m/s.</summary>
    private static double SpeedAt(double[] times, double[] east, double[] north, int index)
    {
        int from = index, to = index;
        while (from > 0 && times[index] - times[from] < SpeedWindow && times[index] - times[from - 1] < 4 * SpeedWindow) from--;
        while (to < times.Length - 1 && times[to] - times[index] < SpeedWindow && times[to + 1] - times[index] < 4 * SpeedWindow) to++;
        double span = times[to] - times[from];
        return span > 0 ? double.Hypot(east[to] - east[from], north[to] - north[from]) / span : 0;
    }

    private static Geodetic Middle(ReadOnlySpan<GnssFix> fixes)
    {
        if (fixes.IsEmpty) return default;
        double first = fixes[0].Lon, west = 0, east = 0, south = 90, north = -90, low = double.MaxValue, high = double.MinValue;
        foreach (var fix in fixes)
        {
            // Relative to the first, so that a track across the date line has its middle there and not in Africa.
            double offset = Math.IEEERemainder(fix.Lon - first, 360);
            (west, east) = (Math.Min(west, offset), Math.Max(east, offset));
            (south, north) = (Math.Min(south, fix.Lat), Math.Max(north, fix.Lat));
            (low, high) = (Math.Min(low, fix.Alt), Math.Max(high, fix.Alt));
        }

        return new Geodetic((south + north) / 2, Math.IEEERemainder(first + (west + east) / 2, 360), (low + high) / 2);
    }
}
