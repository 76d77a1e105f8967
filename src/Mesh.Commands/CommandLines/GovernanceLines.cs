using Mesh.Commands.Governance;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Policy;

namespace Mesh.Commands.CommandLines;

/// <summary>Decisions about models and recordings as command lines.</summary>
public static class GovernanceLines
{
    /// <summary><c>mesh models promote|reject|approve|rollback|alias</c>, or <c>mesh recordings withdraw</c>.</summary>
    /// <param name="request">The request. Its key is not printed: <paramref name="identity"/> says who signs.</param>
    /// <param name="identity">Name of the identity that decides, or path of its private key.</param>
    public static CommandLine ToCommandLine(this GovernanceRequest request, string identity) => (request.Action switch
    {
        GovernanceAction.Promote when request.To == Lifecycle.Rejected => Models("reject", request),
        GovernanceAction.Promote => Models("promote", request).Option("--to", request.To),
        GovernanceAction.Approve => Models("approve", request),
        GovernanceAction.Rollback => CommandLine.Of("models", "rollback").Argument(request.Model),
        GovernanceAction.Alias => Models("alias", request).Argument(request.Alias),
        GovernanceAction.Withdraw => CommandLine.Of("recordings", "withdraw").Arguments(request.Recordings),
        _ => throw new ArgumentOutOfRangeException(nameof(request), request.Action, "There is no command for this."),
    }).Option("--as", identity).Option("--reason", request.Reason);

    /// <summary><c>mesh holdouts freeze</c>.</summary>
    public static CommandLine ToCommandLine(this FreezeRequest request) => CommandLine.Of("holdouts", "freeze")
        .Argument(request.Name).Option("--table", request.Table).Option("--snapshot", request.Snapshot).Option("--filter", request.Filter);

    /// <summary><c>mesh models gates</c>, which notes what it finds in the log.</summary>
    /// <param name="model"><c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    /// <param name="to">State to move to; empty for the first move with gates.</param>
    public static CommandLine Gates(string model, string to = "") => CommandLine.Of("models", "gates").Argument(model).Option("--to", to.Length > 0 ? to : null);

    /// <summary><c>mesh models handoff</c>.</summary>
    /// <param name="model"><c>NAME@VERSION</c> or <c>NAME@ALIAS</c>.</param>
    /// <param name="folder">Folder to write.</param>
    public static CommandLine HandOver(string model, string folder) => CommandLine.Of("models", "handoff").Argument(model).Option("--output", folder);

    private static CommandLine Models(string verb, GovernanceRequest request) => CommandLine.Of("models", verb).Argument(ModelReference.Text(request.Model, request.Version));
}
