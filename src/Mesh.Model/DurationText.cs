using System.Globalization;

namespace Mesh.Model;

/// <summary>Durations as people write them in files and on the command line: <c>50ms</c>, <c>1.5s</c>, <c>10m</c>, <c>1h</c>, <c>2d</c>.</summary>
public static class DurationText
{
    private static readonly (string Suffix, double Nanoseconds)[] Units =
        [("ns", 1), ("us", 1e3), ("µs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9), ("d", 86400e9)];

    /// <summary>Reads a duration in nanoseconds.</summary>
    /// <returns>Whether <paramref name="text"/> was a non-negative number with a unit that fits in 64 bits.</returns>
    public static bool TryParseNs(string? text, out long nanoseconds)
    {
        nanoseconds = 0;
        string trimmed = text?.Trim() ?? "";
        int digits = trimmed.AsSpan().IndexOfAnyExcept("0123456789.");
        if (digits <= 0 || !double.TryParse(trimmed.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            return false;
        }

        string suffix = trimmed[digits..].Trim();
        foreach (var (unit, factor) in Units)
        {
            if (unit != suffix) continue;
            double total = value * factor;
            if (total > 9.2e18) return false;
            nanoseconds = (long)Math.Round(total);
            return true;
        }

        return false;
    }

    /// <summary>Reads a duration.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        bool valid = TryParseNs(text, out long nanoseconds);
        duration = TimeSpan.FromTicks(nanoseconds / 100);
        return valid;
    }
}
