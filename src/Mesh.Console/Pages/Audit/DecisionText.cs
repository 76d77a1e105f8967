using System.Text.Json.Nodes;
using Mesh.Training.Governance.Audit;

namespace Mesh.Console.Pages.Audit;

/// <summary>Entries of the decision log in words.</summary>
public static class DecisionText
{
    /// <summary>What was decided.</summary>
    public static string What(Decision entry) => entry.Kind switch
    {
        DecisionKind.Identity => Text(entry, "change") == "revoked" ? "took the validity from a key" : "registered a key",
        DecisionKind.Gates => "evaluated the gates",
        DecisionKind.Approval => "approved",
        DecisionKind.Rejection => "rejected",
        DecisionKind.Transition => "moved",
        DecisionKind.Release => "released",
        DecisionKind.Rollback => "went back to it",
        DecisionKind.Alias => "gave a name",
        DecisionKind.Withdrawal => "noted a withdrawn consent",
        DecisionKind.Holdout => "set data aside",
        _ => "brought a lifecycle into force",
    };

    /// <summary>State before and after, as far as the entry has them.</summary>
    public static string Change(Decision entry)
    {
        string? from = Text(entry, "from"), to = Text(entry, "to");
        if (entry.Kind == DecisionKind.Gates) return $"{Outcome(entry)}for {to ?? from ?? "no state"}";
        if (to is not null) return from is { Length: > 0 } ? $"{from} → {to}" : $"→ {to}";
        if (Text(entry, "alias") is { } alias) return $"→ {alias}";
        return Text(entry, "change") ?? "–";
    }

    private static string Outcome(Decision entry) =>
        entry.Details["findings"] is JsonArray { Count: > 0 } findings ? (findings.Any(finding => finding?["outcome"]?.ToString() == "failed") ? "not all passed, " : $"{findings.Count} looked at, none failed, ") : "";

    private static string? Text(Decision entry, string key) => entry.Details[key] is JsonValue value ? value.ToString() : null;
}
