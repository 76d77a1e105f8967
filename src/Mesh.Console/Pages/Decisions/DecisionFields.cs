using System.Globalization;
using Mesh.Commands.CommandLines;
using Mesh.Console.Hosting;
using Mesh.Model;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Policy;

namespace Mesh.Console.Pages.Decisions;

/// <summary>A decision as the address of its page has it.</summary>
internal sealed record DecisionFields
{
    /// <summary>What is decided.</summary>
    public required GovernanceAction Action { get; init; }

    /// <summary>Name of the model.</summary>
    public string Model { get; init; } = "";

    /// <summary>Version; 0 where the action finds it.</summary>
    public int Version { get; init; }

    /// <summary>State to move to.</summary>
    public string To { get; init; } = "";

    /// <summary>Name to give.</summary>
    public string Alias { get; init; } = "";

    /// <summary>Recordings.</summary>
    public IReadOnlyList<string> Recordings { get; init; } = [];

    /// <summary>Who decides; null while nobody was chosen.</summary>
    public string? As { get; init; }

    /// <summary>Why; null while nothing was written.</summary>
    public string? Reason { get; init; }

    /// <summary>What it is called: <c>Approve manoeuvre@2</c>.</summary>
    public string Title => Action switch
    {
        GovernanceAction.Approve => $"Approve {Subject}",
        GovernanceAction.Promote when To == Lifecycle.Rejected => $"Reject {Subject}",
        GovernanceAction.Promote when To == Lifecycle.Released => $"Release {Subject}",
        GovernanceAction.Promote => $"Move {Subject} to {To}",
        GovernanceAction.Rollback => $"Roll {Model} back",
        GovernanceAction.Alias => Alias.Length > 0 ? $"Name {Subject} {Alias}" : $"Give {Subject} a name",
        _ => Recordings.Count == 1 ? "Withdraw a recording" : $"Withdraw {Recordings.Count} recordings",
    };

    /// <summary>Page of what it is about.</summary>
    public string NextUrl => Action switch
    {
        GovernanceAction.Withdraw => "/recordings",
        GovernanceAction.Rollback => Models.ModelText.Url(Model),
        _ => Models.ModelText.Url(Model, Version),
    };

    private string Subject => ModelReference.Text(Model, Version);

    /// <summary>Reads an address.</summary>
    /// <exception cref="MeshException"><c>MESH13003</c>: it says no decision.</exception>
    public static DecisionFields Of(PageRequest request)
    {
        string word = request.Query("action") ?? "";
        string to = request.Query("to") ?? "";
        if (word == "reject") (word, to) = ("promote", Lifecycle.Rejected);
        if (!Enum.TryParse<GovernanceAction>(word, ignoreCase: true, out var action) || !Enum.IsDefined(action)) throw Wrong("action", word, "approve, promote, reject, rollback, alias or withdraw");
        string model = request.Query("model") ?? "";
        int version = int.TryParse(request.Query("version"), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        bool needsVersion = action is GovernanceAction.Approve or GovernanceAction.Promote or GovernanceAction.Alias;
        if (action != GovernanceAction.Withdraw && model.Length == 0) throw Wrong("model", model, "the name of a model");
        if (needsVersion && version == 0) throw Wrong("version", request.Query("version") ?? "", "a number from 1");
        if (action == GovernanceAction.Promote && to.Length == 0) throw Wrong("to", to, "a state of the lifecycle");
        return new DecisionFields
        {
            Action = action, Model = model, Version = needsVersion ? version : 0, To = action == GovernanceAction.Promote ? to : "", Alias = action == GovernanceAction.Alias ? request.Query("alias") ?? "" : "",
            Recordings = action == GovernanceAction.Withdraw ? request.Queries("recording") : [], As = request.Query("as"), Reason = request.Query("reason"),
        };
    }

    /// <summary>The request for the governance.</summary>
    public GovernanceRequest ToRequest() => new() { Action = Action, Model = Model, Version = Version, To = To, Alias = Alias, Recordings = Recordings, Reason = Reason ?? "", KeySha256 = "" };

    /// <summary>The same for the command line; what was not filled in stands there in capitals.</summary>
    public string Command => (ToRequest() with { Reason = Reason ?? "TEXT", Alias = Action == GovernanceAction.Alias && Alias.Length == 0 ? "ALIAS" : Alias }).ToCommandLine(As ?? "NAME").ToString();

    private static MeshException Wrong(string name, string value, string expected) => new("MESH13003", $"'{name}' is '{value}', but should be {expected}.");
}
