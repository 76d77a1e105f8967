using System.Globalization;

namespace Mesh.Console.Components.Charts;

/// <summary>An axis of a chart: a range widened to round numbers, and where values lie on it.</summary>
public sealed class ChartAxis
{
    private const int MostTicks = 6;

    private ChartAxis(double low, double high, double step)
    {
        Low = low;
        High = high;
        Step = step;
    }

    /// <summary>Begin.</summary>
    public double Low { get; }

    /// <summary>End.</summary>
    public double High { get; }

    /// <summary>Distance of the ticks.</summary>
    public double Step { get; }

    /// <summary>Values with a tick.</summary>
    public IReadOnlyList<double> Ticks
    {
        get
        {
            var ticks = new List<double>();
            for (int i = 0; i <= MostTicks * 2; i++)
            {
                double tick = Low + (i * Step);
                if (tick > High + (Step * 1e-9)) break;
                ticks.Add(Math.Abs(tick) < Step * 1e-9 ? 0 : tick);
            }

            return ticks;
        }
    }

    /// <summary>An axis over finite values.</summary>
    /// <param name="values">What must be on it.</param>
    /// <param name="isTight">Whether it ends with the values instead of with round numbers.</param>
    public static ChartAxis Of(IEnumerable<double> values, bool isTight = false)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high) (low, high) = (0, 1);
        // Halves first: the difference of two large numbers need not be one.
        if (!((high / 2) - (low / 2) > Math.Max(Math.Abs(low), Math.Abs(high)) * 1e-12)) (low, high) = low == 0 ? (-1, 1) : (low - (Math.Abs(low) * 0.1), high + (Math.Abs(high) * 0.1));
        double step = RoundStep(((high / MostTicks) - (low / MostTicks)) * 1.2);
        return isTight ? new ChartAxis(low, high, step) : new ChartAxis(Math.Floor(low / step) * step, Math.Ceiling(high / step) * step, step);
    }

    /// <summary>Ticks of a tight axis: round numbers within it.</summary>
    public IEnumerable<double> InnerTicks
    {
        get
        {
            double first = Math.Ceiling(Low / Step) * Step;
            for (int i = 0; i <= MostTicks * 2 && first + (i * Step) <= High + (Step * 1e-9); i++) yield return first + (i * Step);
        }
    }

    /// <summary>Where a value lies, from 0 at the begin to 1 at the end.</summary>
    public double At(double value) => ((value / 2) - (Low / 2)) / ((High / 2) - (Low / 2));

    /// <summary>A value as the axis writes it.</summary>
    public string Text(double value)
    {
        double size = Math.Max(Math.Abs(Low), Math.Abs(High));
        if (size is >= 1e6 or < 1e-3) return value.ToString("0.##e+0", CultureInfo.InvariantCulture);
        int decimals = Math.Clamp((int)Math.Ceiling(-Math.Log10(Step) - 1e-9), 0, 8);
        return value.ToString("N" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
    }

    private static double RoundStep(double least)
    {
        double magnitude = Math.Pow(10, Math.Floor(Math.Log10(least)));
        double share = least / magnitude;
        return magnitude * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
    }
}
