namespace Mesh.Training.Handoff;

/// <summary>Where things are in a bundle.</summary>
public static class HandoffFiles
{
    /// <summary>What the bundle is about.</summary>
    public const string Manifest = "handoff.json";

    /// <summary>The signature over all other files: an OpenSSF Model Signing bundle.</summary>
    public const string Signature = "model.sig";

    /// <summary>The model.</summary>
    public const string Model = "model/model.onnx";

    /// <summary>Folder of the model and what belongs to it.</summary>
    public const string ModelFolder = "model";

    /// <summary>Folder of the compressed variants, one subfolder each.</summary>
    public const string Variants = "variants";

    /// <summary>What goes in and comes out, with test vectors.</summary>
    public const string Contract = "contract.json";

    /// <summary>Bill of materials, CycloneDX 1.6.</summary>
    public const string Bom = "bom.cdx.json";

    /// <summary>The model card for people.</summary>
    public const string Card = "model-card.md";

    /// <summary>Recordings, snapshots, job, code.</summary>
    public const string Lineage = "lineage.json";

    /// <summary>Claims and what they rest on.</summary>
    public const string Index = "evidence-index.json";

    /// <summary>The decision log up to the hand-off.</summary>
    public const string Decisions = "audit/decisions.jsonl";

    /// <summary>Folder of the public keys of everyone who signed.</summary>
    public const string Keys = "audit/keys";

    /// <summary>The rules that were applied.</summary>
    public const string Policy = "audit/lifecycle.yaml";

    /// <summary>What the trainer said of its model.</summary>
    public const string TrainerCard = "evidence/model_card.json";

    /// <summary>What the trainer measured, where it did.</summary>
    public const string Evaluation = "evidence/evaluation.json";

    /// <summary>What the job was told.</summary>
    public const string JobSpec = "evidence/job-spec.json";

    /// <summary>Where the provenance of a job is.</summary>
    public static string ProvenanceOf(string jobId) => $"provenance/{jobId}.intoto.json";

    /// <summary>Provenance of a variant.</summary>
    public static string ProvenanceOfVariant(string profile) => $"provenance/variant-{profile}.intoto.json";

    /// <summary>Files without which a bundle is none.</summary>
    public static IReadOnlyList<string> Required { get; } = [Manifest, Model, Contract, Bom, Card, Lineage, Index, Decisions, Policy, TrainerCard];
}
