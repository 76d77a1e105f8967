namespace Mesh.Lakehouse.Maintenance;

/// <summary>How the manifests of a table are arranged.</summary>
public sealed record ManifestRewriteOptions
{
    /// <summary>Size of new manifests in bytes (default: 8 MiB).</summary>
    public long TargetManifestBytes { get; init; } = 8L << 20;

    /// <summary>Manifests written at a time (default: 8), each held in memory; a table that needs more has its old manifests read again.</summary>
    public int OpenManifests { get; init; } = 8;
}
