namespace Mesh.Commands.Queries;

/// <summary>A data product as users see it.</summary>
/// <param name="Name">Name: given by the topology, else the table's.</param>
/// <param name="Table">Table that holds it.</param>
/// <param name="LocationUri">Where its files are; any Iceberg or Parquet reader opens them.</param>
/// <param name="MetadataUri">Current Iceberg metadata file.</param>
/// <param name="Rows">Rows in the current snapshot.</param>
/// <param name="Files">Data files in the current snapshot.</param>
/// <param name="Bytes">Their size.</param>
/// <param name="UpdatedAt">When the current snapshot was committed.</param>
/// <param name="Columns">Columns; empty in listings.</param>
/// <param name="Snapshots">Snapshots, oldest first; empty in listings.</param>
/// <param name="PartitionedBy">Partition fields.</param>
public sealed record ProductView(
    string Name, string Table, string LocationUri, string MetadataUri, long Rows, long Files, long Bytes, DateTimeOffset? UpdatedAt,
    IReadOnlyList<ProductColumnView> Columns, IReadOnlyList<ProductSnapshotView> Snapshots, IReadOnlyList<string> PartitionedBy);
