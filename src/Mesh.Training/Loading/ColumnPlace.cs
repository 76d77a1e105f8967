using Mesh.Columnar;

namespace Mesh.Training.Loading;

/// <summary>Where a column is in batches of a schema: positions from the top down through structs.</summary>
internal sealed class ColumnPlace(int[] indexes)
{
    /// <summary>The place of a path; null when there is none.</summary>
    public static ColumnPlace? Find(Schema schema, string path) => Find(schema.Fields, path) is { } found ? new ColumnPlace(found) : null;

    /// <summary>Steps down to the column.</summary>
    public int Depth => indexes.Length;

    /// <summary>The vector at a depth: a struct's above the last.</summary>
    public ColumnVector At(RecordBatch batch, int depth)
    {
        var vector = batch.Columns[indexes[0]];
        for (int i = 1; i <= depth; i++) vector = vector.Children[indexes[i]];
        return vector;
    }

    /// <summary>The column's own vector.</summary>
    public ColumnVector Follow(RecordBatch batch) => At(batch, indexes.Length - 1);

    private static int[]? Find(IReadOnlyList<Field> fields, string path)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            string name = fields[i].Name;
            if (name == path) return [i];
            if (fields[i].Type is StructType structure && path.Length > name.Length && path[name.Length] == '.' && path.StartsWith(name, StringComparison.Ordinal)
                && Find(structure.Fields, path[(name.Length + 1)..]) is { } below)
            {
                return [i, .. below];
            }
        }

        return null;
    }
}
