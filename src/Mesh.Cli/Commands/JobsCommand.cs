namespace Mesh.Cli.Commands;

/// <summary><c>mesh jobs list|show</c>.</summary>
internal static class JobsCommand
{
    public static System.CommandLine.Command Create() => EntryCommands.Create(
        "jobs", "Training jobs: what started them and how they ended.", "job_id",
        ["job_id", "rule", "state", "attempt", "trainer", "created_at", "reason"],
        (queries, token) => queries.ListJobsAsync(token), "No jobs yet. A topology's trigger starts them when enough new data is there.");
}
