namespace Mesh.Lakehouse.Maintenance;

/// <summary>What rewriting a table's manifests did, or would do.</summary>
public sealed record ManifestRewriteReport
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>Whether this is only the plan.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Data manifests before.</summary>
    public required int ManifestsBefore { get; init; }

    /// <summary>Data manifests afterwards; on a dry run an estimate.</summary>
    public required int ManifestsAfter { get; init; }

    /// <summary>Manifests that were replaced; 0 when they are fine as they are.</summary>
    public int Rewritten { get; init; }

    /// <summary>Files listed in those.</summary>
    public long Entries { get; init; }
}
