namespace Mesh.Training.Handoff.Evidence;

/// <summary>Claims about a model and what they rest on: <c>evidence-index.json</c>, <c>mesh.evidence-index/v1</c> (<c>schemas/handoff-evidence-index.schema.json</c>).</summary>
public sealed record EvidenceIndex
{
    /// <summary>The form's name and version.</summary>
    public const string SchemaName = "mesh.evidence-index/v1";

    /// <summary>Always <see cref="SchemaName"/>.</summary>
    public string Schema { get; init; } = SchemaName;

    /// <summary>The version it is about.</summary>
    public required HandoffSubject Subject { get; init; }

    /// <summary>What the model is meant for; <c>unknown</c> when that is not recorded.</summary>
    public required string IntendedUse { get; init; }

    /// <summary>Integrity level; <c>unassigned</c> when none is recorded.</summary>
    public required string IntegrityLevel { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What wrote it.</summary>
    public required EvidenceActor CreatedBy { get; init; }

    /// <summary>The requirements.</summary>
    public required IReadOnlyList<Requirement> Requirements { get; init; }

    /// <summary>The evidence.</summary>
    public required IReadOnlyList<EvidenceItem> Evidence { get; init; }

    /// <summary>The tools.</summary>
    public required IReadOnlyList<ToolRecord> Tools { get; init; }

    /// <summary>The claims.</summary>
    public required IReadOnlyList<Claim> Claims { get; init; }

    /// <summary>The claims, counted.</summary>
    public required EvidenceSummary Summary { get; init; }
}
