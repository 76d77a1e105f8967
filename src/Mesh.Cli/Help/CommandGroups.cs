namespace Mesh.Cli.Help;

/// <summary>The commands of <c>mesh</c> by what somebody wants, for the first page of the help.</summary>
internal static class CommandGroups
{
    /// <summary>Title and names of each group; what is in none is shown last.</summary>
    public static IReadOnlyList<(string Title, IReadOnlyList<string> Names)> All { get; } =
    [
        ("Begin", ["demo", "up", "status", "doctor"]),
        ("Recordings", ["publish", "recordings", "inspect", "cat", "stats", "convert", "recover", "filter", "merge", "split", "sort", "simulate", "telemetry"]),
        ("Data products", ["products", "subscribe", "catalogue", "lineage"]),
        ("The flow", ["topology", "deadletters", "replay", "triggers"]),
        ("Models", ["jobs", "studies", "runs", "models", "holdouts", "identity", "audit", "onnx"]),
        ("The event log", ["broker", "topics", "groups", "schemas", "acls"]),
        ("The installation", ["config", "runtime", "api", "completion"]),
    ];
}
