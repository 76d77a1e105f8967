using Mesh.Columnar;

namespace Mesh.Synchronise;

/// <summary>The schemas a channel's samples have, and the columns they have together.</summary>
internal sealed class ChannelSchemas
{
    private readonly List<StructType> schemas = [];
    private readonly List<long> firstSequences = [];

    /// <summary>By the index that blocks of samples name.</summary>
    public IReadOnlyList<StructType> All => schemas;

    /// <summary>Index of a schema, which is added when it is new.</summary>
    /// <param name="type">Fields of the samples.</param>
    /// <param name="firstSequence">Earliest of the samples: decides whose fields come first.</param>
    public int Add(StructType type, long firstSequence)
    {
        int index = schemas.IndexOf(type);
        if (index < 0)
        {
            index = schemas.Count;
            schemas.Add(type);
            firstSequences.Add(long.MaxValue);
        }

        firstSequences[index] = Math.Min(firstSequences[index], firstSequence);
        return index;
    }

    /// <summary>
    /// The fields of all schemas, those of the first recorded message first. A field that has another type in a later schema stays that of
    /// the earlier one.
    /// </summary>
    public StructType Fields()
    {
        List<Field> fields = [];
        foreach (int index in Order())
        {
            fields.AddRange(schemas[index].Fields.Where(field => !fields.Exists(known => known.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))));
        }

        return new StructType(fields);
    }

    /// <summary>By schema and field of <see cref="Fields"/> the column that holds it; -1 where a schema does not have it.</summary>
    public int[][] ColumnsOf(StructType fields) => [.. schemas.Select(schema => fields.Fields.Select(field => IndexOf(schema, field)).ToArray())];

    private static int IndexOf(StructType schema, Field field)
    {
        for (int i = 0; i < schema.Fields.Count; i++)
        {
            if (schema.Fields[i].Name == field.Name) return schema.Fields[i].Type.Equals(field.Type) ? i : -1;
        }

        return -1;
    }

    // By what was recorded, not by what arrived first.
    private IEnumerable<int> Order() => Enumerable.Range(0, schemas.Count).OrderBy(index => firstSequences[index]);
}
