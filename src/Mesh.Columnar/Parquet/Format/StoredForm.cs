namespace Mesh.Columnar.Parquet;

/// <summary>How values are stored where that differs from the column's layout.</summary>
internal enum StoredForm
{
    /// <summary>As in the column, or as the decimals of LogicalTypes.md.</summary>
    Plain,
    /// <summary>Unsigned integers, which become the next larger type.</summary>
    Unsigned,
    /// <summary>Milliseconds, which become microseconds.</summary>
    Millis,
    /// <summary>Nanoseconds of a time of day, which become microseconds, rounded down.</summary>
    NanosOfDay,
    /// <summary>Nanoseconds of a day and a Julian day in 12 bytes, which become microseconds, rounded down.</summary>
    Int96,
}
