using System.Globalization;

namespace Mesh.Model;

/// <summary>Sizes as people write them: <c>512MiB</c>, <c>1GB</c>, <c>4096</c>.</summary>
public static class ByteSizeText
{
    private static readonly (string Suffix, double Factor)[] Units =
    [
        ("", 1), ("B", 1), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
    ];

    /// <summary>Reads a size in bytes.</summary>
    public static bool TryParse(string? text, out long bytes)
    {
        bytes = 0;
        string trimmed = text?.Trim() ?? "";
        int digits = trimmed.AsSpan().IndexOfAnyExcept("0123456789.");
        if (digits < 0) digits = trimmed.Length;
        if (digits == 0 || !double.TryParse(trimmed.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value))
        {
            return false;
        }

        string suffix = trimmed[digits..].Trim();
        foreach (var (unit, factor) in Units)
        {
            if (!unit.Equals(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            double total = value * factor;
            if (total > 9.2e18) return false;
            bytes = (long)total;
            return true;
        }

        return false;
    }

    /// <summary>Writes a size for people, in binary units with three significant digits.</summary>
    public static string Format(long bytes)
    {
        string[] names = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        double value = bytes;
        int unit = 0;
        for (; value >= 1024 && unit < names.Length - 1; unit++) value /= 1024;
        return unit == 0 ? $"{bytes} B" : string.Create(CultureInfo.InvariantCulture, $"{value:0.##} {names[unit]}");
    }
}
