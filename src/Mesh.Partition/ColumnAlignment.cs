using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Partition;

/// <summary>
/// Brings a batch into the shape of its table: columns in table order with the table's field ids, those the batch lacks as nulls,
/// integers and floats widened where the table has become wider. Buffers are shared, not copied, where the type is the same.
/// </summary>
internal static class ColumnAlignment
{
    /// <exception cref="MeshException"><c>MESH4003</c> when a column cannot become the table's type.</exception>
    public static RecordBatch Align(RecordBatch batch, Schema target)
    {
        var columns = AlignFields(batch.Schema.Fields, batch.Columns, target.Fields, batch.Length, "");
        return new RecordBatch(target, batch.Length, columns);
    }

    private static ColumnVector[] AlignFields(
        IReadOnlyList<Field> fields, IReadOnlyList<ColumnVector> columns, IReadOnlyList<Field> targets, int length, string path)
    {
        var aligned = new ColumnVector[targets.Count];
        int used = 0;
        for (int i = 0; i < targets.Count; i++)
        {
            int index = IndexOf(fields, targets[i].Name, expected: i);
            if (index >= 0) used++;
            aligned[i] = index < 0 ? Nulls(targets[i].Type, length) : Align(columns[index], targets[i].Type, path + targets[i].Name);
        }

        // The table was made to fit the batch, so a column without a place would be silent loss.
        if (used != fields.Count)
        {
            string missing = string.Join(", ", fields.Select(field => path + field.Name).Where(name => targets.All(target => path + target.Name != name)));
            throw new MeshException("MESH4003", $"The table has no place for the columns {missing}; rename the fields so that they differ in more than case.");
        }

        return aligned;
    }

    private static ColumnVector Align(ColumnVector vector, DataType target, string path) => (vector.Type, target) switch
    {
        (StructType source, StructType structure) => new ColumnVector
        {
            Type = target,
            Length = vector.Length,
            NullCount = vector.NullCount,
            Validity = vector.Validity,
            Children = AlignFields(source.Fields, vector.Children, structure.Fields, vector.Length, path + "."),
        },
        (ListType, ListType list) => new ColumnVector
        {
            Type = target,
            Length = vector.Length,
            NullCount = vector.NullCount,
            Validity = vector.Validity,
            OffsetBytes = vector.OffsetBytes,
            Children = [Align(vector.Children[0], list.Element.Type, path + ".element")],
        },
        (DecimalType narrow, DecimalType wide) when narrow.Scale == wide.Scale && narrow.Precision <= wide.Precision => Retyped(vector, target, vector.ValueBytes),
        ({ Kind: TypeKind.Int32 }, { Kind: TypeKind.Int64 }) => Retyped(vector, target, Widen<int, long>(vector, value => value)),
        ({ Kind: TypeKind.Float32 }, { Kind: TypeKind.Float64 }) => Retyped(vector, target, Widen<float, double>(vector, value => value)),
        var (source, same) when source.Equals(same) => vector,
        _ => throw new MeshException("MESH4003", $"Column {path} holds {vector.Type.Kind} but its table wants {target.Kind}. Drop the table's column or rename the field."),
    };

    private static ColumnVector Retyped(ColumnVector vector, DataType type, ReadOnlyMemory<byte> values) => new()
    {
        Type = type,
        Length = vector.Length,
        NullCount = vector.NullCount,
        Validity = vector.Validity,
        ValueBytes = values,
    };

    private static byte[] Widen<TFrom, TTo>(ColumnVector vector, Func<TFrom, TTo> widen)
        where TFrom : unmanaged
        where TTo : unmanaged
    {
        var from = vector.Values<TFrom>();
        var to = new TTo[from.Length];
        for (int i = 0; i < to.Length; i++) to[i] = widen(from[i]);
        return MemoryMarshal.AsBytes(to.AsSpan()).ToArray();
    }

    private static ColumnVector Nulls(DataType type, int length) => new()
    {
        Type = type,
        Length = length,
        NullCount = length,
        Validity = new byte[(length + 7) >> 3],
        OffsetBytes = type.Kind is TypeKind.Utf8 or TypeKind.Binary or TypeKind.List ? new byte[(length + 1) * sizeof(int)] : default,
        ValueBytes = type.Kind == TypeKind.Boolean ? new byte[(length + 7) >> 3] : new byte[length * type.ByteWidth],
        Children = type switch
        {
            ListType list => [Nulls(list.Element.Type, 0)],
            StructType structure => [.. structure.Fields.Select(field => Nulls(field.Type, length))],
            _ => [],
        },
    };

    private static int IndexOf(IReadOnlyList<Field> fields, string name, int expected)
    {
        if (expected < fields.Count && fields[expected].Name == name) return expected;
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields[i].Name == name) return i;
        }

        return -1;
    }
}
