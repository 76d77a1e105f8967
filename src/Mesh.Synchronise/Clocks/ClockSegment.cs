namespace Mesh.Synchronise.Clocks;

/// <summary>A stretch of device time without a step: linear between its knots, and beyond them as between the two outermost.</summary>
/// <param name="ReceivedFromNs">When its first message was received, nanoseconds; segments begin ever later.</param>
/// <param name="Samples">Messages (or pairs) it rests on.</param>
/// <param name="Knots">Points in order of device time, at least one.</param>
public sealed record ClockSegment(long ReceivedFromNs, long Samples, IReadOnlyList<ClockKnot> Knots)
{
    // Beyond that a rate says nothing any more, and products with it stay far from the ends of 64 bits.
    private const long MaxReachNs = 365L * 86_400 * 1_000_000_000;

    /// <summary>Earliest device time, nanoseconds.</summary>
    public long FromNs => Knots[0].DeviceNs;

    /// <summary>Latest device time, nanoseconds.</summary>
    public long ToNs => Knots[^1].DeviceNs;

    /// <summary>Host minus device at the beginning, nanoseconds.</summary>
    public long OffsetNs => Knots[0].OffsetNs;

    /// <summary>Growth of host minus device, parts per million of device time; a device fast by p ppm shows about −p.</summary>
    public double DriftPpm => ToNs == FromNs ? 0 : (Knots[^1].OffsetNs - OffsetNs) * 1e6 / (ToNs - FromNs);

    /// <summary>Largest half width of the band, nanoseconds.</summary>
    public long HalfWidthNs
    {
        get
        {
            long widest = 0;
            for (int i = 0; i < Knots.Count; i++) widest = Math.Max(widest, Knots[i].HalfWidthNs);
            return widest;
        }
    }

    /// <summary>Host time at a device time; saturates at the ends of 64 bits. Does not decrease.</summary>
    public long ToHost(long deviceNs)
    {
        var (from, to) = Around(deviceNs);
        long offset = from.OffsetNs;
        if (to.DeviceNs > from.DeviceNs)
        {
            offset += (long)Math.Round((double)Reach(deviceNs, from.DeviceNs) * (to.OffsetNs - from.OffsetNs) / (to.DeviceNs - from.DeviceNs));
        }

        return Saturate((Int128)deviceNs + offset);
    }

    /// <summary>Half width of the band at a device time, nanoseconds; beyond the segment that of its nearer end.</summary>
    public long HalfWidthAt(long deviceNs)
    {
        deviceNs = Math.Clamp(deviceNs, FromNs, ToNs);
        var (from, to) = Around(deviceNs);
        if (to.DeviceNs == from.DeviceNs) return from.HalfWidthNs;
        return from.HalfWidthNs + (long)Math.Ceiling((double)(deviceNs - from.DeviceNs) * (to.HalfWidthNs - from.HalfWidthNs) / (to.DeviceNs - from.DeviceNs));
    }

    /// <summary>The same relation seen from the host: its knots are host times, its offsets device minus host.</summary>
    /// <param name="receivedFromNs">From when on it holds, host time.</param>
    internal ClockSegment Inverted(long receivedFromNs) => new(
        receivedFromNs, Samples, [.. Knots.Select(knot => new ClockKnot(Saturate((Int128)knot.DeviceNs + knot.OffsetNs), -knot.OffsetNs, knot.HalfWidthNs))]);

    private static long Reach(long deviceNs, long fromNs) => (long)Int128.Clamp((Int128)deviceNs - fromNs, -MaxReachNs, MaxReachNs);

    private static long Saturate(Int128 value) => (long)Int128.Clamp(value, long.MinValue, long.MaxValue);

    private (ClockKnot From, ClockKnot To) Around(long deviceNs)
    {
        if (Knots.Count == 1) return (Knots[0], Knots[0]);
        int low = 0, high = Knots.Count - 2;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (Knots[middle].DeviceNs <= deviceNs) low = middle;
            else high = middle - 1;
        }

        return (Knots[low], Knots[low + 1]);
    }
}
