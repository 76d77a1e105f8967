namespace Mesh.Cli.Commands;

/// <summary><c>mesh models list|show</c>.</summary>
internal static class ModelsCommand
{
    public static System.CommandLine.Command Create() => EntryCommands.Create(
        "models", "Registered models with their metrics and the recordings they have seen.", "name",
        ["name", "version", "state", "metrics", "job_id", "registered_at"],
        (queries, token) => queries.ListModelsAsync(token), "No models yet. They are registered when a training job succeeds.");
}
