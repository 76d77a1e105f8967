using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>What a product occupies and how it is used.</summary>
public sealed record ProductStorage
{
    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Objects by storage class and kind.</summary>
    public required IReadOnlyList<StorageUsage> Usage { get; init; }

    /// <summary>What the product's tier rules would move now.</summary>
    public required IReadOnlyList<TierTotal> Due { get; init; }

    /// <summary>Whether the product has tier rules.</summary>
    public bool HasTierRules { get; init; }

    /// <summary>Commits of the last 30 days, as far as their snapshots are still there.</summary>
    public long Commits { get; init; }

    /// <summary>Data files those commits wrote.</summary>
    public long FilesWritten { get; init; }

    /// <summary>Reads that Mesh served in the last 30 days; engines that read the files themselves are not seen.</summary>
    public long Reads { get; init; }

    /// <summary>Data files opened for them.</summary>
    public long FilesRead { get; init; }

    /// <summary>The last such read; null when there was none.</summary>
    public DateTimeOffset? LastReadAt { get; init; }
}
