using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg.Updates;

internal sealed partial class TableMetadataBuilder
{
    /// <summary>Ids above are the specification's own ("Reserved Field IDs").</summary>
    private const int MaxFieldId = int.MaxValue - 201;

    private const int MaxDepth = 32;

    private void Add(TableSchema schema)
    {
        var known = metadata.Schemas.FirstOrDefault(other => other.Schema.Equals(schema.Schema) && other.IdentifierFieldIds.SequenceEqual(schema.IdentifierFieldIds));
        if (known is not null)
        {
            lastAddedSchema = known.SchemaId;
            return;
        }

        var fields = FieldsById(schema.Schema);
        foreach (var (id, field) in fields) RequireSameMeaning(id, field);
        foreach (int id in schema.IdentifierFieldIds)
        {
            if (!fields.TryGetValue(id, out var field) || field.Nullable) throw Refused($"identifier field {id} is not a required column");
        }

        int schemaId = metadata.Schemas.Count == 0 ? 0 : metadata.Schemas.Max(other => other.SchemaId) + 1;
        lastAddedSchema = schemaId;
        metadata = metadata with
        {
            Schemas = [.. metadata.Schemas, schema with { SchemaId = schemaId }],
            LastColumnId = fields.Keys.Append(metadata.LastColumnId).Max(),
        };
    }

    private void RequireSameMeaning(int id, Field field)
    {
        if (id is <= 0 or > MaxFieldId) throw Refused($"column '{field.Name}' has the id {id}; ids are positive and below the specification's own");
        bool existed = false;

        // Newest first: a type has only ever grown wider.
        foreach (var schema in metadata.Schemas.OrderByDescending(schema => schema.SchemaId == metadata.CurrentSchemaId).ThenByDescending(schema => schema.SchemaId))
        {
            if (!FieldsById(schema.Schema).TryGetValue(id, out var before)) continue;
            if (before.Type.Kind != field.Type.Kind || IsPrimitive(before.Type))
            {
                if (!before.Type.Equals(field.Type) && !SchemaEvolution.Widens(before.Type, field.Type))
                {
                    throw Refused($"column id {id} is {IcebergTypes.ToText(before.Type)} '{before.Name}' and would become {IcebergTypes.ToText(field.Type)} '{field.Name}'");
                }
            }

            if (before.Nullable && !field.Nullable && metadata.Snapshots.Count > 0) throw Refused($"column '{field.Name}' is optional, and files without a value for it exist");
            existed = true;
            break;
        }

        if (existed) return;
        if (id <= metadata.LastColumnId) throw Refused($"column '{field.Name}' has the id {id}, which another column had; new columns begin at {metadata.LastColumnId + 1}");
        if (!field.Nullable && metadata.Snapshots.Count > 0) throw Refused($"the new column '{field.Name}' is required, and files without it exist");
    }

    private void RemoveSchemas(IReadOnlyList<int> ids)
    {
        foreach (int id in ids)
        {
            if (id == metadata.CurrentSchemaId) throw Refused("its current schema cannot be removed");
            if (metadata.Snapshots.Any(snapshot => snapshot.SchemaId == id)) throw Refused($"snapshots were written with schema {id}");
        }

        // A schema that alone still knows a column keeps the column's id from being given again.
        var rest = metadata.Schemas.Where(schema => !ids.Contains(schema.SchemaId)).ToList();
        metadata = metadata with { Schemas = rest };
    }

