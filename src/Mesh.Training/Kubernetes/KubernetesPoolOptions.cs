namespace Mesh.Training.Kubernetes;

/// <summary>Where and how a pool's jobs become Kubernetes Jobs.</summary>
public sealed record KubernetesPoolOptions
{
    /// <summary>Path of a kubeconfig; null for the service account of the pod that Mesh runs in (default).</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Context of the kubeconfig; null for its current one (default).</summary>
    public string? Context { get; init; }

    /// <summary>Namespace of the Jobs; null for the context's or the pod's own, else <c>default</c>.</summary>
    public string? Namespace { get; init; }

    /// <summary>Image that the trainer runs in; it has <c>mesh</c> on its path for built-in trainers.</summary>
    public required string Image { get; init; }

    /// <summary>Claim of the volume that holds the jobs' folder, mounted where Mesh has it too.</summary>
    public required string Claim { get; init; }

    /// <summary>Folder of the jobs within the volume (default: <c>jobs</c>).</summary>
    public string ClaimPath { get; init; } = "jobs";

    /// <summary>Name of the accelerators as a resource: <c>nvidia.com/gpu</c>, <c>qualcomm.com/qaic</c>; null when the pool has none.</summary>
    public string? Resource { get; init; }

    /// <summary>Kueue's local queue; Jobs are made suspended and begin when it says so. Null: they begin at once (default).</summary>
    public string? Queue { get; init; }

    /// <summary>Labels that a node must have.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init; } = new Dictionary<string, string>();

    /// <summary>Taints of nodes that are put up with: key, value (empty for any), effect.</summary>
    public IReadOnlyList<(string Key, string Value, string Effect)> Tolerations { get; init; } = [];

    /// <summary>User and group that the trainer runs as; they own what it writes to the volume (default: those of Mesh's own process).</summary>
    public (uint User, uint Group)? RunAs { get; init; }
}
