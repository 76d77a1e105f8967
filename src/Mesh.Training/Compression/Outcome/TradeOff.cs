namespace Mesh.Training.Compression.Outcome;

/// <summary>
/// Compares variants by quality, size and latency. A difference in latency that is smaller than the spread of the measurements is none: a row counts as
/// faster when most of its runs (95 %) were shorter than the other's shortest.
/// </summary>
public static class TradeOff
{
    /// <summary>Name of the row for the model itself.</summary>
    public const string Parent = "parent";

    /// <summary>The parent and its variants, with who is dominated by whom.</summary>
    /// <param name="variants">Manifests of one version.</param>
    public static IReadOnlyList<TradeOffRow> Of(IReadOnlyList<VariantManifest> variants)
    {
        var rows = new List<TradeOffRow>();
        if (variants.Select(variant => variant.Validation).FirstOrDefault(validation => validation is not null) is { } any)
        {
            rows.Add(new TradeOffRow
            {
                Name = Parent, Target = "", Status = VariantStatus.Ready, Reason = "as it was registered", Accuracy = any.ParentAccuracy, Agreement = any.Agreement is null ? null : 1, MaxAbsError = 0,
                Bytes = any.ParentBytes, LatencyUs = any.ParentLatencyUs, Runtime = any.Runtime, IsCompared = true,
            });
        }

        rows.AddRange(variants.OrderBy(variant => variant.Profile, StringComparer.Ordinal).Select(RowOf));
        bool byAccuracy = ByAccuracy(rows);
        return [.. rows.Select(row => row with { DominatedBy = row.IsCompared ? rows.FirstOrDefault(other => other.IsCompared && other.Name != row.Name && Dominates(other, row, byAccuracy))?.Name : null })];
    }

    /// <summary>Whether quality is accuracy, which it is when it is known of all that are compared.</summary>
    internal static bool ByAccuracy(IReadOnlyList<TradeOffRow> rows) => rows.Where(row => row.IsCompared).All(row => row.Accuracy is not null);

    private static TradeOffRow RowOf(VariantManifest variant) => new()
    {
        Name = variant.Profile, Target = VariantNames.Of(variant.Target), Status = variant.Status, Reason = variant.Reason, Accuracy = variant.Validation?.Accuracy,
        Agreement = variant.Validation?.Agreement, MaxAbsError = variant.Validation?.MaxAbsError, Bytes = variant.Validation?.Bytes, LatencyUs = variant.Validation?.LatencyUs,
        Runtime = variant.Validation?.Runtime, IsCompared = variant is { Status: not VariantStatus.Failed, Validation: not null },
    };

    private static bool Dominates(TradeOffRow one, TradeOffRow other, bool byAccuracy)
    {
        double quality = one.Quality(byAccuracy) ?? 0, others = other.Quality(byAccuracy) ?? 0;
        bool noWorse = quality >= others && one.Bytes <= other.Bytes && !IsFaster(other.LatencyUs, one.LatencyUs);
        return noWorse && (quality > others || one.Bytes < other.Bytes || IsFaster(one.LatencyUs, other.LatencyUs));
    }

    private static bool IsFaster(VariantLatency? one, VariantLatency? other) => one is not null && other is not null && one.P95 < other.Min;
}
