using Mesh.Training.Handoff.Contract;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Training.Handoff.Evidence;

/// <summary>Lists evidence, tools and claims of a bundle whose other documents are written.</summary>
internal static class EvidenceWriter
{
    public const string Mesh = "T-MESH";
    public const string Trainer = "T-TRAINER";
    private const string Unknown = "unknown";
    private const string Basis = "proposed by Mesh, confirmed by nobody yet";
    private const string Unqualified = "none recorded";
    private const string Integrator = "the integrator's safety manager";

    public static EvidenceIndex Make(HandoffFacts facts)
    {
        var claims = ClaimCatalogue.Evaluate(facts);
        var requirements = ClaimCatalogue.Requirements;
        return new EvidenceIndex
        {
            Subject = facts.Manifest.Subject,
            IntendedUse = Unknown,
            IntegrityLevel = "unassigned",
            CreatedAt = facts.Manifest.CreatedAt,
            CreatedBy = Service(facts),
            Requirements = requirements,
            Evidence = Items(facts),
            Tools = Tools(facts),
            Claims = claims,
            Summary = EvidenceSummary.Of(requirements, claims),
        };
    }

    /// <summary>Tools that the documents name. Who confirms a class, and by what method a tool is qualified, is not Mesh's to say.</summary>
    public static IReadOnlyList<ToolRecord> Tools(HandoffFacts facts)
    {
        var tools = new List<ToolRecord>
        {
            new(Trainer, facts.Lineage.Job.Trainer, facts.Lineage.Job.CodeVersion, "trains and measures the model; a fault would show in results that it measures itself", 2, 3, 3, Basis, Unqualified, Integrator),
            new(Mesh, "mesh", VersionOf(facts), "evaluates gates, keeps decisions, writes and verifies bundles; a fault would show to independent checks of signatures, schemas and vectors", 2, 2, 2, Basis, Unqualified, Integrator),
        };
        foreach (var tool in facts.Contract.Targets.SelectMany(target => target.Tools).DistinctBy(tool => (tool.Program, tool.Version)))
        {
            int place = tools.Count - 1;
            tools.Add(new ToolRecord($"T-VENDOR-{place}", tool.Program, tool.Version, "compiles a variant for its target; a fault would show on the target only", 2, 3, 3, Basis, Unqualified, Integrator));
        }

        return tools;
    }

    /// <summary>The evidence that is there.</summary>
    public static IReadOnlyList<EvidenceItem> Items(HandoffFacts facts)
    {
        var items = new List<EvidenceItem>();
        var manifest = facts.Manifest;
        var job = new EvidenceActor("job", facts.Lineage.Job.JobId, facts.Lineage.Job.CodeVersion);
        var service = Service(facts);
        Add("E-CARD", "model_card", HandoffFiles.TrainerCard, "application/json", job, Trainer, manifest.Subject.RegisteredAt, "pseudonymised");
        Add("E-EVALUATION", "slice_metrics", HandoffFiles.Evaluation, "application/json", job, Trainer, manifest.Subject.RegisteredAt, "pseudonymised");
        Add("E-JOB", "provenance", HandoffFiles.JobSpec, "application/json", service, Mesh, manifest.Subject.RegisteredAt, "pseudonymised");
        Add("E-LINEAGE", "lineage_query", HandoffFiles.Lineage, "application/json", service, Mesh, manifest.CreatedAt, "pseudonymised");
        Add("E-AUDIT", "audit_extract", HandoffFiles.Decisions, "application/jsonl", service, Mesh, manifest.CreatedAt, "pseudonymised");
        Add("E-POLICY", "change_record", HandoffFiles.Policy, "application/yaml", service, Mesh, manifest.CreatedAt, "none");
        Add("E-BOM", "sbom", HandoffFiles.Bom, "application/vnd.cyclonedx+json", service, Mesh, manifest.CreatedAt, "none");
        Add("E-CONTRACT", "contract_result", HandoffFiles.Contract, "application/json", service, Mesh, manifest.CreatedAt, "none");
        foreach (string id in manifest.Jobs) Add($"E-PROVENANCE-{id[..Math.Min(16, id.Length)]}", "provenance", HandoffFiles.ProvenanceOf(id), "application/vnd.in-toto+json", service, Mesh, manifest.CreatedAt, "pseudonymised");
        foreach (string profile in manifest.Variants)
        {
            var variant = facts.Variant(profile);
            // What a converter calibrates on are rows of the data.
            string personal = variant.Files.Any(file => file.Role == Compression.VariantRoles.InputData) ? "pseudonymised" : "none";
            Add($"E-VARIANT-{profile}", "contract_result", $"{HandoffFiles.Variants}/{profile}/{Compression.VariantManifest.FileName}", "application/json", service, Mesh, variant.CreatedAt, personal);
            Add($"E-PROVENANCE-{profile}", "provenance", HandoffFiles.ProvenanceOfVariant(profile), "application/vnd.in-toto+json", service, Mesh, manifest.CreatedAt, "none");
        }

        return items;

        void Add(string id, string kind, string path, string type, EvidenceActor by, string tool, DateTimeOffset at, string personal)
        {
            if (!facts.Folder.Has(path)) return;
            var (sha256, bytes) = facts.Folder.Digest(path);
            items.Add(new EvidenceItem
            {
                Id = id, Kind = kind, Uri = path, MediaType = type, Size = bytes, Sha256 = sha256, ProducedBy = by, ToolId = tool, ProducedAt = at, CoversSubjectSha256 = manifest.Subject.Sha256, PersonalData = personal,
            });
        }
    }

    private static EvidenceActor Service(HandoffFacts facts) => new("service", "mesh", VersionOf(facts));

    private static string VersionOf(HandoffFacts facts) => facts.Manifest.CreatedBy["mesh ".Length..];
}
