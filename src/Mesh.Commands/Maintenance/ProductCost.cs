using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>Objects of a product in one storage class.</summary>
/// <param name="StorageClass">The class.</param>
/// <param name="Objects">How many.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="MonthlyCost">Storage a month; null without a price.</param>
public sealed record TierCost(string StorageClass, long Objects, long Bytes, decimal? MonthlyCost);

/// <summary>What a product costs a month. Costs are null without prices.</summary>
public sealed record ProductCost
{
    /// <summary>The product.</summary>
    public required string Product { get; init; }

    /// <summary>Its table.</summary>
    public required string Table { get; init; }

    /// <summary>Objects by storage class.</summary>
    public required IReadOnlyList<TierCost> Tiers { get; init; }

    /// <summary>Objects in all classes.</summary>
    public long Objects => Tiers.Sum(tier => tier.Objects);

    /// <summary>Bytes in all classes.</summary>
    public long Bytes => Tiers.Sum(tier => tier.Bytes);

    /// <summary>Bytes of the table as it is.</summary>
    public long CurrentBytes { get; init; }

    /// <summary>Bytes that only earlier snapshots have; expiry frees them.</summary>
    public long HistoryBytes { get; init; }

    /// <summary>Bytes of metadata.</summary>
    public long MetadataBytes { get; init; }

    /// <summary>Bytes that nothing refers to; orphan removal frees them.</summary>
    public long UnreferencedBytes { get; init; }

    /// <summary>Writing requests of the last 30 days, estimated from the commits that are known.</summary>
    public long Writes { get; init; }

    /// <summary>Reading requests of the last 30 days, estimated from the reads that Mesh served.</summary>
    public long Reads { get; init; }

    /// <summary>The last read that Mesh served.</summary>
    public DateTimeOffset? LastReadAt { get; init; }

    /// <summary>Whether the product has tier rules.</summary>
    public bool HasTierRules { get; init; }

    /// <summary>What its tier rules would move now.</summary>
    public required IReadOnlyList<TierTotal> Due { get; init; }

    /// <summary>Storage a month.</summary>
    public decimal? StorageCost { get; init; }

    /// <summary>Requests a month.</summary>
    public decimal? RequestCost { get; init; }

    /// <summary>Both.</summary>
    public decimal? MonthlyCost => StorageCost + RequestCost;

    /// <summary>What tiering would save a month.</summary>
    public decimal? TieringSaves { get; init; }

    /// <summary>What tiering would cost once, for moving the objects.</summary>
    public decimal? TieringCostsOnce { get; init; }

    /// <summary>What expiry and orphan removal would save a month.</summary>
    public decimal? CleaningSaves { get; init; }
}
