namespace Mesh.Columnar.Parquet;

/// <summary>What a written file says about one leaf column; feeds the lake's manifests.</summary>
public sealed record ColumnMetrics
{
    /// <summary>The lake's field id.</summary>
    public required int FieldId { get; init; }

    /// <summary>Values, nulls and nested repetitions included; -1 when unknown.</summary>
    public required long ValueCount { get; init; }

    /// <summary>Absent values; -1 when unknown.</summary>
    public required long NullCount { get; init; }

    /// <summary>NaNs; 0 for types without them, -1 when unknown.</summary>
    public long NanCount { get; init; }

    /// <summary>Bytes of the column in the file, compressed.</summary>
    public required long ColumnBytes { get; init; }

    /// <summary>Smallest value in Iceberg's single-value serialisation (specification, appendix D); null when unknown or the column is repeated.</summary>
    public byte[]? LowerBound { get; init; }

    /// <summary>Largest value, rounded up when text is truncated to 16 code points; null when unknown.</summary>
    public byte[]? UpperBound { get; init; }
}
