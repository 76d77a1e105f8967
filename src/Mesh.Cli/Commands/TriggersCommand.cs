using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Topologies;
using Mesh.Commands.Triggers;
using Mesh.Model;
using Mesh.Trigger;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh triggers list|explain|plan|fire</c>.</summary>
internal static class TriggersCommand
{
    public static Command Create() => new("triggers", "Trigger rules: what new data starts, how far they are, and why they fired or did not.") { List(), Explain(), Plan(), Fire() };

    private static Command List() => Asking("list", "Rules in force, and how far each is.", [], async (triggers, parsed, cancellationToken) =>
    {
        var all = await triggers.ListAsync(cancellationToken).ConfigureAwait(false);
        if (QueryCommand.WantsJson(parsed)) Printer.Json(all);
        else if (all.Count == 0) Terminal.Out.WriteLine("No topology in force has triggers. docs/triggers/README.md says how one is written.");
        else Print(all);
        return ExitCodes.Done;
    });

    private static Command Explain()
    {
        var rule = new Argument<string>("RULE") { Description = "Name of the rule." };
        var limit = new Option<int>("--limit") { Description = "Most decisions.", DefaultValueFactory = _ => 20, HelpName = "N" };
        return Asking("explain", "Why a rule fired or did not, newest first.", [rule, limit], async (triggers, parsed, cancellationToken) =>
        {
            string name = parsed.GetValue(rule)!;
            var decisions = await triggers.ListDecisionsAsync(name, Math.Clamp(parsed.GetValue(limit), 1, 10_000), cancellationToken).ConfigureAwait(false)
                ?? throw new MeshException("MESH6010", $"There is no trigger '{name}'. `mesh triggers list` shows them.");
            if (QueryCommand.WantsJson(parsed)) Printer.Json(decisions);
            else if (decisions.Count == 0) Terminal.Out.WriteLine($"Nothing has been decided about {name} yet: no snapshot of its products has been committed since it is in force.");
            else
            {
                foreach (var decision in decisions) Terminal.Out.WriteLine(Printer.OneLine(Sentence(decision), 1_000));
            }

            return ExitCodes.Done;
        });
    }

    private static Command Plan()
    {
        var file = new Argument<string>("FILE") { Description = "Topology file." };
        return Asking("plan", "What the triggers of a topology file would do now, with the tables as they are. Fires nothing.", [file], async (triggers, parsed, cancellationToken) =>
        {
            string path = parsed.GetValue(file)!;
            var planned = await triggers.PlanAsync(TopologyCommand.Read(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(planned);
            else if (planned.Count == 0) Terminal.Out.WriteLine($"{path} has no triggers.");
            else Print(planned);
            return ExitCodes.Done;
        });
    }

    private static Command Fire()
    {
        var rule = new Argument<string>("RULE") { Description = "Name of the rule." };
        var reason = new Option<string>("--reason") { Description = "Why, for the record.", Required = true, HelpName = "TEXT" };
        return Asking("fire", "Fire a rule now, for what was added since it last fired.", [rule, reason], async (triggers, parsed, cancellationToken) =>
        {
            var fired = await triggers.FireAsync(parsed.GetValue(rule)!, Read(parsed), cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(fired);
            else
            {
                foreach (var firing in fired) Terminal.Out.WriteLine(FormattableString.Invariant($"{firing.Rule} fired for {firing.Product}: {firing.NewRows:N0} new rows, trigger {firing.TriggerId[..12]}"));
            }

            return ExitCodes.Done;
        });
    }

    /// <summary>What <c>mesh triggers fire</c> is asked for.</summary>
    internal static FireRequest Read(ParseResult parsed) => new(parsed.GetValue<string>("--reason")!);

    private static void Print(IReadOnlyList<TriggerStatus> statuses) => Printer.Table(
        ["rule", "product", "state", "%", "measured", "next", "last fired"],
        statuses.Select(status => (string[])
        [
            status.Rule, status.Product, status.State, status.Percent.ToString(CultureInfo.InvariantCulture),
            status.Measured.Count == 0 || status.Measured.Any(progress => progress.Note is not null) ? status.Reason : string.Join(", ", status.Measured.Select(progress => progress.ToString())),
            status.NextAt?.ToString("u", CultureInfo.InvariantCulture) ?? "", status.LastFiredAt?.ToString("u", CultureInfo.InvariantCulture) ?? "never",
        ]),
        new HashSet<int> { 3 });

    private static string Sentence(TriggerDecision decision)
    {
        string at = decision.DecidedAt.ToString("u", CultureInfo.InvariantCulture);
        string what = decision.Outcome switch
        {
            "fired" => $"fired for {decision.Product}, trigger {decision.TriggerId?[..12]}",
            "waiting" => $"did not fire for {decision.Product}, too little is new",
            "covered" => $"did not fire for {decision.Product}, the snapshot belongs to what it fired for before",
            "pending" => $"is due for {decision.Product} but waits for its job",
            "debounce" => $"is due for {decision.Product} but data still comes",
            "cooldown" => $"is due for {decision.Product} but fired too recently",
            "schedule" => $"is due for {decision.Product} but outside of its window",
            "budget" => $"is due for {decision.Product} but out of budget",
            _ => $"{decision.Outcome} for {decision.Product}",
        };
        return $"{at}  {decision.Rule} {what}: {decision.Reason}";
    }

    private static Command Asking(string name, string description, IReadOnlyList<Symbol> symbols, Func<ITriggers, ParseResult, CancellationToken, Task<int>> run) => ServerCommand.Create<ITriggers>(
        name, description, symbols, (server, token) => new HttpTriggers(server, token), (folder, settings, _) => Task.FromResult<ITriggers>(StoredTriggers.OpenReadOnly(folder, settings)), run);
}
