namespace Mesh.Lakehouse.Iceberg;

/// <summary>Partition transforms (Iceberg specification, "Partition Transforms").</summary>
public enum PartitionTransform
{
    /// <summary>The value itself.</summary>
    Identity,
    /// <summary>Murmur3 hash modulo N.</summary>
    Bucket,
    /// <summary>Truncated to width W.</summary>
    Truncate,
    /// <summary>Years since 1970.</summary>
    Year,
    /// <summary>Months since 1970-01.</summary>
    Month,
    /// <summary>Days since 1970-01-01.</summary>
    Day,
    /// <summary>Hours since 1970-01-01T00.</summary>
    Hour,
    /// <summary>Always absent: what is left of a field that was dropped.</summary>
    Void,
}
