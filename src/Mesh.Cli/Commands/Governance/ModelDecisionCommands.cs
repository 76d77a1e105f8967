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
        var to = new Option<string>("--to") { Description = "State to move it to.", HelpName = "STATE", Required = true };
        return GovernanceCommand.Decide(
            "promote", "Move a version to another state of its lifecycle, if gates, approvals and roles allow.", [GovernanceCommand.Model(), to], ReadPromote, GovernanceCommand.ResolveAsync,
            (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Reject()
    {
        return GovernanceCommand.Decide(
            "reject", "Refuse a version.", [GovernanceCommand.Model()], ReadReject, GovernanceCommand.ResolveAsync, (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Approve()
    {
        return GovernanceCommand.Decide(
            "approve", "Agree to the move that a version awaits approval for.", [GovernanceCommand.Model()], ReadApprove, GovernanceCommand.ResolveAsync,
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
        return GovernanceCommand.Decide(
            "rollback", "Go back to the version that was released before.", [GovernanceCommand.Name()], ReadRollback, (_, request, _) => Task.FromResult(request),
            (_, decision, _) => Task.FromResult(Moves(decision)));
    }

    public static Command Alias()
    {
        var alias = new Argument<string>("ALIAS") { Description = "Name for the version, such as champion." };
        return GovernanceCommand.Decide(
            "alias", "Give a version a name, which then no longer means another.", [GovernanceCommand.Model(), alias], ReadAlias, GovernanceCommand.ResolveAsync,
            (_, decision, _) =>
            {
                var change = decision.Details["aliases"]![0]!;
                int before = change["before"]!.GetValue<int>();
                return Task.FromResult(string.Create(CultureInfo.InvariantCulture, $"{change["alias"]} is {decision.Subject}{(before == 0 ? "" : $", it was version {before}")}"));
            });
    }

    /// <summary>What <c>mesh models promote</c> is asked for.</summary>
    internal static GovernanceRequest ReadPromote(ParseResult parsed) => GovernanceCommand.RequestOfVersion(GovernanceAction.Promote, parsed) with { To = parsed.GetValue<string>("--to")! };

    /// <summary>What <c>mesh models reject</c> is asked for.</summary>
    internal static GovernanceRequest ReadReject(ParseResult parsed) => GovernanceCommand.RequestOfVersion(GovernanceAction.Promote, parsed) with { To = Lifecycle.Rejected };

    /// <summary>What <c>mesh models approve</c> is asked for.</summary>
    internal static GovernanceRequest ReadApprove(ParseResult parsed) => GovernanceCommand.RequestOfVersion(GovernanceAction.Approve, parsed);

    /// <summary>What <c>mesh models rollback</c> is asked for.</summary>
    internal static GovernanceRequest ReadRollback(ParseResult parsed) => GovernanceCommand.Request(GovernanceAction.Rollback, parsed) with { Model = parsed.GetValue<string>("NAME")! };

    /// <summary>What <c>mesh models alias</c> is asked for.</summary>
    internal static GovernanceRequest ReadAlias(ParseResult parsed) => GovernanceCommand.RequestOfVersion(GovernanceAction.Alias, parsed) with { Alias = parsed.GetValue<string>("ALIAS")! };

    private static string Moves(Decision decision) =>
        string.Join('\n', decision.Details["changes"]!.AsArray().Select(change => $"{change!["model"]}: {change["from"]} -> {change["to"]}"));
}
