using System.Globalization;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Handoff.Bom;
using Mesh.Training.Handoff.Verification;
using Mesh.Training.Models;

namespace Mesh.Training.Handoff.Evidence;

/// <summary>
/// Establishes claims from the documents of a bundle. What other checks of <see cref="HandoffVerifier"/> establish (digests, signatures, the
/// chain, approvals) is taken as established: without these having passed, no claim is looked at.
/// </summary>
internal static class ClaimEvaluation
{
    private const string Owner = "the release manager";

    public static ClaimOutcome Baseline(HandoffFacts facts) => Passed("the signed list has every file", "E-BOM");

    public static ClaimOutcome Bom(HandoffFacts facts) => Passed("the bill of materials has every file of the model and its variants", "E-BOM");

    public static ClaimOutcome Card(HandoffFacts facts) => Passed("the cards were made from the records and are still what these say", "E-BOM", "E-CARD", "E-EVALUATION");

    public static ClaimOutcome Audit(HandoffFacts facts) => Passed($"{facts.Manifest.Anchor.Entries.ToString(CultureInfo.InvariantCulture)} entries", "E-AUDIT");

    public static ClaimOutcome Review(HandoffFacts facts)
    {
        bool asksForAuthor = facts.Policy.Transitions.Any(transition => transition.Approvals is { NotAuthor: true });
        return asksForAuthor && facts.Manifest.Author is null
            ? Open("the owner of the topology is not known, so that independence from the author is not shown", "E-AUDIT", "E-POLICY")
            : Passed("approvals by different people with the roles asked for", "E-AUDIT", "E-POLICY");
    }

    public static ClaimOutcome Criteria(HandoffFacts facts) => facts.PolicyEntry is { } entry
        ? Passed($"in force since {entry.Decision.At}", "E-AUDIT", "E-POLICY", "E-JOB")
        : Open("the log does not say when the lifecycle came into force", "E-AUDIT", "E-POLICY");

    public static ClaimOutcome Traceable(HandoffFacts facts)
    {
        int unknown = facts.Lineage.Recordings.Count(recording => recording.ContentSha256.Length == 0);
        if (facts.Lineage.Recordings.Count == 0) return Open("the trainer named no recordings", "E-LINEAGE");
        return unknown > 0
            ? Open($"of {unknown.ToString(CultureInfo.InvariantCulture)} recordings no digest is known any more", "E-LINEAGE")
            : Passed($"{facts.Lineage.Recordings.Count.ToString(CultureInfo.InvariantCulture)} recordings", "E-LINEAGE", "E-JOB");
    }

    public static ClaimOutcome Consent(HandoffFacts facts) => facts.Lineage.Recordings.Count == 0
        ? Open("the trainer named no recordings", "E-LINEAGE")
        : Passed("no withdrawal in the log is of a recording of the lineage", "E-AUDIT", "E-LINEAGE");

    public static ClaimOutcome Provenance(HandoffFacts facts)
    {
        string[] evidence = [.. facts.Manifest.Jobs.Select(id => $"E-PROVENANCE-{id[..Math.Min(16, id.Length)]}"), "E-JOB"];
        return facts.Spec is null ? Open("what the job was told was not kept, so that its inputs have no digest", evidence) : Passed("signed by the builder", evidence);
    }

    public static ClaimOutcome Vectors(HandoffFacts facts)
    {
        var notRun = facts.Contract.Artefacts.Where(artefact => !artefact.Ran).ToList();
        return notRun.Count == 0
            ? Passed($"{facts.Contract.Vectors.Count.ToString(CultureInfo.InvariantCulture)} vectors on {facts.Contract.Artefacts.Count.ToString(CultureInfo.InvariantCulture)} files", "E-CONTRACT")
            : new ClaimOutcome(ClaimStatus.NotRun, string.Join("; ", notRun.Select(artefact => $"{artefact.Path}: {artefact.Reason}")), Owner) { Evidence = ["E-CONTRACT"] };
    }

