using System.Runtime.InteropServices;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Iceberg;

/// <summary>
/// Turns columns of a file into columns of the table's current schema (Iceberg specification, "Column Projection"): matched by field
/// id, renamed, widened, filled with nulls where the file has none.
/// </summary>
internal static class ColumnProjection
{
    /// <summary>The file's field for a field of the table; by name only in files without ids.</summary>
    public static Field? Find(IReadOnlyList<Field> fileFields, Field wanted)
    {
        foreach (var field in fileFields)
        {
            if (field.Id != 0 ? field.Id == wanted.Id : field.Name == wanted.Name) return field;
        }

        return null;
    }

    /// <exception cref="MeshException"><c>MESH8113</c> when the types do not go together.</exception>
    public static ColumnVector Adapt(ColumnVector column, DataType from, DataType to, string path)
    {
        if (from.Equals(to) && column.Type.Equals(to)) return column;
        switch (from, to)
        {
            case (StructType fileType, StructType tableType):
                var children = tableType.Fields.Select(field =>
                {
                    int index = Find(fileType.Fields, field) is { } found ? IndexOf(fileType.Fields, found) : -1;
                    return index < 0
                        ? Nulls(field.Type, column.Length)
                        : Adapt(column.Children[index], fileType.Fields[index].Type, field.Type, $"{path}.{field.Name}");
                });
                return Retyped(column, to, [.. children]);
            case (ListType fileType, ListType tableType):
                return Retyped(column, to, [Adapt(column.Children[0], fileType.Element.Type, tableType.Element.Type, path + ".element")]);
            case (MapType fileType, MapType tableType):
                return Retyped(column, to, [Adapt(column.Children[0], fileType.Entries.Type, tableType.Entries.Type, path)]);
            case ({ Kind: TypeKind.Int32 }, { Kind: TypeKind.Int64 }):
                return Widened(column, to, MemoryMarshal.Cast<byte, int>(column.ValueBytes.Span), value => (long)value);
            case ({ Kind: TypeKind.Float32 }, { Kind: TypeKind.Float64 }):
                return Widened(column, to, MemoryMarshal.Cast<byte, float>(column.ValueBytes.Span), value => (double)value);
            case (DecimalType file, DecimalType table) when file.Scale == table.Scale && file.Precision <= table.Precision:
                return Retyped(column, to, []);
            default:
                if (from.Equals(to)) return Retyped(column, to, column.Children);
                throw new MeshException("MESH8113",
                    $"Column '{path}' is {IcebergTypes.ToText(from)} in the file and {IcebergTypes.ToText(to)} in the table. Rewrite the file or read an older snapshot.");
        }
    }

    /// <summary>A column of nulls.</summary>
    public static ColumnVector Nulls(DataType type, int length) => new()
    {
        Type = type,
        Length = length,
        NullCount = length,
        Validity = length == 0 ? default : new byte[(length + 7) / 8],
        OffsetBytes = type.Kind is TypeKind.Utf8 or TypeKind.Binary or TypeKind.List or TypeKind.Map ? new byte[(length + 1) * sizeof(int)] : default,
        ValueBytes = type.Kind == TypeKind.Boolean ? new byte[(length + 7) / 8] : new byte[length * type.ByteWidth],
        Children = type switch
        {
            ListType list => [Nulls(list.Element.Type, 0)],
            MapType map => [Nulls(map.Entries.Type, 0)],
            StructType structure => [.. structure.Fields.Select(field => Nulls(field.Type, length))],
            _ => [],
        },
    };

    /// <summary>A column of one value; of nulls when it is null.</summary>
    public static ColumnVector Constant(DataType type, object? value, int length)
    {
        if (value is null) return Nulls(type, length);
        byte[] bytes = SingleValues.ToVectorBytes(value, type);
        if (type.Kind == TypeKind.Boolean)
        {
            byte[] bits = new byte[(length + 7) / 8];
            bits.AsSpan().Fill(bytes[0] != 0 ? (byte)0xFF : (byte)0);
            return new ColumnVector { Type = type, Length = length, ValueBytes = bits };
        }

        byte[] values = new byte[checked(bytes.Length * length)];
        for (int i = 0; i < length; i++) bytes.CopyTo(values, i * bytes.Length);
        if (type.Kind is not (TypeKind.Utf8 or TypeKind.Binary)) return new ColumnVector { Type = type, Length = length, ValueBytes = values };
        int[] offsets = new int[length + 1];
        for (int i = 0; i < offsets.Length; i++) offsets[i] = i * bytes.Length;
        return new ColumnVector { Type = type, Length = length, OffsetBytes = MemoryMarshal.AsBytes(offsets.AsSpan()).ToArray(), ValueBytes = values };
    }

    private static ColumnVector Widened<TFrom, TTo>(ColumnVector column, DataType to, ReadOnlySpan<TFrom> values, Func<TFrom, TTo> widen)
        where TFrom : unmanaged where TTo : unmanaged
    {
        var wide = new TTo[column.Length];
        for (int i = 0; i < wide.Length; i++) wide[i] = widen(values[i]);
        return new ColumnVector
        {
            Type = to, Length = column.Length, NullCount = column.NullCount, Validity = column.Validity,
            ValueBytes = MemoryMarshal.AsBytes(wide.AsSpan()).ToArray(),
        };
    }

    private static ColumnVector Retyped(ColumnVector column, DataType type, IReadOnlyList<ColumnVector> children) => new()
    {
        Type = type, Length = column.Length, NullCount = column.NullCount, Validity = column.Validity,
        OffsetBytes = column.OffsetBytes, ValueBytes = column.ValueBytes, Children = children,
    };

    private static int IndexOf(IReadOnlyList<Field> fields, Field field)
    {
        for (int i = 0; i < fields.Count; i++)
        {
            if (ReferenceEquals(fields[i], field)) return i;
        }

        return -1;
    }
}
