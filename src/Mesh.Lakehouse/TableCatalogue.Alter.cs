using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Changes columns, all or none, by field id: no file is written again.</summary>
    /// <exception cref="MeshException"><c>MESH8103</c> when a change is not possible; <c>MESH8107</c> (transient) when others kept changing the table.</exception>
    public async ValueTask<Table> AlterAsync(TableIdentifier identifier, IReadOnlyList<SchemaChange> changes, CancellationToken cancellationToken) =>
        (await ChangeAsync(
            identifier,
            state =>
            {
                var alteration = new SchemaAlteration(identifier, state.Metadata);
                var schema = alteration.Apply(changes);
                return ValueTask.FromResult(schema.Equals(state.Metadata.CurrentSchema)
                    ? null
                    : new TableChange(WithSchema(Succeed(state), schema, alteration.LastColumnId), []));
            },
            cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>
    /// Partitions what is added from now on in another way. Files that are there keep their spec, and are found by it; a field that was there
    /// before keeps its id.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8104</c> when a column is missing or its type does not have the transform.</exception>
    public async ValueTask<Table> RepartitionAsync(TableIdentifier identifier, IReadOnlyList<PartitionField> partitionBy, CancellationToken cancellationToken) =>
        (await ChangeAsync(
            identifier,
            state =>
            {
                var metadata = Succeed(state);
                var fields = new List<PartitionSpecField>();
                int lastId = metadata.LastPartitionId;
                foreach (var field in partitionBy)
                {
                    var column = ColumnOf(identifier, metadata.CurrentSchema, field.SourceColumn);
                    PartitionTransforms.RequireApplicable(field, column.Type);
                    var known = metadata.PartitionSpecs.SelectMany(spec => spec.Fields)
                        .FirstOrDefault(old => old.SourceId == column.Id && old.Transform == field.Transform && old.Parameter == field.Parameter);
                    string name = PartitionName(metadata.CurrentSchema, field);
                    while (fields.Any(other => other.Name == name)) name += "_";
                    fields.Add(new PartitionSpecField(column.Id, known?.FieldId ?? ++lastId, name, field.Transform, field.Parameter));
                }

                metadata = WithSpec(metadata, fields, out int specId) with { LastPartitionId = lastId, DefaultSpecId = specId };
                return ValueTask.FromResult(specId == state.Metadata.DefaultSpecId ? null : new TableChange(metadata, []));
            },
            cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>Metadata that has a spec of these fields.</summary>
    private static TableMetadata WithSpec(TableMetadata metadata, IReadOnlyList<PartitionSpecField> fields, out int specId)
    {
        var known = metadata.PartitionSpecs.FirstOrDefault(spec => spec.Fields.Select(field => field with { Name = "" }).SequenceEqual(fields.Select(field => field with { Name = "" })));
        specId = known?.SpecId ?? metadata.PartitionSpecs.Max(spec => spec.SpecId) + 1;
        return known is not null ? metadata : metadata with { PartitionSpecs = [.. metadata.PartitionSpecs, new PartitionSpec(specId, fields)] };
    }
}
