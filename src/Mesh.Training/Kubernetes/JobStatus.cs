using System.Text.Json;
using Mesh.Training.Running;

namespace Mesh.Training.Kubernetes;

/// <summary>What a Job's and its pods' status say.</summary>
internal static class JobStatus
{
    private const int OutOfMemoryExit = 137;

    /// <summary>The condition that ended a Job (<c>Complete</c> or <c>Failed</c>) and its reason; null while it goes on.</summary>
    public static (bool IsComplete, string Reason, string Message)? EndOf(JsonElement job)
    {
        if (!job.TryGetProperty("status", out var status) || !status.TryGetProperty("conditions", out var conditions)) return null;
        foreach (var condition in conditions.EnumerateArray())
        {
            string type = Text(condition, "type");
            if (type is "Complete" or "Failed" && Text(condition, "status") == "True") return (type == "Complete", Text(condition, "reason"), Text(condition, "message"));
        }

        return null;
    }

    /// <summary>A metadata field of an object.</summary>
    public static string Metadata(JsonElement item, string name) => item.TryGetProperty("metadata", out var metadata) ? Text(metadata, name) : "";

    /// <summary>An annotation of an object.</summary>
    public static string Annotation(JsonElement item, string name) =>
        item.TryGetProperty("metadata", out var metadata) && metadata.TryGetProperty("annotations", out var annotations) ? Text(annotations, name) : "";

    /// <summary>Whether a pod has begun, so that it has a log.</summary>
    public static bool HasBegun(JsonElement pod) => pod.TryGetProperty("status", out var status) && Text(status, "phase") is "Running" or "Succeeded" or "Failed";

    /// <summary>How an attempt ended whose Job has.</summary>
    public static AttemptResult ResultOf((bool IsComplete, string Reason, string Message) end, IReadOnlyList<JsonElement> pods)
    {
        if (end.IsComplete) return new AttemptResult(AttemptEnding.Exited, 0);
        var (exitCode, reason) = LastExit(pods);
        if (end.Reason == "DeadlineExceeded") return new AttemptResult(AttemptEnding.TimedOut, exitCode ?? -1);
        if (reason == "OOMKilled") return new AttemptResult(AttemptEnding.OutOfMemory, exitCode ?? OutOfMemoryExit, "more than its limit");
        return exitCode is { } code
            ? new AttemptResult(AttemptEnding.Exited, code)
            : new AttemptResult(AttemptEnding.Lost, -1, $"the Job failed, {end.Reason}: {end.Message}");
    }

    private static (int? ExitCode, string Reason) LastExit(IReadOnlyList<JsonElement> pods)
    {
        (int? ExitCode, string Reason) last = (null, "");
        foreach (var pod in pods.OrderBy(pod => Metadata(pod, "creationTimestamp"), StringComparer.Ordinal))
        {
            if (!pod.TryGetProperty("status", out var status) || !status.TryGetProperty("containerStatuses", out var containers)) continue;
            foreach (var container in containers.EnumerateArray())
            {
                if (Text(container, "name") != JobManifest.Container || !container.TryGetProperty("state", out var state) || !state.TryGetProperty("terminated", out var ended)) continue;
                if (ended.TryGetProperty("exitCode", out var code)) last = (code.GetInt32(), Text(ended, "reason"));
            }
        }

        return last;
    }

    private static string Text(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
}
