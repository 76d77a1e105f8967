using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Governance;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;

namespace Mesh.Cli.Commands.Governance;

/// <summary><c>mesh models promote|approve|reject|rollback|alias</c>.</summary>
internal static class ModelDecisionCommands
{
    public static Command Promote()
    {
        var model = GovernanceCommand.Model();
        var to = new Option<string>("--to") { Description = "State to move it to.", HelpName = "STATE", Required = true };
        return GovernanceCommand.Decide(
            "promote", "Move a version to another state of its lifecycle, if gates, approvals and roles allow.", [model, to],
            async (governance, parsed, cancellationToken) =>
                await GovernanceCommand.RequestAsync(governance, GovernanceAction.Promote, parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false) with { To = parsed.GetValue(to)! },
            (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Reject()
    {
        var model = GovernanceCommand.Model();
        return GovernanceCommand.Decide(
            "reject", "Refuse a version.", [model],
            async (governance, parsed, cancellationToken) =>
                await GovernanceCommand.RequestAsync(governance, GovernanceAction.Promote, parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false) with { To = Lifecycle.Rejected },
            (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Approve()
    {
        var model = GovernanceCommand.Model();
        return GovernanceCommand.Decide(
            "approve", "Agree to the move that a version awaits approval for.", [model],
            (governance, parsed, cancellationToken) => GovernanceCommand.RequestAsync(governance, GovernanceAction.Approve, parsed.GetValue(model)!, cancellationToken),
            async (governance, decision, cancellationToken) =>
            {
                var status = await governance.GetModelStatusAsync(decision.Subject, cancellationToken).ConfigureAwait(false);
                return status.MissingApprovals is { } missing
                    ? $"{decision.Subject}: approved by {decision.Actor}. {missing}."
                    : $"{decision.Subject}: approved by {decision.Actor}. Nothing is missing: `mesh models promote {decision.Subject} --to {status.AwaitsApprovalTo} --as NAME --reason TEXT`.";
            });
    }

    public static Command Rollback()
    {
        var name = GovernanceCommand.Name();
        return GovernanceCommand.Decide(
            "rollback", "Go back to the version that was released before.", [name],
            (_, parsed, _) => Task.FromResult(GovernanceCommand.Request(GovernanceAction.Rollback) with { Model = parsed.GetValue(name)! }),
            (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Alias()
    {
        var model = GovernanceCommand.Model();
        var alias = new Argument<string>("ALIAS") { Description = "Name for the version, such as champion." };
        return GovernanceCommand.Decide(
            "alias", "Give a version a name, which then no longer means another.", [model, alias],
            async (governance, parsed, cancellationToken) =>
                await GovernanceCommand.RequestAsync(governance, GovernanceAction.Alias, parsed.GetValue(model)!, cancellationToken).ConfigureAwait(false) with { Alias = parsed.GetValue(alias)! },
            (_, decision, _) =>
            {
                var change = decision.Details["aliases"]![0]!;
                int before = change["before"]!.GetValue<int>();
                return Task.FromResult(string.Create(CultureInfo.InvariantCulture, $"{change["alias"]} is {decision.Subject}{(before == 0 ? "" : $", it was version {before}")}"));
            });
    }

    private static string Moves(Decision decision) =>
        string.Join('\n', decision.Details["changes"]!.AsArray().Select(change => $"{change!["model"]}: {change["from"]} -> {change["to"]}"));
}
