using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Handoff.Verification;

/// <summary>Whether enough independent people agreed to this file under these rules.</summary>
internal static class ApprovalCheck
{
    public static void Run(HandoffContext context)
    {
        var facts = context.Facts;
        var policy = facts.Policy;
        if (policy.Sha256 != facts.Manifest.PolicySha256)
        {
            context.Report("MESH9555", HandoffFiles.Policy, $"its digest is {policy.Sha256}, the bundle was written under {facts.Manifest.PolicySha256}");
            return;
        }

        if (context.Trust is { Policies.Count: > 0 } trust && !trust.Policies.Contains(policy.Sha256))
        {
            context.Report("MESH9555", HandoffFiles.Policy, $"the trust file does not accept this lifecycle ({policy.Sha256})");
            return;
        }

        string state = StateOf(facts);
        if (state != facts.Manifest.Subject.State || !MayBeHandedOver(policy, state))
        {
            context.Report("MESH9552", HandoffFiles.Decisions, $"by the decision log {facts.Subject} is {state}, the bundle says {facts.Manifest.Subject.State}; handed over are versions that were approved or released");
            return;
        }

        if (facts.ApprovedBy is not { } approved)
        {
            context.Report("MESH9553", HandoffFiles.Decisions, $"no entry shows that {facts.Subject} was approved");
            return;
        }

        if ((string?)approved.Decision.Details["lifecycle_sha256"] != policy.Sha256)
        {
            context.Report("MESH9555", HandoffFiles.Decisions, $"entry {approved.Decision.Sequence} was decided under the lifecycle {(string?)approved.Decision.Details["lifecycle_sha256"]}, not under {policy.Sha256}");
            return;
        }

        Judge(context, approved);
    }

    /// <summary>Whether versions in a state may leave.</summary>
    public static bool MayBeHandedOver(Lifecycle policy, string state) =>
        state == Lifecycle.Released || policy.Transitions.Any(transition => transition.Approvals is not null && transition.To == state);

    private static string StateOf(HandoffFacts facts) =>
        facts.Decisions.SelectMany(signed => ReleaseHistory.Changes(signed.Decision)).LastOrDefault(change => change.Model == facts.Subject)?.To ?? Lifecycle.Candidate;

    private static void Judge(HandoffContext context, SignedDecision approved)
    {
        var facts = context.Facts;
        var move = ReleaseHistory.Changes(approved.Decision).First(change => change.Model == facts.Subject);
        var rule = facts.Policy.Find(move.From, move.To)!.Approvals!;
        var before = facts.Decisions.Where(signed => signed.Decision.Sequence < approved.Decision.Sequence).ToList();
        var submitted = before.LastOrDefault(signed => ReleaseHistory.Changes(signed.Decision).Any(change => change.Model == facts.Subject));
        var given = before.Where(signed => signed.Decision is { Kind: DecisionKind.Approval } decision && decision.Subject == facts.Subject && decision.Sequence > (submitted?.Decision.Sequence ?? 0)).ToList();
        var cited = approved.Decision.Evidence.Where(evidence => evidence.Name.StartsWith("approval by ", StringComparison.Ordinal)).Select(evidence => evidence.Sha256).ToHashSet();
        var others = given.Where(signed => signed.Decision.SubjectSha256 != facts.Manifest.Subject.Sha256).ToList();
        var elsewhere = given.Where(signed => (string?)signed.Decision.Details["lifecycle_sha256"] != facts.Policy.Sha256).ToList();
        var own = given.Where(signed => IsOwn(signed.Decision)).ToList();
        var counted = given.Except(others).Except(elsewhere).Except(own).Where(signed => cited.Contains(signed.Hash)).Select(signed => signed.Decision).ToList();
        if (ApprovalCount.WhatIsMissing(rule, [.. counted.Select(decision => (decision.Person, decision.Roles))]) is { } missing)
        {
            if (others.Count > 0) context.Report("MESH9554", HandoffFiles.Decisions, $"{Names(others)} approved SHA-256 {others[0].Decision.SubjectSha256}, not the model shipped: {missing}");
            else if (elsewhere.Count > 0) context.Report("MESH9555", HandoffFiles.Decisions, $"{Names(elsewhere)} approved under another lifecycle: {missing}");
            else if (own.Count > 0) context.Report("MESH9553", HandoffFiles.Decisions, $"{Names(own)} may not approve their own work: {missing}");
            else context.Report("MESH9553", HandoffFiles.Decisions, missing);
            return;
        }

        string author = !rule.NotAuthor ? "" : facts.Manifest.Author is { } name ? $", none of them {name}, who owns the topology" : "; who owns the topology is not known, so that independence from the author is not shown";
        context.Note = $"{string.Join(" and ", counted.Select(decision => $"{decision.Person} ({string.Join(", ", decision.Roles)})"))} approved this file under this lifecycle{author}";

        bool IsOwn(Decision decision) =>
            (rule.NotAuthor && facts.Manifest.Author is { } author && (decision.Actor == author || decision.Person == author)) || (rule.NotSubmitter && submitted?.Decision.Person == decision.Person);
    }

    private static string Names(IEnumerable<SignedDecision> decisions) => string.Join(" and ", decisions.Select(signed => signed.Decision.Person).Distinct());
}
