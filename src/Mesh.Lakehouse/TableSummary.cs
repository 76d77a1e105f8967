namespace Mesh.Lakehouse;

/// <summary>A table in a list.</summary>
/// <param name="Identifier">Name.</param>
/// <param name="LocationUri">Where its files are.</param>
/// <param name="MetadataUri">Current metadata file.</param>
/// <param name="SnapshotId">Current snapshot; null when it has none.</param>
/// <param name="UpdatedAt">When that was committed.</param>
/// <param name="Rows">Rows in it.</param>
/// <param name="Files">Data files in it.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="Snapshots">Snapshots that the table keeps.</param>
public sealed record TableSummary(
    TableIdentifier Identifier, string LocationUri, string MetadataUri, long? SnapshotId, DateTimeOffset? UpdatedAt, long Rows, long Files, long Bytes, long Snapshots);
