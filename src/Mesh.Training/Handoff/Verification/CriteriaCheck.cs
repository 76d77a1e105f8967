using System.Text.Json;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Handoff.Verification;

/// <summary>Whether the criteria were there before the results, all of them were applied, and the results are those shipped.</summary>
internal static class CriteriaCheck
{
    public static void Run(HandoffContext context)
    {
        var facts = context.Facts;
        var move = ReleaseHistory.Changes(facts.ApprovedBy!.Decision).First(change => change.Model == facts.Subject);
        var rules = facts.Policy.Transitions.Where(transition => transition.To == move.From).SelectMany(transition => transition.Gates).ToList();
        if (rules.Count == 0)
        {
            context.Skip($"the lifecycle asks for nothing on the way to {move.From}");
            return;
        }

        if (facts.Gates is not { } gates)
        {
            context.Report("MESH9557", HandoffFiles.Decisions, $"no entry shows that the gates on the way to {move.From} were evaluated");
            return;
        }

        CheckOrder(context, gates.Decision);
        CheckFindings(context, gates.Decision, rules);
    }

    /// <summary>Findings of an evaluation of gates.</summary>
    public static IReadOnlyList<GateFinding> FindingsOf(Decision gates) => gates.Details["findings"]?.Deserialize<List<GateFinding>>(TrainingJson.Options) ?? [];

    // What a rule's results are named, where that follows from the rule and the evaluation; each slice has to be there.
    private static IEnumerable<string> NamesOf(HandoffContext context, GateRule rule) => rule.Kind switch
    {
        GateKind.Metric or GateKind.Regression => [rule.Holdout.Length == 0 ? rule.Metric : $"{rule.Metric} on {rule.Holdout}"],
        GateKind.Robustness => [rule.Metric],
        GateKind.Slices => [.. Bom.BomWriter.Slices(context.Facts).Where(slice => slice.Column == rule.By).Select(slice => slice.Value).Concat(rule.Require).Distinct().Select(slice => $"{rule.Metric} where {rule.By} is {slice}")],
        _ => [""],
    };

    private static void CheckOrder(HandoffContext context, Decision gates)
    {
        var facts = context.Facts;
        if ((string?)gates.Details["lifecycle_sha256"] != facts.Policy.Sha256)
        {
            context.Report("MESH9556", HandoffFiles.Decisions, $"the gates of entry {gates.Sequence} were evaluated under the lifecycle {(string?)gates.Details["lifecycle_sha256"]}, approved and shipped is {facts.Policy.Sha256}");
            return;
        }

        if (facts.Decisions.All(signed => signed.Decision.Kind != DecisionKind.Policy))
        {
            context.Note = "the log does not say when the criteria came into force, so that their order is not shown";
            return;
        }

        var results = facts.Manifest.Subject.RegisteredAt;
        if (facts.PolicyEntry is not { } entry || (string?)entry.Decision.Details["lifecycle_sha256"] != facts.Policy.Sha256)
        {
            string then = facts.PolicyEntry is { } other ? $"{(string?)other.Decision.Details["lifecycle_sha256"]} was in force then" : "none was in force then by the log";
            context.Report("MESH9556", HandoffFiles.Decisions, $"the results are of {results:u}, and {then}; judged was by {facts.Policy.Sha256}, which came later");
            return;
        }

        context.Note = $"criteria in force since {entry.Decision.At}, results of {results:u}";
    }

    private static void CheckFindings(HandoffContext context, Decision gates, List<GateRule> rules)
    {
        var findings = FindingsOf(gates);
        foreach (var rule in rules)
        {
            foreach (string name in NamesOf(context, rule).Where(name => findings.All(finding => finding.Gate != rule.Name || (name.Length > 0 && finding.Name != name))))
            {
                context.Report("MESH9557", HandoffFiles.Decisions, $"entry {gates.Sequence} has no result of the gate '{rule.Name}'{(name.Length > 0 ? $" for {name}" : "")}");
            }
        }

        if ((string?)gates.Details["outcome"] != "passed" || findings.Any(finding => finding.Blocks))
        {
            context.Report("MESH9557", HandoffFiles.Decisions, $"the gates of entry {gates.Sequence} did not pass");
        }

        string evaluation = context.Folder.Has(HandoffFiles.Evaluation) ? context.Folder.Digest(HandoffFiles.Evaluation).Sha256 : "";
        string metrics = GateEvaluator.DigestOf(context.Facts.Card.Metrics);
        foreach (var finding in findings.Where(finding => finding.EvidenceSha256.Length > 0))
        {
            string? shipped = finding.Gate switch
            {
                "slices" or "robustness" => evaluation,
                "metric" or "regression" when !finding.Name.Contains(" on ", StringComparison.Ordinal) => metrics,
                "metric" or "regression" => evaluation,
                _ => null,
            };
            if (shipped is null || shipped == finding.EvidenceSha256) continue;
            string file = shipped == evaluation ? HandoffFiles.Evaluation : HandoffFiles.TrainerCard;
            context.Report("MESH9557", file, $"the gate '{finding.Gate}' looked at {finding.EvidenceSha256}, shipped is {(shipped.Length == 0 ? "nothing" : shipped)}");
            // One file that is not what was looked at concerns all gates that did.
            return;
        }
    }
}
