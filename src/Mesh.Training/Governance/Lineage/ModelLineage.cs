using Mesh.Training.Models;

namespace Mesh.Training.Governance.Lineage;

/// <summary>Where a version comes from: recordings, snapshots, job, code, files.</summary>
public sealed record ModelLineage
{
    /// <summary><c>NAME@VERSION</c>.</summary>
    public required string Model { get; init; }

    /// <summary>Where it is in its lifecycle.</summary>
    public required string State { get; init; }

    /// <summary>When it was registered.</summary>
    public required DateTimeOffset RegisteredAt { get; init; }

    /// <summary>The recordings it has seen, by id.</summary>
    public required IReadOnlyList<LineageRecording> Recordings { get; init; }

    /// <summary>The tables they were read from.</summary>
    public required IReadOnlyList<LineageInput> Inputs { get; init; }

    /// <summary>The job that made it.</summary>
    public required LineageJob Job { get; init; }

    /// <summary>SHA-256 of <c>model.onnx</c>.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Its files with their digests, as the trainer's card lists them; none when the folder is not on this machine.</summary>
    public required IReadOnlyList<ModelArtifact> Artifacts { get; init; }
}
