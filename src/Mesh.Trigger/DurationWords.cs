using System.Globalization;

namespace Mesh.Trigger;

/// <summary>Durations as people say them.</summary>
internal static class DurationWords
{
    /// <summary><c>2 d 3 h</c>, <c>1 h 5 min</c>, <c>12.5 s</c>.</summary>
    public static string Of(TimeSpan time)
    {
        if (time < TimeSpan.Zero) time = TimeSpan.Zero;
        return time switch
        {
            { TotalDays: >= 1 } => time.Hours == 0 ? $"{time.Days} d" : $"{time.Days} d {time.Hours} h",
            { TotalHours: >= 1 } => time.Minutes == 0 ? $"{time.Hours} h" : $"{time.Hours} h {time.Minutes} min",
            { TotalMinutes: >= 1 } => time.Seconds == 0 ? $"{time.Minutes} min" : $"{time.Minutes} min {time.Seconds} s",
            _ => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.#} s"),
        };
    }
}
