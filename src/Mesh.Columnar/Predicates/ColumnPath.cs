namespace Mesh.Columnar;

/// <summary>Finds columns by paths as people write them: names with dots between; a name may hold dots itself.</summary>
internal static class ColumnPath
{
    /// <summary>Positions from the top-level column down through structs; null when there is no such column.</summary>
    public static int[]? Find(IReadOnlyList<Field> fields, string path)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            string name = fields[i].Name;
            if (path == name) return [i];
            if (fields[i].Type is StructType structure && path.Length > name.Length && path[name.Length] == '.' && path.StartsWith(name, StringComparison.Ordinal)
                && Find(structure.Fields, path[(name.Length + 1)..]) is { } below)
            {
                return [i, .. below];
            }
        }

        return null;
    }

    public static Field FieldAt(IReadOnlyList<Field> fields, ReadOnlySpan<int> indices)
    {
        var field = fields[indices[0]];
        return indices.Length == 1 ? field : FieldAt(((StructType)field.Type).Fields, indices[1..]);
    }
}
