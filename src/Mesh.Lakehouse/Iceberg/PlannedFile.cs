namespace Mesh.Lakehouse.Iceberg;

/// <summary>A data file that a scan has to read.</summary>
/// <param name="File">The file.</param>
/// <param name="Deletes">Delete files whose deletes apply to it (Iceberg specification, "Scan Planning").</param>
/// <param name="SequenceNumber">Its data sequence number.</param>
/// <param name="PartitionSpecId">Id of the spec its partition values belong to.</param>
public sealed record PlannedFile(DataFile File, IReadOnlyList<DataFile> Deletes, long SequenceNumber, int PartitionSpecId);
