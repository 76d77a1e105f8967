using Mesh.Training.Jobs;

namespace Mesh.Console.Pages.Jobs;

/// <summary>Jobs in words.</summary>
internal static class JobText
{
    /// <summary>Kind of badge of a state.</summary>
    public static string Badge(JobState state) => state switch
    {
        JobState.Succeeded => "ok",
        JobState.Failed => "bad",
        JobState.Running => "info",
        JobState.Cancelled => "warn",
        _ => "idle",
    };

    /// <summary>A word of an enumeration as people and addresses write it.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <summary>How long the latest attempt took, or has taken.</summary>
    public static string Took(JobEntry job, DateTimeOffset now) => job.StartedAt is not { } started ? "–" : Components.Format.Duration((job.FinishedAt ?? now) - started);
}
