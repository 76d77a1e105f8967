using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>Makes the changes of <see cref="SchemaChange"/> to a schema, one after the other.</summary>
internal sealed class SchemaAlteration(TableIdentifier table, TableMetadata metadata)
{
    /// <summary>Last id given to a column.</summary>
    public int LastColumnId { get; private set; } = metadata.LastColumnId;

    /// <summary>The schema after the changes.</summary>
    /// <exception cref="MeshException"><c>MESH8103</c> when one of them is not possible.</exception>
    public Schema Apply(IReadOnlyList<SchemaChange> changes)
    {
        IReadOnlyList<Field> fields = metadata.CurrentSchema.Fields;
        foreach (var change in changes) fields = ApplyIn(fields, change.Path.Split('.'), change, "");
        return fields.Count > 0 ? new Schema(fields) : throw Refused(changes[^1], "it is the last column");
    }

    private IReadOnlyList<Field> ApplyIn(IReadOnlyList<Field> fields, ReadOnlySpan<string> path, SchemaChange change, string above)
    {
        int index = IndexOf(fields, path[0]);
        if (path.Length > 1)
        {
            if (index < 0) throw Refused(change, $"there is no column '{above}{path[0]}'");
            var changed = fields.ToArray();
            changed[index] = fields[index] with { Type = ApplyBelow(fields[index].Type, path[1..], change, $"{above}{path[0]}.") };
            return changed;
        }

        if (change is AddColumn add)
        {
            if (index >= 0) throw Refused(change, "there is such a column already");
            var (field, last) = SchemaEvolution.AssignIds(table, new Field(path[0], add.Type) { Doc = add.Doc }, LastColumnId, above);
            LastColumnId = last;
            return [.. fields, field];
        }

        if (index < 0) throw Refused(change, $"there is none; there are: {string.Join(", ", fields.Select(field => field.Name))}");
        return Change(fields, index, change);
    }

    private DataType ApplyBelow(DataType type, ReadOnlySpan<string> path, SchemaChange change, string above)
    {
        switch (type)
        {
            case StructType structure:
                return new StructType(ApplyIn(structure.Fields, path, change, above));
            case ListType list when path[0] == "element":
                return new ListType(ApplyToOne(list.Element, path, change, above));
            case MapType map when path[0] == "value":
                return new MapType(map.Key, ApplyToOne(map.Value, path, change, above));
            default:
                throw Refused(change, $"'{above.TrimEnd('.')}' is a {IcebergTypes.ToText(type)}, in which there is no '{path[0]}' to change");
        }
    }

    /// <summary>The element of a list or the value of a map: it can be widened and made optional, and what is inside of it can change.</summary>
    private Field ApplyToOne(Field field, ReadOnlySpan<string> path, SchemaChange change, string above)
    {
        if (path.Length > 1) return field with { Type = ApplyBelow(field.Type, path[1..], change, $"{above}{path[0]}.") };
        return change is WidenColumn or MakeOptional ? Change([field], 0, change)[0] : throw Refused(change, "elements and values have a fixed name and place");
    }

    private IReadOnlyList<Field> Change(IReadOnlyList<Field> fields, int index, SchemaChange change)
    {
        var field = fields[index];
        var changed = fields.ToList();
        switch (change)
        {
            case RenameColumn rename:
                if (rename.Name.Length == 0) throw Refused(change, "the new name is empty");
                if (rename.Name != field.Name && IndexOf(fields, rename.Name) >= 0) throw Refused(change, $"there is a column '{rename.Name}' already");
                changed[index] = field with { Name = rename.Name };
                break;
            case DropColumn:
                RefuseIfUsed(field, change);
                changed.RemoveAt(index);
                if (changed.Count == 0) throw Refused(change, "it is the last of its struct");
                break;
            case WidenColumn widen:
                if (!field.Type.Equals(widen.Type) && !SchemaEvolution.Widens(field.Type, widen.Type)) throw Refused(change, $"{IcebergTypes.ToText(field.Type)} does not widen to {IcebergTypes.ToText(widen.Type)}");
                changed[index] = field with { Type = widen.Type };
                break;
            case MakeOptional:
                changed[index] = field with { Nullable = true };
                break;
            case MoveColumn move:
                if (move.After == field.Name) throw Refused(change, "it cannot come after itself");
                changed.RemoveAt(index);
                int after = move.After is null ? -1 : IndexOf(changed, move.After);
                if (move.After is not null && after < 0) throw Refused(change, $"there is no column '{move.After}' beside it");
                changed.Insert(after + 1, field);
                break;
            case DocumentColumn document:
                changed[index] = field with { Doc = document.Doc };
                break;
        }

        return changed;
    }

    private void RefuseIfUsed(Field field, SchemaChange change)
    {
        foreach (int id in Ids(field))
        {
            if (metadata.DefaultSpec.Fields.Any(by => by.SourceId == id && by.Transform != PartitionTransform.Void)) throw Refused(change, "the table is partitioned by it; change the partitioning first");
            if (metadata.DefaultSortOrder?.SourceIds.Contains(id) == true) throw Refused(change, "the table is sorted by it");
        }
    }

    private static IEnumerable<int> Ids(Field field) => field.Type is StructType structure ? structure.Fields.SelectMany(Ids).Prepend(field.Id) : [field.Id];

    private static int IndexOf(IReadOnlyList<Field> fields, string name)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == name) return i;
        }

        return -1;
    }

    private MeshException Refused(SchemaChange change, string why) => new(
        "MESH8103", $"Column '{change.Path}' of table {table} cannot be changed ({change.GetType().Name}): {why}. Correct the change and repeat it.");
}
