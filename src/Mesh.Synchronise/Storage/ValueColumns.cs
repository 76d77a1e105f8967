using Mesh.Columnar;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise;

/// <summary>
/// The part of a message that goes into frames: its own fields without binary ones, at any depth. Images and point clouds would be most of
/// a frame's bytes a second time; <c>recording_id</c>, <c>channel</c> and <c>sequence</c> lead to their row.
/// </summary>
internal static class ValueColumns
{
    private static readonly HashSet<string> SystemNames = [.. SystemColumns.Fields.Select(field => field.Name)];

    /// <summary>Fields and columns of the values of a batch, all nullable.</summary>
    public static (StructType Type, ColumnVector[] Columns) Of(RecordBatch batch)
    {
        List<Field> fields = [];
        List<ColumnVector> columns = [];
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            var field = batch.Schema.Fields[i];
            if (SystemNames.Contains(field.Name) || Trim(field.Type) is not { } type) continue;
            fields.Add(field with { Type = type, Nullable = true, Id = 0 });
            columns.Add(Trim(batch.Columns[i], type));
        }

        return (new StructType(fields), [.. columns]);
    }

    private static DataType? Trim(DataType type)
    {
        switch (type)
        {
            case { Kind: TypeKind.Binary }:
                return null;
            case ListType list:
                return Trim(list.Element.Type) is { } element ? new ListType(list.Element with { Type = element, Nullable = true, Id = 0 }) : null;
            case StructType structure:
                List<Field> fields = [];
                foreach (var field in structure.Fields)
                {
                    if (Trim(field.Type) is { } kept) fields.Add(field with { Type = kept, Nullable = true, Id = 0 });
                }

                return fields.Count == 0 ? null : new StructType(fields);
            default:
                return type;
        }
    }

    /// <summary>The same vector under its trimmed type; buffers are shared, those of binary columns let go.</summary>
    private static ColumnVector Trim(ColumnVector vector, DataType trimmed)
    {
        if (trimmed is not (StructType or ListType)) return vector;

        List<ColumnVector> children = [];
        if (trimmed is ListType list) children.Add(Trim(vector.Children[0], list.Element.Type));
        else
        {
            var before = ((StructType)vector.Type).Fields;
            foreach (var field in ((StructType)trimmed).Fields)
            {
                int from = 0;
                while (before[from].Name != field.Name) from++;
                children.Add(Trim(vector.Children[from], field.Type));
            }
        }

        return new ColumnVector
        {
            Type = trimmed,
            Length = vector.Length,
            NullCount = vector.NullCount,
            Validity = vector.Validity,
            OffsetBytes = vector.OffsetBytes,
            Children = children,
        };
    }
}
