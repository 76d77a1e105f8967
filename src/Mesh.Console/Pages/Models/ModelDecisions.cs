using System.Text.Json;
using Mesh.Training.Governance.Audit;

namespace Mesh.Console.Pages.Models;

/// <summary>What entries of the decision log say, for people.</summary>
internal static class ModelDecisions
{
    /// <summary>Whether an entry moved a version from one state to another.</summary>
    public static bool Moves(Decision decision, string model) => Changes(decision).Any(change => change.Model == model);

    /// <summary>What an entry changed or found, in words.</summary>
    public static string About(Decision decision)
    {
        if (decision.Kind == DecisionKind.Gates) return $"gates to {Text(decision, "to")}: {Text(decision, "outcome")}";
        var moves = Changes(decision).Select(change => $"{change.Model}: {change.From} → {change.To}").ToList();
        if (moves.Count > 0) return string.Join("; ", moves);
        return decision.Kind == DecisionKind.Approval ? $"agrees that it goes from {Text(decision, "from")} to {Text(decision, "to")}" : decision.Subject;
    }

    /// <summary>A kind as the log writes it.</summary>
    public static string Word(DecisionKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString()).Replace('_', ' ');

    private static string Text(Decision decision, string member) => decision.Details[member] is System.Text.Json.Nodes.JsonValue value && value.TryGetValue(out string? text) ? text : "?";

    private static IEnumerable<(string Model, string From, string To)> Changes(Decision decision)
    {
        if (decision.Details["changes"] is not System.Text.Json.Nodes.JsonArray changes) yield break;
        foreach (var change in changes)
        {
            yield return (change?["model"]?.ToString() ?? "", change?["from"]?.ToString() ?? "", change?["to"]?.ToString() ?? "");
        }
    }
}
