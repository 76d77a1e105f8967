using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;

namespace Mesh.Training.Handoff.Verification;

/// <summary>Whether the lineage names the recordings and snapshots that the trainer read and the gates looked at, and consent holds.</summary>
internal static class LineageCheck
{
    public static void Run(HandoffContext context)
    {
        var facts = context.Facts;
        var named = facts.Lineage.Recordings.Select(recording => recording.IngestId).ToList();
        string[] seen = [.. facts.Card.Inputs.SelectMany(input => input.IngestIds).Distinct().Order(StringComparer.Ordinal)];
        foreach (string id in named.Where(id => !IngestId.TryParse(id, out _))) context.Report("MESH9560", HandoffFiles.Lineage, $"'{id}' is no ingest id");
        if (named.Distinct().Count() != named.Count) context.Report("MESH9560", HandoffFiles.Lineage, "it names a recording twice");
        foreach (string id in seen.Except(named)) context.Report("MESH9560", HandoffFiles.Lineage, $"it lacks the recording {id}, which the trainer read");
        foreach (string id in named.Except(seen)) context.Report("MESH9560", HandoffFiles.Lineage, $"it names the recording {id}, which the trainer did not read");
        CheckInputs(context);
        CheckConsent(context, named);
        context.Note = $"{named.Count} recordings of {facts.Lineage.Recordings.Select(recording => recording.VehicleId).Distinct().Count()} vehicles; snapshots {string.Join(", ", facts.Lineage.Inputs.Select(input => $"{input.Table}@{input.SnapshotId}"))}";
    }

    private static void CheckInputs(HandoffContext context)
    {
        var facts = context.Facts;
        var named = facts.Lineage.Inputs.Select(input => (input.Table, input.SnapshotId)).ToHashSet();
        foreach (var input in facts.Card.Inputs.Where(input => !named.Contains((input.Table, Text(input.SnapshotId)))))
        {
            context.Report("MESH9560", HandoffFiles.Lineage, $"it lacks {input.Table} at snapshot {input.SnapshotId}, which the trainer read");
        }

        if (facts.Spec is not { } spec) return;
        if (spec.JobId != facts.Lineage.Job.JobId) context.Report("MESH9560", HandoffFiles.JobSpec, $"it is of job {spec.JobId}, the model of {facts.Lineage.Job.JobId}");
        if (!spec.Inputs.Select(input => (input.Table, Text(input.SnapshotId))).ToHashSet().SetEquals(named))
        {
            context.Report("MESH9560", HandoffFiles.Lineage, $"its snapshots are not those of {HandoffFiles.JobSpec}");
        }
    }

    private static void CheckConsent(HandoffContext context, List<string> named)
    {
        var facts = context.Facts;
        if (facts.Gates is { } gates)
        {
            string digest = GateEvaluator.DigestOf(named);
            var consent = CriteriaCheck.FindingsOf(gates.Decision).FirstOrDefault(finding => finding.Gate == "consent");
            if (consent is not null && consent.EvidenceSha256 != digest) context.Report("MESH9560", HandoffFiles.Lineage, $"consent was looked at for the recordings with digest {consent.EvidenceSha256}, these have {digest}");
        }

        var withdrawn = facts.Decisions.Where(signed => signed.Decision.Kind == DecisionKind.Withdrawal)
            .SelectMany(signed => signed.Decision.Details["recordings"]!.AsArray().Select(id => (string)id!)).ToHashSet();
        foreach (string id in named.Where(withdrawn.Contains)) context.Report("MESH9559", HandoffFiles.Lineage, $"consent for the recording {id} was withdrawn");
        foreach (var recording in facts.Lineage.Recordings.Where(recording => recording.Withdrawn is not null && !withdrawn.Contains(recording.IngestId)))
        {
            context.Report("MESH9559", HandoffFiles.Lineage, $"consent for the recording {recording.IngestId} is said to be withdrawn, which nobody decided");
        }
    }

    private static string Text(long id) => id.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
