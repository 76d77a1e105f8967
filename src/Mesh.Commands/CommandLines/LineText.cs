using System.Globalization;
using System.Numerics;

namespace Mesh.Commands.CommandLines;

/// <summary>Numbers, sizes, durations and times as options take them, exact: what is read back is what was written.</summary>
internal static class LineText
{
    private static readonly (string Suffix, long Ticks)[] Durations =
        [("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond), ("ms", TimeSpan.TicksPerMillisecond), ("us", TimeSpan.TicksPerMicrosecond)];

    private static readonly string[] Sizes = ["", "KiB", "MiB", "GiB", "TiB"];

    public static string? Number(long? value) => value?.ToString(CultureInfo.InvariantCulture);

    /// <summary>A number of bytes in the largest binary unit that divides it.</summary>
    public static string? Size(long? bytes)
    {
        if (bytes is not { } value) return null;
        int unit = value == 0 ? 0 : Math.Min(BitOperations.TrailingZeroCount(value) / 10, Sizes.Length - 1);
        return Number(value >> (10 * unit)) + Sizes[unit];
    }

    /// <summary>Seconds as a whole number of the largest unit that divides them; finer than 100 ns is rounded away.</summary>
    public static string? Duration(double? seconds)
    {
        if (seconds is not { } value) return null;
        long ticks = (long)Math.Round(value * TimeSpan.TicksPerSecond);
        if (ticks == 0) return "0s";
        foreach (var (suffix, unit) in Durations) if (ticks % unit == 0) return Number(ticks / unit) + suffix;
        return Number(ticks * 100) + "ns";
    }

    /// <summary>An instant in UTC.</summary>
    public static string? Time(DateTimeOffset? time) => time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);
}
