namespace Mesh.Training.Handoff;

/// <summary>What a bundle is about: <c>handoff.json</c>, <c>mesh.handoff/v1</c> (<c>schemas/handoff.schema.json</c>).</summary>
public sealed record HandoffManifest
{
    /// <summary>The form's name and version.</summary>
    public const string SchemaName = "mesh.handoff/v1";

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>When it was written; UTC, whole seconds.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What wrote it: <c>mesh VERSION</c>.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>The version that is handed over.</summary>
    public required HandoffSubject Subject { get; init; }

    /// <summary>Owner of the topology whose rule asked for the job, who may not approve; null when it is not known.</summary>
    public string? Author { get; init; }

    /// <summary>Digest of the lifecycle that the decisions name.</summary>
    public required string PolicySha256 { get; init; }

    /// <summary>Where the decision log ended.</summary>
    public required HandoffAnchor Anchor { get; init; }

    /// <summary>Fingerprint of the key that signed the bundle, see <see cref="Governance.Audit.SigningKey.Sha256"/>.</summary>
    public required string SignerSha256 { get; init; }

    /// <summary>Jobs whose provenance is there.</summary>
    public required IReadOnlyList<string> Jobs { get; init; }

    /// <summary>Profiles of the variants.</summary>
    public required IReadOnlyList<string> Variants { get; init; }
}