    private void Add(IReadOnlyList<UnboundPartitionField> fields)
    {
        var bound = new List<PartitionSpecField>();
        int last = metadata.LastPartitionId;
        var earlier = metadata.PartitionSpecs.SelectMany(spec => spec.Fields).ToList();
        foreach (var field in fields)
        {
            var same = earlier.FirstOrDefault(other => other.SourceId == field.SourceId && other.Transform == field.Transform && other.Parameter == field.Parameter);
            int id = field.FieldId ?? same?.FieldId ?? last + 1;
            if (id is < PartitionSpec.FirstFieldId or > MaxFieldId) throw Refused($"partition field '{field.Name}' has the id {id}; they begin at {PartitionSpec.FirstFieldId}");
            if (earlier.FirstOrDefault(other => other.FieldId == id) is { } before
                && (before.SourceId != field.SourceId || before.Transform != field.Transform || before.Parameter != field.Parameter))
            {
                throw Refused($"partition field id {id} is '{before.Name}' and would become '{field.Name}'");
            }

            if (bound.Any(other => other.FieldId == id || other.Name == field.Name)) throw Refused($"partition field '{field.Name}' occurs twice");
            last = Math.Max(last, id);
            bound.Add(new PartitionSpecField(field.SourceId, id, field.Name, field.Transform, field.Parameter));
        }

        if (metadata.PartitionSpecs.FirstOrDefault(spec => spec.Fields.SequenceEqual(bound)) is { } known)
        {
            lastAddedSpec = known.SpecId;
            return;
        }

        lastAddedSpec = metadata.PartitionSpecs.Count == 0 ? 0 : metadata.PartitionSpecs.Max(spec => spec.SpecId) + 1;
        metadata = metadata with { PartitionSpecs = [.. metadata.PartitionSpecs, new PartitionSpec(lastAddedSpec.Value, bound)], LastPartitionId = last };
    }

    private void Add(SortOrder order)
    {
        if (metadata.SortOrders.FirstOrDefault(known => known.Fields.SequenceEqual(order.Fields)) is { } same)
        {
            lastAddedOrder = same.OrderId;
            return;
        }

        // 0 is the unsorted order everywhere (specification, "Sorting").
        int id = order.Fields.Count == 0 ? 0 : Math.Max(1, metadata.SortOrders.Select(known => known.OrderId).DefaultIfEmpty(0).Max() + 1);
        lastAddedOrder = id;
        metadata = metadata with { SortOrders = [.. metadata.SortOrders, order with { OrderId = id }] };
    }

    /// <summary>Holds the default spec and the default sort order against the current schema.</summary>
    private void RequireFitting()
    {
        var schema = metadata.CurrentSchema;
        var columns = FieldsById(schema);
        foreach (var field in metadata.DefaultSpec.Fields)
        {
            var column = schema.Fields.FirstOrDefault(column => column.Id == field.SourceId)
                ?? throw Refused($"partition field '{field.Name}' is derived from column {field.SourceId}, which the schema does not have at its top level");
            PartitionTransforms.RequireApplicable(new PartitionField(column.Name, field.Transform, field.Parameter), column.Type);
            int clash = schema.IndexOf(field.Name);
            if (clash >= 0 && (field.Transform != PartitionTransform.Identity || schema.Fields[clash].Id != field.SourceId))
            {
                throw Refused($"partition field '{field.Name}' has the name of a column it is not");
            }
        }

        foreach (var field in metadata.DefaultSortOrder!.Fields)
        {
            if (!columns.ContainsKey(field.SourceId)) throw Refused($"it is sorted by column {field.SourceId}, which the schema does not have");
        }
    }

    /// <summary>Every field by its id, nested ones included.</summary>
    private Dictionary<int, Field> FieldsById(Schema schema)
    {
        var byId = new Dictionary<int, Field>();
        Collect(schema.Fields, 0);
        return byId;

        void Collect(IReadOnlyList<Field> fields, int depth)
        {
            if (depth > MaxDepth) throw Refused($"its types are nested deeper than {MaxDepth}");
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var field in fields)
            {
                if (field.Name.Length == 0 || !names.Add(field.Name)) throw Refused($"the column name '{field.Name}' is empty or occurs twice");
                if (!byId.TryAdd(field.Id, field)) throw Refused($"the column id {field.Id} occurs twice");
                Collect(ChildrenOf(field.Type), depth + 1);
            }
        }
    }

    public static IReadOnlyList<Field> ChildrenOf(DataType type) => type switch
    {
        StructType structure => structure.Fields,
        ListType list => [list.Element],
        MapType map => [map.Key, map.Value],
        _ => [],
    };

    private static bool IsPrimitive(DataType type) => type is not (StructType or ListType or MapType);
}
