namespace Mesh.Columnar.Parquet;

/// <summary>What was written, for the lake's manifest entry.</summary>
/// <param name="RowCount">Rows in the file.</param>
/// <param name="FileBytes">Size of the file.</param>
/// <param name="SplitOffsets">File offsets of the row groups.</param>
/// <param name="Columns">Metrics per leaf column.</param>
public sealed record ParquetFileSummary(
    long RowCount, long FileBytes, IReadOnlyList<long> SplitOffsets, IReadOnlyList<ColumnMetrics> Columns);
