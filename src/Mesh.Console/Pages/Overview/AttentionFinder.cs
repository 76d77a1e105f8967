using System.Globalization;
using Mesh.Commands.CommandLines;
using Mesh.Commands.Observability;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Console.Pages.Overview;

/// <summary>Finds what somebody should look at: one bounded question each, all at once. A question that fails is an item itself.</summary>
internal sealed class AttentionFinder(ConsoleServices services)
{
    private const int Few = 5;
    private static readonly TimeSpan Recent = TimeSpan.FromDays(1);
    private const double NearlySpent = 0.9;

    /// <summary>What there is, the worst first.</summary>
    public async Task<IReadOnlyList<AttentionItem>> FindAsync(StatusView status, CancellationToken cancellationToken)
    {
        var found = await Task.WhenAll(
            AskAsync("dead letters", () => LettersAsync(cancellationToken)), AskAsync("jobs", () => JobsAsync(cancellationToken)), AskAsync("models", () => ModelsAsync(cancellationToken)),
            AskAsync("budgets", () => BudgetsAsync(cancellationToken)), AskAsync("replays", () => ReplaysAsync(cancellationToken)),
            AskAsync("maintenance", () => MaintenanceAsync(cancellationToken))).ConfigureAwait(false);
        return [.. OfStatus(status).Concat(found.SelectMany(items => items)).OrderBy(item => item.Rank)];
    }

