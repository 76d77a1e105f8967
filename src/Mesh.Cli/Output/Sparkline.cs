namespace Mesh.Cli.Output;

/// <summary>A curve in one line of text, lowest to highest.</summary>
internal static class Sparkline
{
    private const string Blocks = "▁▂▃▄▅▆▇█";

    /// <summary>One character a value; a value that is not finite is a gap.</summary>
    public static string Of(IReadOnlyList<double> values)
    {
        double low = double.PositiveInfinity;
        double high = double.NegativeInfinity;
        foreach (double value in values)
        {
            if (!double.IsFinite(value)) continue;
            low = Math.Min(low, value);
            high = Math.Max(high, value);
        }

        return string.Create(values.Count, (values, low, high), static (line, state) =>
        {
            for (int i = 0; i < line.Length; i++)
            {
                double value = state.values[i];
                // Halved, so that the span of the largest numbers is one.
                double span = (state.high / 2) - (state.low / 2);
                line[i] = !double.IsFinite(value) ? ' ' : span == 0 ? Blocks[3] : Blocks[Math.Clamp((int)(((value / 2) - (state.low / 2)) / span * Blocks.Length), 0, Blocks.Length - 1)];
            }
        });
    }
}
