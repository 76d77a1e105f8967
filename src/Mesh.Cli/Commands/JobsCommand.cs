using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Mesh.Cli.Output;
using Mesh.Commands;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh jobs list|show|read|logs|cancel|preempt|pools|budgets</c>.</summary>
internal static partial class JobsCommand
{
    public static Command Create() => new("jobs", "Jobs: what started them, where they run, how they ended, what they printed and cost; end them.") { List(), Show(), JobsReadCommand.Create(), Logs(), Cancel(), Preempt(), Pools(), Budgets() };

    private static Command List()
    {
        var limit = new Option<int>("--limit") { Description = "Most jobs.", DefaultValueFactory = _ => 100, HelpName = "N" };
        return QueryCommand.Create("list", "Jobs, newest first.", [limit], async (queries, parsed, cancellationToken) =>
        {
            var jobs = await queries.ListJobsAsync(parsed.GetValue(limit), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(jobs);
            else if (jobs.Count == 0) Terminal.Out.WriteLine("No jobs yet. A rule of the topology starts one when enough new data is there.");
            else
            {
                Printer.Table(
                    ["job", "kind", "rule", "trainer", "model", "state", "attempts", "requested", "why"],
                    jobs.Select(job => (string[])
                    [
                        job.JobId[..Math.Min(12, job.JobId.Length)], job.Kind.ToWord(), job.Rule, job.Trainer, job.ModelVersion is { } version ? $"{job.Model} v{version}" : job.Model,
                        job.State.ToString().ToLowerInvariant(), job.Attempts.ToString(CultureInfo.InvariantCulture),
                        job.RequestedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), job.Reason,
                    ]),
                    new HashSet<int> { 6 });
            }

            return ExitCodes.Done;
        });
    }

    private static Command Show()
    {
        var id = new Argument<string>("ID") { Description = "Job id, or the beginning of one." };
        return QueryCommand.Create("show", "Everything about one job, as JSON.", [id], async (queries, parsed, cancellationToken) =>
        {
            var job = await queries.FindJobAsync(parsed.GetValue(id)!, cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH11036", $"There is no job '{parsed.GetValue(id)}'. `mesh jobs list` shows them.");
            Terminal.Out.WriteLine(JsonSerializer.Serialize(job, MeshJson.Indented));
            return ExitCodes.Done;
        });
    }
}
