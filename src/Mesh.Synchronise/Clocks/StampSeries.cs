namespace Mesh.Synchronise.Clocks;

/// <summary>
/// Device and receive stamps of one channel in message order, and what the estimators compute with: differences that were taken in integers, since
/// a double holds absolute nanoseconds to 256 ns only.
/// </summary>
internal sealed class StampSeries
{
    public StampSeries(long[] device, long[] receive, long[]? indices)
    {
        Device = device;
        Receive = receive;
        Indices = indices;
        X = new double[Count];
        Y = new double[Count];
        XBase = device[0];
        YBase = long.MaxValue;
        for (int i = 0; i < Count; i++) YBase = Math.Min(YBase, receive[i] - device[i]);
        for (int i = 0; i < Count; i++)
        {
            X[i] = device[i] - XBase;

            // Never negative, but beyond signed 64 bits where stamps lie at both ends of the range.
            Y[i] = (ulong)(receive[i] - device[i]) - (ulong)YBase;
        }
    }

    public long[] Device { get; }

    public long[] Receive { get; }

    /// <summary>Of a thinned series the messages' numbers; null when nothing was left out.</summary>
    public long[]? Indices { get; }

    public int Count => Device.Length;

    /// <summary>Device time since the first message, nanoseconds.</summary>
    public double[] X { get; }

    /// <summary>Receive minus device above the least of them, nanoseconds.</summary>
    public double[] Y { get; }

    public long XBase { get; }

    public long YBase { get; }

    public long IndexOf(int position) => Indices is null ? position : Indices[position];

    /// <summary>Y without a drift.</summary>
    public double[] Detrended(double slope)
    {
        var result = new double[Count];
        for (int i = 0; i < result.Length; i++) result[i] = Y[i] - slope * X[i];
        return result;
    }

    /// <summary>
    /// Drift that survives a few steps: the median of slopes between the least values of blocks five per cent of the series apart.
    /// </summary>
    public static double CoarseSlope(ReadOnlySpan<double> x, ReadOnlySpan<double> y)
    {
        int size = Math.Max(1, x.Length / 200);
        int blocks = x.Length / size;
        var least = new int[blocks];
        for (int block = 0; block < blocks; block++)
        {
            least[block] = block * size;
            for (int i = block * size; i < (block + 1) * size; i++)
            {
                if (y[i] < y[least[block]]) least[block] = i;
            }
        }

        int apart = Math.Max(1, blocks / 20);
        var slopes = new List<double>(blocks);
        for (int i = 0; i + apart < blocks; i++)
        {
            double dx = x[least[i + apart]] - x[least[i]];
            if (dx > 0) slopes.Add((y[least[i + apart]] - y[least[i]]) / dx);
        }

        return slopes.Count == 0 ? 0 : Quantile.Of([.. slopes], 0.5);
    }
}
