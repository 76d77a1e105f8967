namespace Mesh.Synchronise.Clocks;

/// <summary>
/// Lower convex hull of points (Andrew's monotone chain). Of all lines below the points, the one with the least sum of distances is the edge over
/// their mean (Moon, Skelly, Towsley).
/// </summary>
internal sealed class LowerHull
{
    private readonly double[] x;
    private readonly double[] y;
    private readonly double sumX;
    private readonly double sumY;
    private int count;

    private LowerHull(int capacity, double sumX, double sumY, double origin, int points)
    {
        x = new double[capacity];
        y = new double[capacity];
        this.sumX = sumX;
        this.sumY = sumY;
        Origin = origin;
        Points = points;
    }

    /// <summary>Where the hull's own x begins; keeps products small.</summary>
    public double Origin { get; }

    public int Points { get; }

    public double MeanX => Origin + sumX / Points;

    /// <param name="xs">Abscissas, at least one; need not be in order.</param>
    /// <param name="ys">Ordinates.</param>
    /// <param name="part">Of a sample: which.</param>
    /// <param name="parts">Samples the points are dealt out to; 1 for all points.</param>
    public static LowerHull Of(ReadOnlySpan<double> xs, ReadOnlySpan<double> ys, int part = 0, int parts = 1)
    {
        var keys = new double[xs.Length];
        var values = new double[xs.Length];
        int points = 0;
        double origin = xs[0], sumX = 0, sumY = 0;
        bool inOrder = true;
        for (int i = 0; i < xs.Length; i++)
        {
            if (parts > 1 && Deal(i, parts) != part) continue;
            double x = xs[i] - origin;
            inOrder &= points == 0 || keys[points - 1] <= x;
            sumX += x;
            sumY += ys[i];
            (keys[points], values[points]) = (x, ys[i]);
            points++;
        }

        // A segment of a handful of messages may have none in a part.
        if (points == 0) return Of(xs, ys);
        if (!inOrder) Array.Sort(keys, values, 0, points);
        var hull = new LowerHull(points, sumX, sumY, origin, points);
        for (int i = 0; i < points; i++) hull.Append(keys[i], values[i]);
        return hull;
    }

    /// <summary>Greatest intercept, at <see cref="Origin"/>, of a line of this slope below all points.</summary>
    public double Intercept(double slope)
    {
        int vertex = Touching(slope);
        return y[vertex] - slope * x[vertex];
    }

    /// <summary>Sum of the points' distances above that line.</summary>
    public double Excess(double slope) => sumY - slope * sumX - Points * Intercept(slope);

    /// <summary>Derivative of <see cref="Excess"/>, which is convex.</summary>
    public double Gradient(double slope) => Points * x[Touching(slope)] - sumX;

    // At random, not in turn: batches of a bus repeat with a period that every n-th message may share.
    private static int Deal(int i, int parts) => (int)((((ulong)i + 1) * 0x9E3779B97F4A7C15UL >> 40) % (ulong)parts);

    private int Touching(double slope)
    {
        int low = 0, high = count - 1;
        while (low < high)
        {
            int middle = (low + high) >> 1;
            if (y[middle + 1] - y[middle] < slope * (x[middle + 1] - x[middle])) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private void Append(double px, double py)
    {
        if (count > 0 && x[count - 1] == px)
        {
            if (py >= y[count - 1]) return;
            count--;
        }

        while (count >= 2 && (x[count - 1] - x[count - 2]) * (py - y[count - 2]) <= (y[count - 1] - y[count - 2]) * (px - x[count - 2])) count--;
        x[count] = px;
        y[count++] = py;
    }
}
