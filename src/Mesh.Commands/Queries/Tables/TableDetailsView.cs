namespace Mesh.Commands.Queries.Tables;

/// <summary>Everything about a table but its files.</summary>
/// <param name="Summary">What a listing shows.</param>
/// <param name="Uuid">Identity that survives renames.</param>
/// <param name="LocationUri">Its folder.</param>
/// <param name="MetadataUri">Current metadata file.</param>
/// <param name="Columns">Columns, nested ones by their path.</param>
/// <param name="PartitionedBy">Partition fields, as <c>day(log_time)</c>.</param>
/// <param name="SortedBy">Columns that files are sorted by.</param>
/// <param name="References">Branches and tags.</param>
/// <param name="Snapshots">Snapshots, oldest first.</param>
/// <param name="Properties">Table properties.</param>
public sealed record TableDetailsView(
    TableView Summary, Guid Uuid, string LocationUri, string MetadataUri, IReadOnlyList<ProductColumnView> Columns, IReadOnlyList<string> PartitionedBy,
    IReadOnlyList<string> SortedBy, IReadOnlyList<TableReferenceView> References, IReadOnlyList<TableSnapshotView> Snapshots,
    IReadOnlyDictionary<string, string> Properties);
