using System.Globalization;
using System.Text;
using Mesh.Commands.Signals;

namespace Mesh.Console.Pages.Recordings;

/// <summary>A series as an SVG path in a box of 1000 by 100: what stands there until scripts draw, and where there are none.</summary>
internal static class PlotPath
{
    private const double Pad = 6;

    /// <summary>The path; null when there is nothing between the two times.</summary>
    public static string? Of(SignalSeries series, double from, double to)
    {
        if (!(to > from)) return null;
        var path = new StringBuilder();
        switch (series)
        {
            case SignalColumns columns: Columns(path, columns, from, to); break;
            case SignalSamples samples: Samples(path, samples, from, to); break;
            case SignalBands bands: Bands(path, bands, from, to); break;
        }

        return path.Length == 0 ? null : path.ToString();
    }

    private static void Columns(StringBuilder path, SignalColumns columns, double from, double to)
    {
        // The columns cover a little more than what was asked; that much is too little to be seen.
        if (Scale(columns.Min.Concat(columns.Max)) is not { } y) return;
        double step = (to - from) / columns.Count.Length, longest = Math.Max(columns.GapSeconds, 1.5 * step);
        int last = -1;
        for (int i = 0; i < columns.Count.Length; i++)
        {
            if (columns.Count[i] == 0) continue;
            double x = 1000.0 * (i + 0.5) / columns.Count.Length;
            bool isCut = last < 0 || (i - last) * step > longest;
            Append(path, isCut ? 'M' : 'L', x, y(columns.First[i]));
            if (columns.Min[i] < columns.Max[i])
            {
                path.Append('V').Append(Number(y(columns.Min[i]))).Append('V').Append(Number(y(columns.Max[i]))).Append('V').Append(Number(y(columns.Last[i])));
            }

            last = i;
        }
    }

    private static void Samples(StringBuilder path, SignalSamples samples, double from, double to)
    {
        if (Scale(samples.Values) is not { } y) return;
        bool isDown = false;
        double before = 0;
        for (int i = 0; i < samples.Times.Length; i++)
        {
            if (double.IsNaN(samples.Values[i]))
            {
                isDown = false;
                continue;
            }

            Append(path, isDown && samples.Times[i] - before <= samples.GapSeconds ? 'L' : 'M', 1000 * (samples.Times[i] - from) / (to - from), y(samples.Values[i]));
            (isDown, before) = (true, samples.Times[i]);
        }
    }

    private static void Bands(StringBuilder path, SignalBands bands, double from, double to)
    {
        for (int i = 0; i < bands.From.Length; i++)
        {
            double begin = Math.Max(0, 1000 * (bands.From[i] - from) / (to - from)), end = Math.Min(1000, 1000 * (bands.To[i] - from) / (to - from));
            if (end <= begin) continue;
            double height = bands.Labels.Count < 2 ? 50 : 90 - (80.0 * Math.Min(bands.Label[i], bands.Labels.Count - 1) / (bands.Labels.Count - 1));
            Append(path, 'M', begin, height);
            path.Append('H').Append(Number(end));
        }
    }

    private static Func<double, double>? Scale(IEnumerable<double> values)
    {
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        if (low > high) return null;
        if (low == high) return _ => 50;
        return value => Math.Clamp(Pad + ((100 - (2 * Pad)) * (1 - ((value - low) / (high - low)))), 0, 100);
    }

    private static void Append(StringBuilder path, char verb, double x, double y) => path.Append(verb).Append(Number(x)).Append(' ').Append(Number(y));

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
