using System.Text.Json;
using Mesh.Model;
using Mesh.Training.Handoff.Bom;
using Mesh.Training.Handoff.Contract;
using Mesh.Training.Handoff.Evidence;
using Mesh.Training.Handoff.Provenance;
using Mesh.Training.Handoff.Signing;

namespace Mesh.Training.Handoff.Verification;

/// <summary>
/// Verifies a bundle with nothing but its files and, where given, a trust file: no server, no database, no network. A check that rests on
/// another which failed is skipped, so that what is reported is the cause and not its consequences.
/// </summary>
public static class HandoffVerifier
{
    private static readonly Step[] Steps =
    [
        new("bundle", "the documents a bundle needs", "MESH9510", [], BundleCheck.Documents),
        new("list", "the signed list of files (OpenSSF Model Signing)", "MESH9520", ["bundle"], BundleCheck.List),
        new("signature", "whose signature it is", "MESH9524", ["list"], BundleCheck.Signature),
        new("files", "every file: there, not more, no link, its digest", "MESH9515", ["list"], BundleCheck.Files),
        new("audit", "the decision log: chain, signatures, its end", "MESH9550", ["files"], AuditCheck.Chain),
        new("subject", "the shipped model is what was evaluated and approved", "MESH9517", ["audit"], AuditCheck.Subject),
        new("approval", "state, people, roles, independence, policy", "MESH9553", ["subject"], ApprovalCheck.Run),
        new("criteria", "criteria before results, results as shipped", "MESH9556", ["approval"], CriteriaCheck.Run),
        new("lineage", "recordings and snapshots, consent", "MESH9560", ["subject"], LineageCheck.Run),
        new("provenance", "SLSA provenance of each job and variant", "MESH9531", ["lineage"], ProvenanceCheck.Run),
        new("contract", "inputs, outputs and variants against the models", "MESH9565", ["subject"], ContractCheck.Signatures),
        new("bom", "CycloneDX bill of materials", "MESH9540", ["criteria", "lineage", "contract"], BomCheck.Run),
        new("vectors", "test vectors, run on each ONNX file", "MESH9566", ["contract"], ContractCheck.Vectors),
        new("evidence", "the evidence index by itself", "MESH9570", ["files"], EvidenceCheck.Structure),
        new("claims", "each claim, evaluated anew", "MESH9583", ["evidence", "approval", "criteria", "lineage", "provenance", "bom", "contract", "vectors"], EvidenceCheck.Claims),
    ];

    /// <summary>Verifies a bundle.</summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="trust">Whom to trust; null for the keys that the bundle brings along.</param>
    /// <param name="time">Clock: waivers expire.</param>
    /// <exception cref="MeshException"><c>MESH9504</c> when there is no such folder. What is wrong with a bundle is in the report.</exception>
    public static HandoffReport Verify(string folder, TrustFile? trust, TimeProvider time)
    {
        var context = new HandoffContext(new HandoffFacts(new BundleFolder(folder)), trust, time.GetUtcNow());
        var checks = new List<HandoffCheck>();
        var unmade = new HashSet<string>();
        foreach (var step in Steps) checks.Add(Run(step, unmade, context));
        var open = context.Index?.Claims.Where(claim => claim.Status is not (ClaimStatus.Passed or ClaimStatus.Waived))
            .Select(claim => new OpenClaim(claim.Id, JsonNamingPolicy.SnakeCaseLower.ConvertName(claim.Status.ToString()), claim.Reason, claim.Owner ?? "")).ToList() ?? [];
        bool failed = checks.Any(check => check.Status == CheckStatus.Failed);
        var manifest = checks[0].Status == CheckStatus.Passed ? context.Facts.Manifest : null;
        return new HandoffReport
        {
            Folder = context.Folder.Root,
            Model = manifest is null ? "" : context.Facts.Subject,
            ModelSha256 = manifest?.Subject.Sha256 ?? "",
            StatementSha256 = context.Signature is { } signature ? HandoffJson.Sha256(signature.Envelope.Payload) : "",
            TrustedKeys = trust is not null,
            VerifiedAt = context.Now,
            Runtime = context.Runtime,
            Checks = checks,
            OpenClaims = open,
            ReleaseEligible = !failed && context.Index?.Summary.ReleaseEligible == true,
        };
    }

    private static HandoffCheck Run(Step step, HashSet<string> unmade, HandoffContext context)
    {
        if (step.After.FirstOrDefault(unmade.Contains) is { } missing)
        {
            unmade.Add(step.Name);
            return new HandoffCheck(step.Name, step.Looks, CheckStatus.Skipped, $"not made, because the check '{missing}' did not pass", []);
        }

        try
        {
            step.Make(context);
        }
        catch (MeshException exception)
        {
            context.Report(FailureGuide.Knows(exception.Code) ? exception.Code : step.Code, step.Name, exception.Message);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException or IOException or UnauthorizedAccessException or OverflowException)
        {
            // A document that has the right outline and the wrong parts is as broken as one that has neither.
            context.Report(step.Code, step.Name, $"it cannot be read: {exception.Message}");
        }

        var (findings, note, isSkipped) = context.Take();
        if (findings.Count > 0) unmade.Add(step.Name);
        return findings.Count > 0
            ? new HandoffCheck(step.Name, step.Looks, CheckStatus.Failed, $"{findings.Count} {(findings.Count == 1 ? "finding" : "findings")}", findings)
            : new HandoffCheck(step.Name, step.Looks, isSkipped ? CheckStatus.Skipped : CheckStatus.Passed, note, []);
    }

    private sealed record Step(string Name, string Looks, string Code, string[] After, Action<HandoffContext> Make);
}
