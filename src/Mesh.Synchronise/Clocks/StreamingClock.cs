namespace Mesh.Synchronise.Clocks;

/// <summary>What is known of a clock when a message arrives.</summary>
/// <param name="HostNs">The message's device time on the host's clock, nanoseconds; later than that of every message before whose stamps were usable.</param>
/// <param name="HalfWidthNs">Half width of the 95 % band, nanoseconds.</param>
/// <param name="Epoch">Counts the steps seen so far.</param>
/// <param name="IsUncertain">Whether a step up may be under way that is not decided yet, or too few messages have arrived since the last one.</param>
public readonly record struct StreamingTime(long HostNs, long HalfWidthNs, int Epoch, bool IsUncertain);

/// <summary>
/// Follows a clock message by message in constant memory: the lower hull of the current epoch's stamps within a horizon, and the edge over its middle
/// as the line. A step back of the offset is seen at once, since no message can arrive before it was sent; one forward once so many messages
/// in a row are late that chance is excluded. Times given out are never taken back. Not thread-safe.
/// </summary>
public sealed class StreamingClock
{
    private const int MaxVertices = 256;
    private const int RecentCount = 512;
    private const int MinSamples = 30;
    private const double MinSpanNs = 5e9;
    private const double LeastJumpNs = 300_000;
    private const double FirstDelayNs = 100e6;
    private const double MaxSlew = 200e-6;
    private const double MaxSlope = 500e-6;
    private const double LogChance = -9;
    private const int MaxPending = 256;

    private readonly double horizonNs;
    private readonly List<(double X, double Y)> hull = new(MaxVertices);
    private readonly double[] recent = new double[RecentCount];
    private readonly double[] sorted = new double[RecentCount];
    private readonly List<(long Device, long Receive)> pending = [];
    private long xBase;
    private long yBase;
    private long samples;
    private long lastHost;
    private bool isPublished;
    private double lastX;
    private double slope;
    private double level;
    private double lowest;
    private double high;
    private double pendingDelta = LeastJumpNs;
    private int pendingNeeded = MinSamples;
    private bool started;

    /// <param name="horizon">How far back stamps count (default: 10 minutes): a clock whose rate wanders needs less, a steady one more.</param>
    public StreamingClock(TimeSpan? horizon = null) => horizonNs = (horizon ?? TimeSpan.FromMinutes(10)).TotalNanoseconds;

    /// <summary>Steps seen so far.</summary>
    public int Epoch { get; private set; }

    /// <summary>Drift of the offset by the current line, parts per million.</summary>
    public double DriftPpm => slope * 1e6;

    /// <summary>Takes the stamps of the next message. Stamps beyond 2^62 ns tell nothing: the message keeps its receive time.</summary>
    public StreamingTime Observe(long deviceNs, long receiveNs)
    {
        if (deviceNs is > 1L << 62 or < -(1L << 62) || receiveNs is > 1L << 62 or < -(1L << 62)) return new StreamingTime(receiveNs, long.MaxValue, Epoch, true);
        if (!started) Begin(deviceNs, receiveNs);
        double x = deviceNs - xBase, y = receiveNs - deviceNs - yBase;
        double below = level + slope * x;
        double residual = y - below;
        double slack = Math.Max(LeastJumpNs, HalfWidth()) + MaxSlew * Math.Abs(x - lastX) + (IsYoung ? MaxSlope * Math.Abs(x) : 0);

        // The first messages of an epoch may all be late: that one is less so is no step.
        if (samples < MinSamples) slack += FirstDelayNs;
        if (residual < -slack)
        {
            Epoch++;
            Begin(deviceNs, receiveNs);
            (x, y, residual) = (0, 0, 0);
        }
        else if (!IsYoung && residual > pendingDelta)
        {
            pending.Add((deviceNs, receiveNs));
            if (pending.Count >= pendingNeeded) StepUp(ref x, ref y, ref residual);
        }
        else
        {
            pending.Clear();
        }

        if (pending.Count == 0 || pending.Count < pendingNeeded) Append(x, y, residual);
        long host = ToHost(deviceNs);
        return Publish(host, (long)Math.Ceiling(HalfWidth() + (IsYoung ? high : 0)), IsYoung || pending.Count > 0);
    }

    private bool IsYoung => samples < MinSamples || lastX < MinSpanNs;

