using System.Text.Json;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Governance.Gates;

/// <summary>What the gates of a transition found.</summary>
/// <param name="Model"><c>NAME@VERSION</c>.</param>
/// <param name="From">State it is in.</param>
/// <param name="To">State it would go to.</param>
/// <param name="Findings">The gates, in the lifecycle's order.</param>
public sealed record GateReport(string Model, string From, string To, IReadOnlyList<GateFinding> Findings)
{
    /// <summary>Whether no gate stops the transition.</summary>
    public bool Passed => Findings.All(finding => !finding.Blocks);

    /// <summary>The report that an entry of the decision log holds; null when it is of another kind, or of a form that is not known here.</summary>
    public static GateReport? Of(Decision decision)
    {
        if (decision.Kind != DecisionKind.Gates) return null;
        try
        {
            return new GateReport(
                decision.Subject, decision.Details["from"]?.GetValue<string>() ?? "", decision.Details["to"]?.GetValue<string>() ?? "",
                decision.Details["findings"]?.Deserialize<List<GateFinding>>(TrainingJson.Options) ?? []);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
