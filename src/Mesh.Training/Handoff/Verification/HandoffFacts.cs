using System.Text;
using System.Text.Json;
using Mesh.Model;
using Mesh.Streaming.Topologies;
using Mesh.Training.Compression;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Lineage;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Handoff.Contract;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Training.Handoff.Verification;

/// <summary>What the files of a bundle say. Whoever writes a bundle and whoever verifies one draw conclusions from the same.</summary>
/// <param name="folder">The files.</param>
internal sealed class HandoffFacts(BundleFolder folder)
{
    private HandoffManifest? manifest;
    private List<SignedDecision>? decisions;
    private Lifecycle? policy;
    private ModelLineage? lineage;
    private ModelCard? card;
    private JobSpec? spec;
    private ModelContract? contract;
    private JsonElement? evaluation;

    public BundleFolder Folder => folder;

    /// <exception cref="MeshException"><c>MESH9510</c>.</exception>
    public HandoffManifest Manifest
    {
        get
        {
            if (manifest is not null) return manifest;
            var read = HandoffJson.Read<HandoffManifest>(folder.Read(HandoffFiles.Manifest), "MESH9510", HandoffFiles.Manifest);
            if (read.Schema != HandoffManifest.SchemaName) throw new MeshException("MESH9510", $"{HandoffFiles.Manifest} has schema '{read.Schema}', expected {HandoffManifest.SchemaName}.");
            return manifest = read;
        }
    }

    public string Subject => ModelReference.Text(Manifest.Subject.Name, Manifest.Subject.Version);

    public byte[] Model => folder.Read(HandoffFiles.Model);

    /// <summary>The decisions, oldest first; that they are genuine is for <see cref="AuditCheck"/> to say.</summary>
    public IReadOnlyList<SignedDecision> Decisions => decisions ??= ReadDecisions();

    /// <exception cref="MeshException"><c>MESH9555</c>.</exception>
    public Lifecycle Policy
    {
        get
        {
            if (policy is not null) return policy;
            var errors = new TopologyErrors(HandoffFiles.Policy) { Subject = "The lifecycle" };
            return policy = Lifecycle.Parse(Encoding.UTF8.GetString(folder.Read(HandoffFiles.Policy)), errors)
                ?? throw new MeshException("MESH9555", $"The lifecycle cannot be read: {string.Join("; ", errors.All)}");
        }
    }

    public ModelLineage Lineage => lineage ??= HandoffJson.Read<ModelLineage>(folder.Read(HandoffFiles.Lineage), "MESH9560", HandoffFiles.Lineage);

    public ModelCard Card => card ??= HandoffJson.Read<ModelCard>(folder.Read(HandoffFiles.TrainerCard), "MESH9560", HandoffFiles.TrainerCard, allowsMore: true);

    /// <summary>What the job was told; null when that was not kept.</summary>
    public JobSpec? Spec => spec ??= folder.Has(HandoffFiles.JobSpec) ? HandoffJson.Read<JobSpec>(folder.Read(HandoffFiles.JobSpec), "MESH9560", HandoffFiles.JobSpec, allowsMore: true) : null;

    public ModelContract Contract => contract ??= HandoffJson.Read<ModelContract>(folder.Read(HandoffFiles.Contract), "MESH9565", HandoffFiles.Contract);

    /// <summary>What the trainer measured; null when it left nothing.</summary>
    public JsonElement? Evaluation => evaluation ??= folder.Has(HandoffFiles.Evaluation) ? HandoffJson.Parse(folder.Read(HandoffFiles.Evaluation), "MESH9557", HandoffFiles.Evaluation) : null;

    /// <summary>The manifest of a variant.</summary>
    public VariantManifest Variant(string profile)
    {
        string name = $"{HandoffFiles.Variants}/{profile}/{VariantManifest.FileName}";
        return VariantManifest.Parse(folder.Read(name), name);
    }

    /// <summary>The entry that moved the version where it had to be approved; null when there is none.</summary>
    public SignedDecision? ApprovedBy => Decisions.LastOrDefault(signed => ReleaseHistory.Changes(signed.Decision).Any(change => change.Model == Subject && Policy.Find(change.From, change.To)?.Approvals is not null));

    /// <summary>The evaluation of gates that let the version come to where it was approved; null when there is none.</summary>
    public SignedDecision? Gates
    {
        get
        {
            if (ApprovedBy is not { } approved) return null;
            string from = ReleaseHistory.Changes(approved.Decision).First(change => change.Model == Subject).From;
            return Decisions.LastOrDefault(signed => signed.Decision is { Kind: DecisionKind.Gates } gates && gates.Subject == Subject
                && gates.Sequence < approved.Decision.Sequence && (string?)gates.Details["to"] == from);
        }
    }

    /// <summary>What the log says was the lifecycle in force when the result was registered; null when it does not say.</summary>
    public SignedDecision? PolicyEntry => Decisions.LastOrDefault(signed =>
        signed.Decision.Kind == DecisionKind.Policy && Decision.TimeFrom(signed.Decision.At) is { } since && since <= Manifest.Subject.RegisteredAt);

    private List<SignedDecision> ReadDecisions()
    {
        var found = new List<SignedDecision>();
        foreach (string line in Encoding.UTF8.GetString(folder.Read(HandoffFiles.Decisions)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var root = HandoffJson.Parse(Encoding.UTF8.GetBytes(line), "MESH9550", HandoffFiles.Decisions);
            if (root.Member("entry") is { } entry) found.Add(new SignedDecision(entry.GetRawText(), root.Text("hash") ?? "", root.Text("signature") ?? ""));
        }

        return found;
    }
}
