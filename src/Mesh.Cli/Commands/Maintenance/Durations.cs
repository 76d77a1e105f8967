using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary>Durations on the command line.</summary>
internal static class Durations
{
    /// <summary>Seconds of a duration such as <c>7d</c>; null when none was given.</summary>
    public static double? Seconds(string? text, string option)
    {
        if (text is null) return null;
        return DurationText.TryParse(text, out var duration) ? duration.TotalSeconds : throw new UsageException($"{option} is '{text}', but should be a duration such as 10m or 7d.");
    }
}
