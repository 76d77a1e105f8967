using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;

namespace Mesh.Lakehouse;

/// <summary>A table's pointer and what it points to. Immutable, as metadata files are.</summary>
internal sealed record TableState(TableIdentifier Identifier, string MetadataUri, long Version, TableMetadata Metadata)
{
    private Table? table;

    /// <summary>The public face, made once per metadata file.</summary>
    public Table Table => table ??= new Table
    {
        Identifier = Identifier,
        Uuid = Metadata.TableUuid,
        LocationUri = Metadata.Location,
        MetadataUri = MetadataUri,
        FormatVersion = Metadata.FormatVersion,
        Schema = Metadata.CurrentSchema,
        SchemaId = Metadata.CurrentSchemaId,
        PartitionBy = Metadata.DefaultSpec.ToPartitionFields(Metadata.CurrentSchema),
        PartitionSpecId = Metadata.DefaultSpecId,
        SortBy = SortColumns(),
        Properties = Metadata.Properties,
        Snapshots = Metadata.Snapshots,
        References = Metadata.Refs,
        CurrentSnapshot = Metadata.CurrentSnapshot,
    };

    private List<string> SortColumns()
    {
        var ids = Metadata.SortOrders.FirstOrDefault(order => order.OrderId == Metadata.DefaultSortOrderId)?.SourceIds ?? [];
        return [.. ids.Select(id => Metadata.CurrentSchema.Fields.FirstOrDefault(field => field.Id == id)?.Name).OfType<string>()];
    }
}