    private void Begin(long deviceNs, long receiveNs)
    {
        started = true;
        (xBase, yBase) = (deviceNs, receiveNs - deviceNs);
        (samples, lastX, level) = (0, 0, 0);
        hull.Clear();
        pending.Clear();
    }

    // The epoch begins with the first of the late messages; those after it are told again.
    private void StepUp(ref double x, ref double y, ref double residual)
    {
        var late = pending.ToArray();
        Epoch++;
        Begin(late[0].Device, late[0].Receive);
        foreach (var (device, receive) in late.AsSpan(0, late.Length - 1))
        {
            double lateX = device - xBase, lateY = receive - device - yBase;
            Append(lateX, lateY, lateY - level - slope * lateX);
        }

        x = late[^1].Device - xBase;
        y = late[^1].Receive - late[^1].Device - yBase;
        residual = Math.Max(0, y - level - slope * x);
    }

    private void Append(double x, double y, double residual)
    {
        recent[samples % RecentCount] = Math.Max(0, residual);
        samples++;
        lastX = Math.Max(lastX, x);
        if (hull.Count == 0 || x > hull[^1].X || (x == hull[^1].X && y < hull[^1].Y))
        {
            if (hull.Count > 0 && x == hull[^1].X) hull.RemoveAt(hull.Count - 1);
            while (hull.Count >= 2 && (hull[^1].X - hull[^2].X) * (y - hull[^2].Y) <= (hull[^1].Y - hull[^2].Y) * (x - hull[^2].X)) hull.RemoveAt(hull.Count - 1);
            hull.Add((x, y));
            int stale = 0;
            while (hull.Count - stale > 2 && (hull[stale].X < x - horizonNs || hull.Count - stale > MaxVertices)) stale++;
            if (stale > 0) hull.RemoveRange(0, stale);
        }

        if (samples <= 64 || samples % 64 == 0) Rescale();
        Fit();
    }

    private void Fit()
    {
        if (IsYoung)
        {
            // The rate of the epoch before, as low as the messages allow: a line through two of the first ones would be anything.
            level = double.MaxValue;
            foreach (var (x, y) in hull) level = Math.Min(level, y - slope * x);
            return;
        }

        double middle = (hull[0].X + hull[^1].X) / 2;
        int right = 1;
        while (right < hull.Count - 1 && hull[right].X < middle) right++;
        var (x0, y0) = hull[right - 1];
        var (x1, y1) = hull[right];
        slope = Math.Clamp((y1 - y0) / (x1 - x0), -MaxSlope, MaxSlope);
        level = y0 - slope * x0;
    }

    // How late messages usually are decides how many late ones in a row are a step.
    private void Rescale()
    {
        int count = (int)Math.Min(samples, RecentCount);
        var values = sorted.AsSpan(0, count);
        recent.AsSpan(0, count).CopyTo(values);
        values.Sort();
        lowest = Quantile.OfSorted(values, 0.01);
        high = Quantile.OfSorted(values, 0.5);
        pendingDelta = Math.Max(LeastJumpNs, 2 * Quantile.OfSorted(values, 0.9));
        int above = 1;
        while (above < count && values[count - 1 - above] > pendingDelta) above++;

        // Twice as many: late messages come in bursts.
        pendingNeeded = count < MinSamples ? MinSamples : Math.Clamp((int)Math.Ceiling(2 * LogChance / Math.Log10((double)above / (count + 1))), 4, MaxPending);
    }

    private double HalfWidth() => Math.Max(2 * lowest, 4.74 * high / Math.Max(1, Math.Min(samples, 2 * RecentCount)));

    // Saturates: the stamps of an epoch may lie further apart than 64 bits reach.
    private long ToHost(long deviceNs) =>
        (long)Int128.Clamp((Int128)deviceNs + yBase + (long)Math.Round(level + slope * ((double)deviceNs - xBase)), long.MinValue, long.MaxValue);

    private StreamingTime Publish(long hostNs, long halfWidthNs, bool isUncertain)
    {
        lastHost = isPublished ? Math.Max(hostNs, lastHost == long.MaxValue ? lastHost : lastHost + 1) : hostNs;
        isPublished = true;
        return new StreamingTime(lastHost, halfWidthNs, Epoch, isUncertain);
    }
}
