using Mesh.Columnar;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>What a table should look like; field ids are assigned by the catalogue.</summary>
/// <param name="Schema">Columns; ids in it are ignored.</param>
/// <param name="PartitionBy">Partition fields of a new table.</param>
/// <param name="SortBy">Columns the files are sorted by, ascending, nulls last.</param>
/// <param name="Properties">Table properties to set on creation.</param>
public sealed record TableDefinition(
    Schema Schema, IReadOnlyList<PartitionField> PartitionBy, IReadOnlyList<string> SortBy, IReadOnlyDictionary<string, string> Properties);