    public static ClaimOutcome Variants(HandoffFacts facts)
    {
        if (facts.Contract.Targets.Count == 0) return Passed("no variant is shipped", "E-CONTRACT");
        string[] evidence = [.. facts.Contract.Targets.Select(target => $"E-VARIANT-{target.Profile}")];
        var unmeasured = facts.Contract.Targets.Where(target => target.Accuracy is null || target.ParentAccuracy is null).ToList();
        return unmeasured.Count > 0
            ? Open($"not measured beside the model: {string.Join(", ", unmeasured.Select(target => target.Profile))}", evidence)
            : Passed(string.Join("; ", facts.Contract.Targets.Select(target => $"{target.Profile} {Text(target.Accuracy!.Value)}, the model {Text(target.ParentAccuracy!.Value)}")), evidence);
    }

    /// <summary>A claim that a gate of the lifecycle stands for.</summary>
    public static ClaimOutcome Gate(HandoffFacts facts, string gate)
    {
        var findings = facts.Gates is { } evaluated ? CriteriaCheck.FindingsOf(evaluated.Decision).Where(finding => finding.Gate == gate).ToList() : [];
        var counter = FailedBefore(facts, gate);
        if (findings.Count == 0) return Open($"the lifecycle has no gate '{gate}'", "E-POLICY") with { CounterDecisions = counter };
        if (findings.FirstOrDefault(finding => finding.Outcome == GateOutcome.Failed) is { } failed)
        {
            return new ClaimOutcome(ClaimStatus.Failed, failed.Reason, Owner) { Evidence = ["E-AUDIT"], CounterDecisions = counter };
        }

        return findings.FirstOrDefault(finding => finding.Outcome == GateOutcome.NotEvaluated) is { } open
            ? Open(open.Reason, "E-AUDIT") with { CounterDecisions = counter }
            : Passed(string.Join("; ", findings.Select(finding => finding.Reason)), "E-AUDIT", "E-EVALUATION") with { CounterDecisions = counter };
    }

    public static ClaimOutcome Slices(HandoffFacts facts)
    {
        var rules = RulesOf(facts, GateKind.Slices);
        if (rules.Count == 0) return Open("the lifecycle asks nothing of slices", "E-POLICY");
        var acceptance = new List<Acceptance>();
        var missing = new List<string>();
        foreach (var rule in rules)
        {
            var slices = BomWriter.Slices(facts).Where(slice => slice.Column == rule.By).ToDictionary(slice => slice.Value, slice => slice.Results);
            missing.AddRange(rule.Require.Append("").Where(name => name.Length > 0 ? !slices.ContainsKey(name) : slices.Count == 0).Select(name => $"{rule.By}={(name.Length > 0 ? name : "any")}"));
            foreach (var (name, results) in slices)
            {
                double n = BomWriter.Number(results, "count") ?? 0;
                if (n <= 0 || BomWriter.Number(results, rule.Metric) is not { } value) missing.Add($"{rule.By}={name}");
                else acceptance.AddRange(Accept(rule, $"{rule.By}={name}", value, n));
            }
        }

        return Judge(acceptance, missing, "E-EVALUATION") with { CounterDecisions = FailedBefore(facts, "slices") };
    }

    public static ClaimOutcome Metrics(HandoffFacts facts)
    {
        var rules = RulesOf(facts, GateKind.Metric);
        if (rules.Count == 0) return Open("the lifecycle asks nothing of metrics", "E-POLICY");
        var acceptance = new List<Acceptance>();
        var missing = new List<string>();
        foreach (var rule in rules)
        {
            var held = rule.Holdout.Length == 0 ? default : facts.Evaluation?.Member("holdouts")?.Member(rule.Holdout)?.Member("metrics") ?? default;
            double? n = rule.Holdout.Length == 0 ? facts.Card.Metrics.TryGetValue("held_out_windows", out double windows) ? windows : null : BomWriter.Number(held, "count");
            double? value = rule.Holdout.Length == 0 ? facts.Card.Metrics.TryGetValue(rule.Metric, out double metric) ? metric : null : BomWriter.Number(held, rule.Metric);
            if (value is null) missing.Add(rule.Metric);
            else acceptance.AddRange(Accept(rule, rule.Holdout.Length == 0 ? null : $"holdout={rule.Holdout}", value.Value, n ?? 0));
        }

        return Judge(acceptance, missing, "E-CARD", "E-EVALUATION") with { CounterDecisions = FailedBefore(facts, "metric") };
    }

