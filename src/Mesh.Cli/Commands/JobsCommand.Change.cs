using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Jobs;

namespace Mesh.Cli.Commands;

internal static partial class JobsCommand
{
    private static readonly TimeSpan FollowPause = TimeSpan.FromSeconds(1);

    private static Command Logs()
    {
        var id = new Argument<string>("ID") { Description = "Job id, or the beginning of one." };
        var follow = new Option<bool>("--follow") { Description = "Go on until the job has ended." };
        return Asking("logs", "What a job's trainer printed, all attempts.", [id, follow], async (jobs, parsed, cancellationToken) =>
        {
            bool wantsJson = QueryCommand.WantsJson(parsed);
            long offset = 0;
            while (true)
            {
                var part = await jobs.ReadLogAsync(parsed.GetValue(id)!, offset, cancellationToken).ConfigureAwait(false);
                if (wantsJson) Printer.Json(part);
                else Terminal.Out.Write(part.Text);
                bool hasMore = part.NextOffset > offset;
                offset = part.NextOffset;
                if (part.IsEnd || (!hasMore && !parsed.GetValue(follow))) return ExitCodes.Done;
                if (!hasMore) await Task.Delay(FollowPause, cancellationToken).ConfigureAwait(false);
            }
        });
    }

    private static Command Cancel()
    {
        var id = new Argument<string>("ID") { Description = "Job id, or the beginning of one." };
        var reason = new Option<string>("--reason") { Description = "Why, for the record.", Required = true, HelpName = "TEXT" };
        return Asking("cancel", "End a job for good: it makes no model and does not run again.", [id, reason], async (jobs, parsed, cancellationToken) =>
        {
            var job = await jobs.CancelAsync(parsed.GetValue(id)!, ReadStop(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(job);
            else Terminal.Out.WriteLine($"Job {job.JobId} is cancelled.");
            return ExitCodes.Done;
        });
    }

    private static Command Preempt()
    {
        var id = new Argument<string>("ID") { Description = "Job id, or the beginning of one." };
        var reason = new Option<string>("--reason") { Description = "Why, for the record.", Required = true, HelpName = "TEXT" };
        return Asking("preempt", "Have a running job make room: it stops, keeps its checkpoint, and goes on later.", [id, reason], async (jobs, parsed, cancellationToken) =>
        {
            var job = await jobs.PreemptAsync(parsed.GetValue(id)!, ReadStop(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(job);
            else Terminal.Out.WriteLine($"Job {job.JobId} makes room and waits to go on from its checkpoint.");
            return ExitCodes.Done;
        });
    }

    /// <summary>What <c>mesh jobs cancel</c>, <c>mesh jobs preempt</c> or <c>mesh studies stop</c> is asked for.</summary>
    internal static StopRequest ReadStop(ParseResult parsed) => new(parsed.GetValue<string>("--reason")!);

    private static Command Asking(string name, string description, IReadOnlyList<Symbol> symbols, Func<IJobs, ParseResult, CancellationToken, Task<int>> run) => ServerCommand.Create<IJobs>(
        name, description, symbols, (server, token) => new HttpJobs(server, token), (folder, settings, _) => Task.FromResult<IJobs>(StoredJobs.OpenReadOnly(folder, settings)), run);
}
