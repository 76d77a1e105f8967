using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Model;
using Mesh.Training.Pools;

namespace Mesh.Cli.Commands;

internal static partial class JobsCommand
{
    private static Command Pools() => Asking("pools", "Where jobs run: capacity, use, and why jobs wait.", [], async (jobs, parsed, cancellationToken) =>
    {
        var pools = await jobs.ListPoolsAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed))
        {
            Printer.Json(pools);
            return ExitCodes.Done;
        }

        Printer.Table(
            ["pool", "runner", "class", "price/h", "jobs", "accelerators", "cores", "memory", "waiting"],
            pools.Select(pool => (string[])
            [
                pool.Spot ? $"{pool.Name} (spot)" : pool.Name, pool.Runner.ToString().ToLowerInvariant(), pool.Accelerator, pool.PricePerHour.ToString("0.00", CultureInfo.InvariantCulture),
                $"{pool.Running.Count}/{pool.Slots}", pool.Accelerators > 0 ? $"{pool.UsedAccelerators}/{pool.Accelerators}" : "",
                pool.Cores > 0 ? FormattableString.Invariant($"{pool.UsedCores:0.##}/{pool.Cores:0.##}") : "",
                pool.MemoryBytes > 0 ? $"{ByteSizeText.Format(pool.UsedMemoryBytes)}/{ByteSizeText.Format(pool.MemoryBytes)}" : "", pool.Waiting.Count.ToString(CultureInfo.InvariantCulture),
            ]),
            new HashSet<int> { 3 });
        foreach (var wait in pools.SelectMany(pool => pool.Waiting).DistinctBy(wait => wait.JobId)) Terminal.Out.WriteLine(Printer.OneLine(Sentence(wait), 1_000));
        return ExitCodes.Done;
    });

    private static Command Budgets() => Asking("budgets", "What teams have spent on jobs this month, and may.", [], async (jobs, parsed, cancellationToken) =>
    {
        var budgets = await jobs.ListBudgetsAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(budgets);
        else if (budgets.Count == 0) Terminal.Out.WriteLine("No job has run this month, and no team has a budget. Set one in mesh.yaml: budgets: { TEAM: 500 }");
        else
        {
            Printer.Table(
                ["team", "month", "budget", "spent", "reserved", "attempts"],
                budgets.Select(view => (string[])
                [
                    view.Team, view.Month, view.Budget?.ToString("0.00", CultureInfo.InvariantCulture) ?? "no limit", view.Spent.ToString("0.00", CultureInfo.InvariantCulture),
                    view.Reserved.ToString("0.00", CultureInfo.InvariantCulture), view.Attempts.ToString(CultureInfo.InvariantCulture),
                ]),
                new HashSet<int> { 2, 3, 4, 5 });
        }

        return ExitCodes.Done;
    });

    private static string Sentence(WaitingView wait) =>
        $"{wait.JobId} of {(wait.Team.Length > 0 ? wait.Team : "nobody")}, priority {wait.Priority}, waits since {wait.Since.ToString("u", CultureInfo.InvariantCulture)}: {wait.Why}";
}
