namespace Mesh.Commands.Recordings;

/// <summary>Statistics of one column; the numbers are null for columns that are not numeric and where there is no value.</summary>
/// <param name="Topic">Channel.</param>
/// <param name="Column">Path of the column.</param>
/// <param name="Description">Unit and description as recorded; null when there are none.</param>
/// <param name="Count">Values present.</param>
/// <param name="Nulls">Values absent.</param>
/// <param name="NotFinite">NaN and infinite values; the numbers leave them out.</param>
/// <param name="Min">Smallest.</param>
/// <param name="Max">Largest.</param>
/// <param name="Mean">Mean.</param>
/// <param name="StandardDeviation">Standard deviation of the values (n − 1).</param>
/// <param name="First">First in recorded order.</param>
/// <param name="Last">Last in recorded order.</param>
/// <param name="Bins">Time bins in order, empty ones left out.</param>
public sealed record ColumnStatistics(
    string Topic, string Column, string? Description, long Count, long Nulls, long NotFinite, double? Min, double? Max, double? Mean, double? StandardDeviation, double? First,
    double? Last, IReadOnlyList<StatisticsBin> Bins);