    private static async Task<IReadOnlyList<AttentionItem>> AskAsync(string what, Func<Task<IReadOnlyList<AttentionItem>>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            return [new("bad", $"Nothing is known of {what}", $"{exception.Message} {exception.Code}", "Look at the server's health.", "/settings#health", CommandLine.Of("doctor"))];
        }
    }

    private static IEnumerable<AttentionItem> OfStatus(StatusView status)
    {
        foreach (var stage in status.Stages.Where(stage => stage.State != "running"))
        {
            yield return new(
                stage.State == "restarting" ? "warn" : "bad", $"Stage {stage.Name} is {(stage.State == "restarting" ? "being started again" : stage.State)}",
                $"{Format.Count(stage.Restarts)} restarts. {stage.LastError}".Trim(), "See why, and what it holds up.", "/topology", StatusLines.Status);
        }

        foreach (var check in (status.Health?.Checks ?? []).Where(check => check.State != HealthState.Ok && check.Name != "stages"))
        {
            yield return new(
                check.State == HealthState.Failed ? "bad" : "warn", $"{Capital(check.Name)}: {check.State.ToString().ToLowerInvariant()}", check.Reason, check.Remedy ?? "See the checks.",
                check.Name == "uploads" ? "/recordings?state=written&sort=accepted" : "/settings#health", CommandLine.Of("doctor"));
        }

        if (status.Recordings.GetValueOrDefault("deadlettered") is > 0 and long failed)
        {
            yield return new(
                "bad", Plural(failed, "recording", "could not be read", "could not be read"), "They are in no table.", "Read the reason, repair, replay.", "/recordings?state=dead_lettered",
                CommandLine.Of("recordings", "list"));
        }
    }

    private async Task<IReadOnlyList<AttentionItem>> LettersAsync(CancellationToken cancellationToken)
    {
        var open = await services.Queries.ListDeadLettersAsync(new DeadLetterQuery { Filter = new() { State = DeadLetterState.Open }, PageSize = 1 }, cancellationToken).ConfigureAwait(false);
        return open.Total == 0 ? [] :
        [
            new("warn", Plural(open.Total, "dead letter", "is open", "are open"), $"The newest: {open.Items[0].Reason}", "Find the cause, fix it, replay them.", "/dead-letters?state=open",
                ReplayLines.List(new() { State = DeadLetterState.Open })),
        ];
    }

    private async Task<IReadOnlyList<AttentionItem>> JobsAsync(CancellationToken cancellationToken)
    {
        var failed = await services.Queries.ListJobsAsync(new JobQuery { State = JobState.Failed, PageSize = Few }, cancellationToken).ConfigureAwait(false);
        return
        [
            .. failed.Items.Where(job => IsRecent(job.FinishedAt ?? job.RequestedAt)).Select(job => new AttentionItem(
                "bad", $"Job of {job.Rule} failed", $"{job.Reason} {job.Code}".Trim(), "Read its log.", $"/jobs/{Uri.EscapeDataString(job.JobId)}", CommandLine.Of("jobs", "show").Argument(job.JobId))),
        ];
    }

    private async Task<IReadOnlyList<AttentionItem>> ModelsAsync(CancellationToken cancellationToken)
    {
        var candidates = await services.Queries.ListModelsAsync(new ModelQuery { LifecycleState = Lifecycle.Candidate, PageSize = Few }, cancellationToken).ConfigureAwait(false);
        return candidates.Total == 0 ? [] :
        [
            new("info", Plural(candidates.Total, "candidate", "waits for a decision", "wait for a decision"),
                $"The newest: {string.Join(", ", candidates.Items.Select(model => $"{model.Name}@{model.Version}"))}", "Compare, read the gates, approve or reject.", $"/models?lifecycle={Lifecycle.Candidate}",
                CommandLine.Of("models", "list")),
        ];
    }

    private async Task<IReadOnlyList<AttentionItem>> BudgetsAsync(CancellationToken cancellationToken)
    {
        var budgets = await services.Jobs.ListBudgetsAsync(cancellationToken).ConfigureAwait(false);
        return
        [
            .. budgets.Where(budget => budget.Budget is { } limit && budget.Spent + budget.Reserved >= limit * (decimal)NearlySpent).Select(budget => new AttentionItem(
                budget.Spent >= budget.Budget ? "bad" : "warn", budget.Spent >= budget.Budget ? $"The budget of {budget.Team} is spent" : $"The budget of {budget.Team} is nearly spent",
                string.Create(CultureInfo.InvariantCulture, $"{budget.Spent:0.##} spent and {budget.Reserved:0.##} reserved of {budget.Budget:0.##} in {budget.Month}."),
                "Its jobs wait until next month, or until the budget is raised.", "/costs", CommandLine.Of("jobs", "budgets"))),
        ];
    }

    private async Task<IReadOnlyList<AttentionItem>> ReplaysAsync(CancellationToken cancellationToken)
    {
        var replays = await services.Queries.ListReplaysAsync(new ReplayQuery { PageSize = Few }, cancellationToken).ConfigureAwait(false);
        return
        [
            .. replays.Items.Where(replay => replay.State == ReplayState.Paused || (replay.Failed > 0 && IsRecent(replay.ChangedAt))).Select(replay => new AttentionItem(
                "warn", replay.State == ReplayState.Paused ? "A replay is paused" : Plural(replay.Failed, "recording", "of a replay failed", "of a replay failed"), replay.Description,
                replay.State == ReplayState.Paused ? "Resume or stop it." : "See which, and why.", $"/replays/{Uri.EscapeDataString(replay.Id)}", CommandLine.Of("replay", "show").Argument(replay.Id))),
        ];
    }

    private async Task<IReadOnlyList<AttentionItem>> MaintenanceAsync(CancellationToken cancellationToken)
    {
        var results = await services.Maintenance.ListResultsAsync(cancellationToken).ConfigureAwait(false);
        var failed = results.Where(result => result.Error is not null).OrderByDescending(result => result.At).ToList();
        return failed.Count == 0 ? [] :
        [
            new("warn", Plural(failed.Count, "task", "of maintenance failed", "of maintenance failed"), $"{failed[0].Task} of {failed[0].Table}: {failed[0].Error}", "See the tables.", "/maintenance",
                CommandLine.Of("catalogue", "maintenance")),
        ];
    }

    private bool IsRecent(DateTimeOffset at) => services.Time.GetUtcNow() - at < Recent;

    private static string Capital(string name) => name.Length == 0 ? name : char.ToUpperInvariant(name[0]) + name[1..];

    private static string Plural(long count, string noun, string one, string several) => count == 1 ? $"1 {noun} {one}" : $"{Format.Count(count)} {noun}s {several}";
}