    // Shares have an interval that follows from the count; of other metrics the trainer would have to say more.
    private static IEnumerable<Acceptance> Accept(GateRule rule, string? slice, double value, double n)
    {
        (double, double)? interval = rule.Metric == "accuracy" && n > 0 && value is >= 0 and <= 1 ? Wilson.Interval(value, n) : null;
        if (rule.Min is { } min) yield return new Acceptance(rule.Metric, slice, (long)n, ">=", min, value, interval?.Item1, interval?.Item2);
        if (rule.Max is { } max) yield return new Acceptance(rule.Metric, slice, (long)n, "<=", max, value, interval?.Item1, interval?.Item2);
    }

    private static ClaimOutcome Judge(List<Acceptance> acceptance, List<string> missing, params string[] evidence)
    {
        var outcome = acceptance.FirstOrDefault(number => number.Holds == false) is { } failed
            ? new ClaimOutcome(
                ClaimStatus.Failed, $"{failed.Metric}{(failed.Slice is null ? "" : $" of {failed.Slice}")} is {Text(failed.Value)} of {failed.N} samples, so at 95 % {Text(failed.CiLow!.Value)} to {Text(failed.CiHigh!.Value)}; asked for is {failed.Op} {Text(failed.Threshold)}", Owner)
            : missing.Count > 0
                ? new ClaimOutcome(ClaimStatus.NotRun, $"nothing was measured for {string.Join(", ", missing)}", Owner)
                : acceptance.FirstOrDefault(number => number.Holds is null) is { } unsure
                    ? new ClaimOutcome(ClaimStatus.NotEvaluated, $"how sure {unsure.Metric}{(unsure.Slice is null ? "" : $" of {unsure.Slice}")} is, is not known", Owner)
                    : new ClaimOutcome(ClaimStatus.Passed, $"{acceptance.Count.ToString(CultureInfo.InvariantCulture)} numbers meet their thresholds at the end of their intervals");
        return outcome with { Acceptance = acceptance, Evidence = evidence, Counter = outcome.Status == ClaimStatus.Failed ? evidence : [] };
    }

    private static List<GateRule> RulesOf(HandoffFacts facts, GateKind kind)
    {
        if (facts.ApprovedBy is not { } approved) return [];
        string from = Governance.ReleaseHistory.Changes(approved.Decision).First(change => change.Model == facts.Subject).From;
        return [.. facts.Policy.Transitions.Where(transition => transition.To == from).SelectMany(transition => transition.Gates).Where(rule => rule.Kind == kind)];
    }

    // Earlier evaluations of this version that did not pass speak against it, whatever came later.
    private static List<string> FailedBefore(HandoffFacts facts, string gate) =>
    [
        .. facts.Decisions.Where(signed => signed.Decision is { Kind: DecisionKind.Gates } decision && decision.Subject == facts.Subject
            && CriteriaCheck.FindingsOf(decision).Any(finding => finding.Gate == gate && finding.Blocks)).Select(signed => signed.Hash),
    ];

    private static ClaimOutcome Passed(string reason, params string[] evidence) => new(ClaimStatus.Passed, reason) { Evidence = evidence };

    private static ClaimOutcome Open(string reason, params string[] evidence) => new(ClaimStatus.NotEvaluated, reason, Owner) { Evidence = evidence };

    private static string Text(double value) => value.ToString("0.####", CultureInfo.InvariantCulture);
}
