namespace Mesh.Synchronise.Clocks;

/// <summary>
/// The stamps of one channel in bounded memory. When it is full, of every two neighbours the one with the less delay stays (the drift known by
/// then taken off), and from then on of every two, four, ... messages: an estimator of least delays loses next to nothing by it, only
/// the place of a step becomes coarser. Not thread-safe.
/// </summary>
public sealed class StampReservoir
{
    /// <summary>Bytes a stamp takes.</summary>
    public const int StampBytes = 3 * sizeof(long);

    // Differences of what lies within do not overflow.
    private const long Reach = (1L << 62) - 1;
    private const int FirstCapacity = 256;
    private const int LeastStamps = 2048;

    private int maxStamps;
    private long[] device = [];
    private long[] receive = [];
    private long[] indices = [];
    private int kept;
    private long stride = 1;
    private long inGroup;
    private double slope;
    private long lastDevice;

    /// <param name="maxStamps">Most stamps kept (at least 2048; default: 32 768, which are 768 KiB).</param>
    public StampReservoir(int maxStamps = 32_768) => this.maxStamps = Math.Max(LeastStamps, maxStamps) & ~1;

    /// <summary>Stamps added.</summary>
    public long Added { get; private set; }

    /// <summary>Stamps equal to the one before.</summary>
    public long Repeated { get; private set; }

    /// <summary>Stamps before the one before.</summary>
    public long Decreasing { get; private set; }

    /// <summary>Stamps left out because they lie beyond 2^62 ns, where no clock is.</summary>
    public long BeyondRange { get; private set; }

    /// <summary>Bytes held.</summary>
    public long Bytes => (long)device.Length * StampBytes;

    /// <summary>Whether <see cref="Shrink"/> would give back memory.</summary>
    public bool CanShrink => device.Length >= 2 * LeastStamps;

    /// <summary>Adds the stamps of the next message.</summary>
    public void Add(long deviceNs, long receiveNs)
    {
        long index = Added++;
        if (deviceNs is > Reach or < -Reach || receiveNs is > Reach or < -Reach)
        {
            BeyondRange++;
            return;
        }

        if (kept > 0)
        {
            if (deviceNs == lastDevice) Repeated++;
            else if (deviceNs < lastDevice) Decreasing++;
        }

        lastDevice = deviceNs;
        if (inGroup > 0 && inGroup < stride)
        {
            inGroup++;
            if (Delay(deviceNs, receiveNs) >= Delay(device[kept - 1], receive[kept - 1])) return;
            Set(kept - 1, deviceNs, receiveNs, index);
            return;
        }

        if (kept == device.Length)
        {
            if (kept == maxStamps) Thin();
            else Grow();
        }

        Set(kept++, deviceNs, receiveNs, index);
        inGroup = 1;
    }

    /// <summary>Halves the memory, and what may be used from now on.</summary>
    public void Shrink()
    {
        if (!CanShrink) return;
        maxStamps = device.Length / 2;
        while (kept > maxStamps / 2) Thin();
        Resize(maxStamps);
    }

    /// <summary>Lets go of everything.</summary>
    public void Clear()
    {
        (device, receive, indices) = ([], [], []);
        kept = 0;
    }

    internal int Kept => kept;

    internal StampSeries ToSeries() => new(device[..kept], receive[..kept], stride == 1 && BeyondRange == 0 ? null : indices[..kept]);

    private void Thin()
    {
        var series = ToSeries();
        slope = StampSeries.CoarseSlope(series.X, series.Y);
        if (Math.Abs(slope) > 1e-2) slope = 0;
        int half = 0;
        for (int i = 0; i < kept; i += 2)
        {
            int least = i + 1 < kept && Delay(device[i + 1], receive[i + 1]) < Delay(device[i], receive[i]) ? i + 1 : i;
            Set(half++, device[least], receive[least], indices[least]);
        }

        kept = half;
        stride *= 2;
        inGroup = stride;
    }

    private double Delay(long deviceNs, long receiveNs) => receiveNs - deviceNs - receive[0] + device[0] - slope * (deviceNs - device[0]);

    private void Set(int place, long deviceNs, long receiveNs, long index) => (device[place], receive[place], indices[place]) = (deviceNs, receiveNs, index);

    private void Grow() => Resize(Math.Min(maxStamps, Math.Max(FirstCapacity, device.Length * 2)));

    private void Resize(int capacity)
    {
        Array.Resize(ref device, capacity);
        Array.Resize(ref receive, capacity);
        Array.Resize(ref indices, capacity);
    }
}
