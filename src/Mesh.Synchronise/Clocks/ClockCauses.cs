using System.Globalization;

namespace Mesh.Synchronise.Clocks;

/// <summary>Offsets, steps and scales that have a name: reported, so that the cause is removed instead of fitted away.</summary>
internal static class ClockCauses
{
    private const double Second = 1e9;

    private static readonly (double OffsetNs, string Cause)[] Scales =
    [
        (-37 * Second, "the device keeps TAI, 37 s ahead of UTC (PTP without the UTC offset)"),
        (37 * Second, "the host keeps TAI, 37 s ahead of UTC"),
        (-18 * Second, "the device keeps GPS time, 18 s ahead of UTC"),
        (18 * Second, "the host keeps GPS time, 18 s ahead of UTC"),
        (-19 * Second, "the device keeps TAI and the host GPS time, 19 s apart"),
        (19 * Second, "the device keeps GPS time and the host TAI, 19 s apart"),
    ];

    private static readonly (double StepNs, string Cause)[] Wraps =
    [
        (4_294_967_296d, "a counter of 2^32 ns wrapped"),
        (4_294_967_296_000d, "a counter of 2^32 µs wrapped"),
        (4_294_967_296_000_000d, "a counter of 2^32 ms wrapped"),
    ];

    private static readonly (double Ratio, string Cause)[] Units =
    [
        (1e3, "the device counts microseconds where nanoseconds are expected"),
        (1e6, "the device counts milliseconds where nanoseconds are expected"),
        (1e9, "the device counts seconds where nanoseconds are expected"),
        (1e-3, "the device's unit is a thousandth of what is expected"),
        (1e-6, "the device's unit is a millionth of what is expected"),
        (1e9 / 90_000, "the device counts a 90 kHz media clock"),
        (1000.0 / 1024, "the device takes 1024 for 1000"),
        (1024.0 / 1000, "the device takes 1000 for 1024"),
    ];

    /// <summary>What explains a constant offset; null when nothing does. A path delay of up to 100 ms may come on top.</summary>
    public static string? OfOffset(double offsetNs)
    {
        foreach (var (scale, cause) in Scales)
        {
            if (IsDelay(offsetNs - scale)) return cause;
        }

        double seconds = Math.Round((offsetNs - Second / 20) / Second);
        return seconds is not 0 && Math.Abs(seconds) <= 10 && IsDelay(offsetNs - seconds * Second)
            ? $"the clocks differ by {Whole(seconds)}, as when a pulse per second is given the wrong second" : null;
    }

    /// <summary>What explains a step; null when nothing does.</summary>
    public static string? OfJump(double stepNs, double halfWidthNs)
    {
        double tolerance = Math.Min(halfWidthNs + 1e5, 5e6);
        foreach (var (step, cause) in Wraps)
        {
            if (Math.Abs(Math.Abs(stepNs) - step) <= tolerance) return cause;
        }

        foreach (var (scale, _) in Scales)
        {
            if (Math.Abs(stepNs - scale) <= tolerance) return $"a step of {Whole(scale / Second)}: one side changed between UTC, GPS time and TAI";
        }

        double seconds = Math.Round(stepNs / Second);
        return seconds is not 0 && Math.Abs(seconds) <= 3600 && Math.Abs(stepNs - seconds * Second) <= tolerance
            ? $"a step of {Whole(seconds)}, as when a pulse per second is given another second" : null;
    }

    /// <summary>What explains that host time passes so many times faster than device time.</summary>
    public static string? OfRatio(double hostPerDevice)
    {
        foreach (var (ratio, cause) in Units)
        {
            if (Math.Abs(hostPerDevice / ratio - 1) < 2e-3) return cause;
        }

        return null;
    }

    private static bool IsDelay(double ns) => ns is > -2e6 and < 1e8;

    private static string Whole(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:+0;-0} s");
}
