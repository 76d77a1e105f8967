namespace Mesh.Lakehouse;

/// <summary>How tables keep their metadata small.</summary>
public sealed record TableCatalogueOptions
{
    /// <summary>Number of small manifests from which a commit merges them into one (default: 100). Bounds what planning a scan reads.</summary>
    public int MaxSmallManifests { get; init; } = 100;

    /// <summary>Size in bytes from which a manifest is not merged again (default: 8 MiB).</summary>
    public long SmallManifestBytes { get; init; } = 8 << 20;

    /// <summary>Commits against a changed table that are tried before giving up with a transient error (default: 20).</summary>
    public int MaxCommitAttempts { get; init; } = 20;

    /// <summary>Superseded metadata files kept per table (default: 100); older ones are deleted after a commit.</summary>
    public int MaxPreviousMetadataFiles { get; init; } = 100;

    /// <summary>Whether files are looked for before they are committed; off only where tables are made of files that do not exist.</summary>
    internal bool CheckFiles { get; init; } = true;
}
