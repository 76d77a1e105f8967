using Mesh.Columnar;

namespace Mesh.Commands.OnnxModels;

/// <summary>A column of numbers, perhaps inside structs, read as single-precision floats.</summary>
/// <param name="path">Its index among the top-level columns, then among the fields of each struct.</param>
internal sealed class NumberColumn(int[] path)
{
    /// <summary>Finds a column by its dotted name; null when there is none, or it holds no numbers.</summary>
    public static NumberColumn? Find(Schema schema, string name)
    {
        string[] parts = name.Split('.');
        int[] path = new int[parts.Length];
        var fields = schema.Fields;
        for (int depth = 0; depth < parts.Length; depth++)
        {
            path[depth] = -1;
            for (int i = 0; i < fields.Count && path[depth] < 0; i++)
            {
                if (fields[i].Name == parts[depth]) path[depth] = i;
            }

            if (path[depth] < 0) return null;
            var type = fields[path[depth]].Type;
            if (depth + 1 == parts.Length) return type.Kind is TypeKind.Float32 or TypeKind.Float64 or TypeKind.Float16 or TypeKind.Int32 or TypeKind.Int64 or TypeKind.Boolean ? new NumberColumn(path) : null;
            if (type is not StructType nested) return null;
            fields = nested.Fields;
        }

        return null;
    }

    /// <summary>Fills every <paramref name="step"/>th place; NaN where the value, or a struct around it, is absent.</summary>
    public void Read(RecordBatch batch, Span<float> target, int offset, int step)
    {
        var column = batch.Columns[path[0]];
        for (int depth = 1; depth < path.Length; depth++) column = column.Children[path[depth]];
        for (int row = 0; row < batch.Length; row++) target[offset + (row * step)] = ValueAt(column, row);
        column = batch.Columns[path[0]];
        for (int depth = 0; ; depth++)
        {
            for (int row = 0; column.NullCount > 0 && row < batch.Length; row++)
            {
                if (column.IsNull(row)) target[offset + (row * step)] = float.NaN;
            }

            if (depth + 1 == path.Length) return;
            column = column.Children[path[depth + 1]];
        }
    }

    private static float ValueAt(ColumnVector column, int row) => column.Type.Kind switch
    {
        TypeKind.Float32 => column.Values<float>()[row],
        TypeKind.Float64 => (float)column.Values<double>()[row],
        TypeKind.Float16 => (float)column.Values<Half>()[row],
        TypeKind.Int32 => column.Values<int>()[row],
        TypeKind.Int64 => column.Values<long>()[row],
        _ => column.GetBoolean(row) ? 1 : 0,
    };
}
