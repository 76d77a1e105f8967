using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>What the lake costs a month, by product and storage class, and what could be saved. Estimates from sizes, known requests and the reader's own prices.</summary>
public sealed record CostReport
{
    private const decimal Gib = 1L << 30;

    /// <summary>Currency of all prices; null without a price table.</summary>
    public string? Currency { get; init; }

    /// <summary>The products, dearest first.</summary>
    public required IReadOnlyList<ProductCost> Products { get; init; }

    /// <summary>Classes that objects are in or would move to, for which the table has no price.</summary>
    public required IReadOnlyList<string> UnpricedClasses { get; init; }

    /// <summary>Objects of all products.</summary>
    public long Objects => Products.Sum(product => product.Objects);

    /// <summary>Bytes of all products.</summary>
    public long Bytes => Products.Sum(product => product.Bytes);

    /// <summary>Cost a month; null without prices.</summary>
    public decimal? MonthlyCost => Sum(product => product.MonthlyCost);

    /// <summary>What tiering would save a month; null without prices.</summary>
    public decimal? TieringSaves => Sum(product => product.TieringSaves);

    /// <summary>What tiering would cost once; null without prices.</summary>
    public decimal? TieringCostsOnce => Sum(product => product.TieringCostsOnce);

    /// <summary>What expiry and orphan removal would save a month; null without prices.</summary>
    public decimal? CleaningSaves => Sum(product => product.CleaningSaves);

    /// <summary>Estimates the costs.</summary>
    /// <param name="storages">What the products occupy.</param>
    /// <param name="prices">Prices; null when only sizes are wanted.</param>
    public static CostReport Of(IReadOnlyList<ProductStorage> storages, PriceTable? prices)
    {
        var used = storages.SelectMany(storage => storage.Usage.Select(usage => usage.StorageClass).Concat(storage.Due.Select(due => due.To))).Distinct(StringComparer.Ordinal);
        return new CostReport
        {
            Currency = prices?.Currency,
            Products = [.. storages.Select(storage => CostOf(storage, prices)).OrderByDescending(product => product.MonthlyCost ?? product.Bytes).ThenBy(product => product.Product, StringComparer.Ordinal)],
            UnpricedClasses = prices is null ? [] : [.. used.Where(name => !prices.Classes.ContainsKey(name)).Order(StringComparer.Ordinal)],
        };
    }

    private static ProductCost CostOf(ProductStorage storage, PriceTable? prices)
    {
        var tiers = storage.Usage.GroupBy(usage => usage.StorageClass).Select(group => new TierCost(
            group.Key, group.Sum(usage => usage.Objects), group.Sum(usage => usage.Bytes), StorageCost(prices, group.Key, group.Sum(usage => usage.Bytes)))).ToList();
        decimal? requests = null, tieringSaves = null, tieringOnce = null, cleaning = null;
        if (prices is not null)
        {
            // A commit writes its data files, a manifest, a manifest list and the metadata with its copy and hint; a read opens its files and about as many metadata objects.
            var price = prices.Classes.GetValueOrDefault(TableStorageReader.DefaultClass);
            requests = ((storage.FilesWritten + (storage.Commits * 5)) * (price?.Write1000 ?? 0) / 1000) + ((storage.FilesRead + (storage.Reads * 3)) * (price?.Read1000 ?? 0) / 1000);
            tieringSaves = storage.Due.Sum(due => (StorageCost(prices, due.From, due.Bytes) - StorageCost(prices, due.To, due.Bytes)) ?? 0);
            tieringOnce = storage.Due.Sum(due => due.Files * (prices.Classes.GetValueOrDefault(due.To)?.Move1000 ?? 0) / 1000);
            cleaning = storage.Usage.Where(usage => usage.Kind is StorageKind.History or StorageKind.Unreferenced).Sum(usage => StorageCost(prices, usage.StorageClass, usage.Bytes) ?? 0);
        }

        return new ProductCost
        {
            Product = storage.Product,
            Table = storage.Table,
            Tiers = tiers,
            CurrentBytes = BytesOf(StorageKind.Current),
            HistoryBytes = BytesOf(StorageKind.History),
            MetadataBytes = BytesOf(StorageKind.Metadata),
            UnreferencedBytes = BytesOf(StorageKind.Unreferenced),
            Writes = storage.FilesWritten + (storage.Commits * 5),
            Reads = storage.FilesRead + (storage.Reads * 3),
            LastReadAt = storage.LastReadAt,
            HasTierRules = storage.HasTierRules,
            Due = storage.Due,
            StorageCost = prices is null ? null : tiers.Sum(tier => tier.MonthlyCost ?? 0),
            RequestCost = requests,
            TieringSaves = tieringSaves,
            TieringCostsOnce = tieringOnce,
            CleaningSaves = cleaning,
        };

        long BytesOf(StorageKind kind) => storage.Usage.Where(usage => usage.Kind == kind).Sum(usage => usage.Bytes);
    }

    private static decimal? StorageCost(PriceTable? prices, string storageClass, long bytes) =>
        prices?.Classes.GetValueOrDefault(storageClass) is { } price ? bytes / Gib * price.StorageGibMonth : null;

    private decimal? Sum(Func<ProductCost, decimal?> value) => Currency is null ? null : Products.Sum(product => value(product) ?? 0);
}
