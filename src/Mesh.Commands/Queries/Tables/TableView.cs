namespace Mesh.Commands.Queries.Tables;

/// <summary>A table of the lake in a listing.</summary>
/// <param name="Table">Name: NAMESPACE.NAME.</param>
/// <param name="Product">Name of the data product it holds.</param>
/// <param name="Rows">Rows in the current snapshot.</param>
/// <param name="DataFiles">Data files in the current snapshot.</param>
/// <param name="DeleteFiles">Files with row-level deletes.</param>
/// <param name="Bytes">Size of the data files; null when a foreign writer has left it out.</param>
/// <param name="Manifests">Manifests of the current snapshot.</param>
/// <param name="Snapshots">Snapshots kept.</param>
/// <param name="FormatVersion">Version of the Iceberg format.</param>
/// <param name="UpdatedAt">When the current snapshot was committed; null while there is none.</param>
public sealed record TableView(
    string Table, string Product, long Rows, long DataFiles, long DeleteFiles, long? Bytes, int Manifests, int Snapshots, int FormatVersion, DateTimeOffset? UpdatedAt);
