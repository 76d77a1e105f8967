namespace Mesh.Lakehouse.Iceberg;

/// <summary>One field of a partition spec.</summary>
/// <param name="SourceColumn">Top-level column it is derived from.</param>
/// <param name="Transform">How.</param>
/// <param name="Parameter">Number of buckets or width; 0 for the others.</param>
public sealed record PartitionField(string SourceColumn, PartitionTransform Transform, int Parameter = 0)
{
    /// <summary>Name of the partition field: <c>log_time_day</c>, <c>vehicle_id_bucket</c>; identity keeps the column's.</summary>
    public string Name => Transform == PartitionTransform.Identity ? SourceColumn : $"{SourceColumn}_{Transform.ToString().ToLowerInvariant()}";
}
