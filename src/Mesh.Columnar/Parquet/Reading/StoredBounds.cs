using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Mesh.Columnar.Parquet;

/// <summary>Turns bounds as they are stored into those of the column.</summary>
internal static class StoredBounds
{
    public static ColumnBounds Of(ParquetNode node, byte[]? min, byte[]? max, long? nullCount, long? valueCount) =>
        new(node.Field.Type, Convert(node, min), Convert(node, max), nullCount, valueCount);

    /// <summary>A bound in the column's layout; null when it is not of the length it should have.</summary>
    private static byte[]? Convert(ParquetNode node, byte[]? stored)
    {
        // The order of these is not defined.
        if (stored is null || node.Stored == StoredForm.Int96) return null;
        switch (node.PhysicalType)
        {
            case PhysicalType.Boolean:
                return stored.Length == 1 ? stored : null;
            case PhysicalType.ByteArray or PhysicalType.FixedLenByteArray when node.Field.Type.Kind == TypeKind.Decimal128:
                if (stored.Length is 0 or > 16) return null;
                byte[] exact = new byte[16];
                BinaryPrimitives.WriteInt128LittleEndian(exact, StoredValues.ToDecimal(stored));
                return exact;
            case PhysicalType.ByteArray or PhysicalType.FixedLenByteArray:
                return stored;
            default:
                if (stored.Length != StoredValues.WidthOf(node)) return null;
                byte[] value = new byte[node.Field.Type.ByteWidth];
                if (value.Length == 16) StoredValues.Convert(node, stored, MemoryMarshal.Cast<byte, Int128>(value.AsSpan()));
                else if (node.Field.Type.Kind is TypeKind.Int32 or TypeKind.Date32 or TypeKind.Float32 or TypeKind.Float64) stored.CopyTo(value, 0);
                else if (node.Stored == StoredForm.Millis && node.PhysicalType == PhysicalType.Int64 && Math.Abs((decimal)BinaryPrimitives.ReadInt64LittleEndian(stored)) > long.MaxValue / 1000) return null;
                else StoredValues.Convert(node, stored, MemoryMarshal.Cast<byte, long>(value.AsSpan()));
                return value;
        }
    }
}
