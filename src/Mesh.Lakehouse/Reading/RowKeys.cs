using System.Buffers;
using System.Buffers.Binary;
using Mesh.Columnar;
using Mesh.Model;

namespace Mesh.Lakehouse.Reading;

/// <summary>Rows as byte strings that are equal when the values of some columns are, absent ones included.</summary>
internal sealed class RowKeys
{
    private readonly ArrayBufferWriter<byte> key = new(64);

    /// <summary>The key of a row; valid until the next.</summary>
    /// <exception cref="MeshException"><c>MESH8112</c> for columns of lists, maps and structs, which equality deletes do not compare.</exception>
    public ReadOnlySpan<byte> Of(IReadOnlyList<ColumnVector> columns, int row)
    {
        key.ResetWrittenCount();
        for (int i = 0; i < columns.Count; i++) Append(columns[i], row);
        return key.WrittenSpan;
    }

    private void Append(ColumnVector column, int row)
    {
        if (column.IsNull(row))
        {
            Write([0]);
            return;
        }

        Write([1]);
        switch (column.Type.Kind)
        {
            case TypeKind.Boolean:
                Write([column.GetBoolean(row) ? (byte)1 : (byte)0]);
                break;
            case TypeKind.Utf8 or TypeKind.Binary:
                var bytes = column.GetBytes(row);
                BinaryPrimitives.WriteInt32LittleEndian(key.GetSpan(sizeof(int)), bytes.Length);
                key.Advance(sizeof(int));
                Write(bytes);
                break;
            case TypeKind.List or TypeKind.Map or TypeKind.Struct:
                throw new MeshException("MESH8112", $"An equality delete compares a column of the type {column.Type.Kind}, which is not supported. Rewrite the table without it with the engine that made it.");
            case TypeKind.Float32:
                // All NaNs are one value, and so are both zeros.
                float single = column.Values<float>()[row];
                Write(BitConverter.GetBytes(float.IsNaN(single) ? float.NaN : single == 0 ? 0f : single));
                break;
            case TypeKind.Float64:
                double wide = column.Values<double>()[row];
                Write(BitConverter.GetBytes(double.IsNaN(wide) ? double.NaN : wide == 0 ? 0d : wide));
                break;
            default:
                int width = column.Type.ByteWidth;
                Write(column.ValueBytes.Span.Slice(row * width, width));
                break;
        }
    }

    private void Write(ReadOnlySpan<byte> bytes) => key.Write(bytes);
}

/// <summary>Keys of <see cref="RowKeys"/> in a set, looked up without a copy.</summary>
internal sealed class RowKeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static readonly RowKeyComparer Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = default(HashCode);
        hash.AddBytes(alternate);
        return hash.ToHashCode();
    }

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
}
