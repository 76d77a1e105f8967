namespace Mesh.Columnar;

/// <summary>What is known about the values of a column in a file, row group or page without reading them.</summary>
/// <param name="Type">Type of the column.</param>
/// <param name="Min">No value is smaller; null when unknown. In plain little-endian layout as in a <see cref="ColumnVector"/> (UTF-8 for text; decimals as Int128).</param>
/// <param name="Max">No value is larger; null when unknown.</param>
/// <param name="NullCount">Absent values; null when unknown.</param>
/// <param name="ValueCount">Values, absent ones included; null when unknown.</param>
/// <param name="MayHoldNaN">Whether there may be NaNs, which lie outside of the bounds.</param>
public sealed record ColumnBounds(DataType Type, byte[]? Min, byte[]? Max, long? NullCount, long? ValueCount, bool MayHoldNaN = true);
