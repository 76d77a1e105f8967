namespace Mesh.Lakehouse.Maintenance;

/// <summary>What expiry did to a table, or would do.</summary>
public sealed record ExpiryReport
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>Whether this is only the plan.</summary>
    public required bool DryRun { get; init; }

    /// <summary>Snapshots that expired, oldest first.</summary>
    public required IReadOnlyList<long> Expired { get; init; }

    /// <summary>Snapshots that stay.</summary>
    public required int Kept { get; init; }

    /// <summary>Of those, the ones that only stay because something outside the table refers to them.</summary>
    public required IReadOnlyList<long> Protected { get; init; }

    /// <summary>Tags and branches that were too old and went.</summary>
    public IReadOnlyList<string> ExpiredRefs { get; init; } = [];

    /// <summary>Data and delete files that only expired snapshots had.</summary>
    public long DataFiles { get; init; }

    /// <summary>Their bytes.</summary>
    public long DataBytes { get; init; }

    /// <summary>Manifests that only expired snapshots had.</summary>
    public int Manifests { get; init; }

    /// <summary>Manifest lists and statistics files of expired snapshots.</summary>
    public int OtherFiles { get; init; }
}
