namespace Mesh.Columnar.Parquet;

/// <summary>Rows of a row group from <paramref name="Start"/> up to, not including, <paramref name="End"/>.</summary>
internal readonly record struct RowRange(long Start, long End);
