using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Handoff;

/// <summary>What a bundle is written from.</summary>
public sealed record HandoffRequest
{
    /// <summary>Name of the model.</summary>
    public required string Name { get; init; }

    /// <summary>Its version.</summary>
    public required int Version { get; init; }

    /// <summary>Folder to write; must not be there, or be empty.</summary>
    public required string Target { get; init; }

    /// <summary>Folder of the jobs, one subfolder each.</summary>
    public required string JobsFolder { get; init; }

    /// <summary>Version of the program that writes.</summary>
    public required string CodeVersion { get; init; }

    /// <summary>Key that signs the bundle and the provenance.</summary>
    public required SigningKey Key { get; init; }
}
