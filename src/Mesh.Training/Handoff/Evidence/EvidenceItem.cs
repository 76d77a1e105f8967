namespace Mesh.Training.Handoff.Evidence;

/// <summary>A file that something is shown by.</summary>
public sealed record EvidenceItem
{
    /// <summary>Identity.</summary>
    public required string Id { get; init; }

    /// <summary>What it is.</summary>
    public required string Kind { get; init; }

    /// <summary>Path below the bundle.</summary>
    public required string Uri { get; init; }

    /// <summary>Media type.</summary>
    public required string MediaType { get; init; }

    /// <summary>Size in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>SHA-256, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Who made it.</summary>
    public required EvidenceActor ProducedBy { get; init; }

    /// <summary>Tool that made it.</summary>
    public required string ToolId { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset ProducedAt { get; init; }

    /// <summary>SHA-256 of the model it is about.</summary>
    public required string CoversSubjectSha256 { get; init; }

    /// <summary><c>none</c> or <c>pseudonymised</c>; what names people does not belong into a bundle.</summary>
    public required string PersonalData { get; init; }
}
