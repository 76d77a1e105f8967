using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Manifests;

/// <summary>A partition spec with the types its values have in a table: what reading and writing a partition tuple takes.</summary>
internal sealed record PartitionLayout(PartitionSpec Spec, IReadOnlyList<Field?> Sources, IReadOnlyList<DataType> Types)
{
    /// <summary>The layout of a spec; a column that has been dropped since is found in the newest schema that had it.</summary>
    public static PartitionLayout Of(TableMetadata metadata, PartitionSpec spec)
    {
        var sources = spec.Fields.Select(field => FindColumn(metadata, field.SourceId)).ToArray();
        var types = spec.Fields.Select((field, index) => sources[index] is { } source
            ? field.Transform == PartitionTransform.Void ? DataType.Int32 : field.ResultType(source.Type)
            : field.Transform == PartitionTransform.Void ? DataType.Int32
            : throw new MeshException("MESH8110", $"Partition field '{field.Name}' is derived from column {field.SourceId}, which no schema of the table has. Restore the table's metadata."));
        return new PartitionLayout(spec, sources, [.. types]);
    }

    /// <exception cref="MeshException"><c>MESH8121</c> when the table has no such spec.</exception>
    public static PartitionLayout Of(TableMetadata metadata, int specId) => Of(metadata, metadata.PartitionSpecs.FirstOrDefault(known => known.SpecId == specId)
        ?? throw new MeshException("MESH8121", $"The table has files of partition spec {specId}, which its metadata lacks. Restore the table's metadata."));

    /// <summary>A column by id, also inside of structs, in the current schema or else the newest that has it.</summary>
    public static Field? FindColumn(TableMetadata metadata, int id)
    {
        if (FindColumn(metadata.CurrentSchema.Fields, id) is { } current) return current;
        for (int i = metadata.Schemas.Count - 1; i >= 0; i--)
        {
            if (FindColumn(metadata.Schemas[i].Schema.Fields, id) is { } field) return field;
        }

        return null;
    }

    private static Field? FindColumn(IReadOnlyList<Field> fields, int id)
    {
        foreach (var field in fields)
        {
            if (field.Id == id) return field;
            if (field.Type is StructType structure && FindColumn(structure.Fields, id) is { } nested) return nested;
        }

        return null;
    }
}
