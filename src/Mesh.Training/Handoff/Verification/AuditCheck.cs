using System.Text.Json;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Running;

namespace Mesh.Training.Handoff.Verification;

/// <summary>The decision log, and whether it is about the model that is shipped.</summary>
internal static class AuditCheck
{
    private const int MaxFindings = 20;

    public static void Chain(HandoffContext context)
    {
        var report = AuditFile.Verify(Path.Combine(context.Folder.Root, HandoffFiles.Decisions), context.DecisionKeys(), anchor: null);
        var anchor = context.Facts.Manifest.Anchor;
        if (report.Entries != anchor.Entries || report.Head != anchor.Hash)
        {
            context.Report("MESH9551", HandoffFiles.Decisions, $"it ends with entry {report.Entries} ({report.Head}), but ended with {anchor.Entries} ({anchor.Hash}) at the hand-off: entries are missing at the end, or were added");
            return;
        }

        foreach (var finding in report.Findings.Take(MaxFindings)) context.Report("MESH9550", HandoffFiles.Decisions, finding.Sequence == 0 ? finding.Problem : $"entry {finding.Sequence}: {finding.Problem}");
        if (context.Trust?.Anchor is { } known && context.Facts.Decisions.All(signed => signed.Hash != known))
        {
            context.Report("MESH9551", HandoffFiles.Decisions, $"it has no entry with hash {known}, which the trust file knows from before: it was cut off or written anew");
        }

        context.Note = $"{report.Entries} entries, signed with {report.Keys.Count} keys{(context.Trust is null ? " that only the bundle vouches for" : "")}, head {report.Head}";
    }

    public static void Subject(HandoffContext context)
    {
        var facts = context.Facts;
        var (sha256, _) = context.Folder.Digest(HandoffFiles.Model);
        var subject = facts.Manifest.Subject;
        Compare(subject.Sha256, HandoffFiles.Manifest, "names");
        Compare(facts.Lineage.Sha256, HandoffFiles.Lineage, "names");
        if (facts.Lineage.Model != facts.Subject) context.Report("MESH9517", HandoffFiles.Lineage, $"it is of {facts.Lineage.Model}, the bundle of {facts.Subject}");
        Compare(facts.Card.Artifacts.FirstOrDefault(artifact => artifact.Path == JobOutput.ModelFile)?.Sha256 ?? "none", HandoffFiles.TrainerCard, "names");
        if (facts.Gates is { } gates) Compare(gates.Decision.SubjectSha256, HandoffFiles.Decisions, $"evaluated in entry {gates.Decision.Sequence}");
        if (facts.ApprovedBy is { } approved) Compare(approved.Decision.SubjectSha256, HandoffFiles.Decisions, $"moved in entry {approved.Decision.Sequence}");
        context.Note = $"SHA-256 {sha256}";

        void Compare(string named, string file, string how)
        {
            if (named != sha256) context.Report("MESH9517", file, $"the model shipped has SHA-256 {sha256}, but {named} is what it {how}");
        }
    }
}
