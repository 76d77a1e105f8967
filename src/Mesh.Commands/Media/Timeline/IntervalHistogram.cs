using System.Numerics;

namespace Mesh.Commands.Media.Timeline;

/// <summary>How often which interval between messages occurs, in classes of 1/32 of an octave: quantiles to 2.2 %, in constant memory.</summary>
internal sealed class IntervalHistogram
{
    private const int Steps = 32;

    private readonly long[] counts = new long[64 * Steps];

    /// <summary>Intervals counted.</summary>
    public long Count { get; private set; }

    /// <param name="intervalNs">Nanoseconds, not negative.</param>
    public void Add(long intervalNs)
    {
        Count++;
        counts[ClassOf(intervalNs)]++;
    }

    /// <summary>An interval that the given share is not longer than, nanoseconds; 0 when there is none.</summary>
    public double Quantile(double share)
    {
        long wanted = (long)Math.Ceiling(Count * share), seen = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= wanted && seen > 0) return i < Steps ? i : Math.ScaleB(Steps + i % Steps + 0.5, i / Steps - 1);
        }

        return 0;
    }

    // Below 32 ns a class per nanosecond; above, 32 per doubling.
    private static int ClassOf(long value)
    {
        if (value < Steps) return (int)value;
        int octave = 63 - BitOperations.LeadingZeroCount((ulong)value) - 5;
        return (octave + 1) * Steps + (int)((value >> octave) & (Steps - 1));
    }
}
