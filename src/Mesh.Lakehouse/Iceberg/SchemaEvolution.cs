using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// Assigns field ids and reconciles a table's schema with a definition (Iceberg specification, "Schema Evolution"). Columns are matched
/// by name, an id is given once and never again, and every step keeps older files readable.
/// </summary>
internal sealed class SchemaEvolution
{
    private readonly TableIdentifier table;
    private readonly SchemaChangePolicy policy;

    private SchemaEvolution(TableIdentifier table, SchemaChangePolicy policy, int lastColumnId)
    {
        this.table = table;
        this.policy = policy;
        LastColumnId = lastColumnId;
    }

    public int LastColumnId { get; private set; }

    /// <summary>Ids for a new table: the columns first, in order, then what is nested in them.</summary>
    public static (Schema Schema, int LastColumnId) AssignIds(TableIdentifier table, Schema schema)
    {
        var evolution = new SchemaEvolution(table, SchemaChangePolicy.Evolve, 0);
        return (new Schema(evolution.Assign(schema.Fields, "")), evolution.LastColumnId);
    }

    /// <summary>A new column with ids for it and all that is nested in it.</summary>
    public static (Field Field, int LastColumnId) AssignIds(TableIdentifier table, Field field, int lastColumnId, string path)
    {
        var evolution = new SchemaEvolution(table, SchemaChangePolicy.Evolve, lastColumnId);
        return (evolution.Assign([field], path)[0], evolution.LastColumnId);
    }

    /// <summary>The schema that fits both; the same instance when nothing has to change.</summary>
    /// <exception cref="MeshException"><c>MESH8103</c> when the policy forbids the change.</exception>
    public static (Schema Schema, int LastColumnId) Reconcile(
        TableIdentifier table, Schema current, int lastColumnId, Schema wanted, SchemaChangePolicy policy)
    {
        var evolution = new SchemaEvolution(table, policy, lastColumnId);
        var fields = evolution.ReconcileFields(current.Fields, wanted.Fields, "");
        return (fields.SequenceEqual(current.Fields) ? current : new Schema(fields), evolution.LastColumnId);
    }

    private List<Field> ReconcileFields(IReadOnlyList<Field> current, IReadOnlyList<Field> wanted, string path)
    {
        RefuseDuplicates(wanted, path);
        var byName = wanted.ToDictionary(field => field.Name, StringComparer.Ordinal);
        var fields = new List<Field>(current.Count);
        foreach (var field in current)
        {
            if (byName.Remove(field.Name, out var definition))
            {
                fields.Add(ReconcileField(field, definition, path + field.Name));
                continue;
            }

            // Columns nobody writes any more stay, for the rows that have them; the new rows have none.
            if (policy == SchemaChangePolicy.Refuse) throw Refused(path + field.Name, $"it is a {IcebergTypes.ToText(field.Type)} of the table and the messages no longer have it");
            fields.Add(field.Nullable ? field : MadeOptional(field, path + field.Name, "the messages no longer have it"));
        }

        var added = wanted.Where(field => byName.ContainsKey(field.Name)).ToList();
        if (added.Count == 0) return fields;
        if (policy == SchemaChangePolicy.Refuse) throw Refused(path + added[0].Name, $"it is a new {IcebergTypes.ToText(added[0].Type)}");

        // Older files have no values for it, so a new column is optional whatever the messages promise.
        fields.AddRange(Assign([.. added.Select(field => field with { Nullable = true })], path));
        return fields;
    }

    private Field ReconcileField(Field current, Field wanted, string path)
    {
        var type = ReconcileType(current.Type, wanted.Type, path);
        var field = type.Equals(current.Type) ? current : current with { Type = type };
        return wanted.Nullable && !current.Nullable ? MadeOptional(field, path, "the messages may lack it") : field;
    }

    private DataType ReconcileType(DataType current, DataType wanted, string path)
    {
        switch (current, wanted)
        {
            case (StructType structure, StructType other):
                return new StructType(ReconcileFields(structure.Fields, other.Fields, path + "."));
            case (ListType list, ListType other):
                return new ListType(ReconcileField(list.Element, other.Element, path + ".element"));
            case (MapType map, MapType other) when SameKey(map.Key.Type, other.Key.Type):
                return new MapType(map.Key, ReconcileField(map.Value, other.Value, path + ".value"));
        }

        if (current.Equals(wanted)) return current;
        if (Widens(wanted, current) && policy != SchemaChangePolicy.Refuse) return current;
        if (Widens(current, wanted) && policy == SchemaChangePolicy.Evolve) return wanted;
        throw Refused(path, $"it is {IcebergTypes.ToText(current)} in the table and {IcebergTypes.ToText(wanted)} in the messages");
    }

    /// <summary>Keys must stay what they are (specification, "Schema Evolution"); their ids and names do not count.</summary>
    private static bool SameKey(DataType current, DataType wanted) => IcebergTypes.ToText(current) == IcebergTypes.ToText(wanted);

    /// <summary>Promotions the specification allows: int to long, float to double, a decimal of more digits with the same scale.</summary>
    internal static bool Widens(DataType narrow, DataType wide) => (narrow, wide) switch
    {
        ({ Kind: TypeKind.Int32 }, { Kind: TypeKind.Int64 }) => true,
        ({ Kind: TypeKind.Float32 }, { Kind: TypeKind.Float64 }) => true,
        (DecimalType from, DecimalType to) => from.Scale == to.Scale && from.Precision < to.Precision,
        _ => false,
    };

    private Field MadeOptional(Field field, string path, string why) => policy == SchemaChangePolicy.Evolve
        ? field with { Nullable = true }
        : throw Refused(path, $"it is required in the table and {why}");

    private List<Field> Assign(IReadOnlyList<Field> fields, string path)
    {
        RefuseDuplicates(fields, path);
        var numbered = fields.Select(field => field with { Id = ++LastColumnId }).ToList();
        return [.. numbered.Select(field => field with { Type = AssignNested(field.Type, path + field.Name) })];
    }

    private DataType AssignNested(DataType type, string path)
    {
        switch (type)
        {
            case StructType structure:
                return new StructType(Assign(structure.Fields, path + "."));
            case ListType list:
                // Iceberg knows no name of an element; readers see "element", which is also Parquet's.
                var element = list.Element with { Name = "element", Id = ++LastColumnId, Doc = null };
                return new ListType(element with { Type = AssignNested(element.Type, path + ".element") });
            case MapType map:
                var key = map.Key with { Name = "key", Nullable = false, Id = ++LastColumnId, Doc = null };
                var value = map.Value with { Name = "value", Id = ++LastColumnId, Doc = null };
                return new MapType(key with { Type = AssignNested(key.Type, path + ".key") }, value with { Type = AssignNested(value.Type, path + ".value") });
            case { Kind: TypeKind.Float16 }:
                throw Refused(path, "it is a half-precision number, which Iceberg does not have; make it a float");
            default:
                return type;
        }
    }

    private void RefuseDuplicates(IReadOnlyList<Field> fields, string path)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var field in fields)
        {
            if (field.Name.Length == 0) throw Refused(path + "?", "it has no name");
            if (!names.Add(field.Name)) throw Refused(path + field.Name, "the name occurs twice");
        }
    }

    private MeshException Refused(string column, string what) => new(
        "MESH8103",
        $"Column '{column}' does not fit table {table} under the policy '{policy.ToString().ToLowerInvariant()}': {what}. "
        + "Write these messages to another table (name_v2), or allow the change with onSchemaChange: evolve.");
}
