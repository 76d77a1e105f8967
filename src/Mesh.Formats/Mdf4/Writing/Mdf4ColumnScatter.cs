using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Formats.Mdf4.Writing;

/// <summary>Puts the values of columns into records, column by column.</summary>
internal static class Mdf4ColumnScatter
{
    /// <summary>The column that a path leads to.</summary>
    public static ColumnVector Find(IReadOnlyList<ColumnVector> columns, int[] path)
    {
        var vector = columns[path[0]];
        for (int i = 1; i < path.Length; i++) vector = vector.Children[path[i]];
        return vector;
    }

    /// <summary>Fixed-width values of rows <paramref name="from"/> and following.</summary>
    /// <exception cref="RecordingFormatException"><c>MESH10273</c>: a decimal does not fit 64 bits.</exception>
    public static void Values(Mdf4ColumnPlan.Leaf leaf, ColumnVector vector, int from, int rows, Span<byte> records, int recordBytes)
    {
        switch (leaf.Kind)
        {
            case Mdf4ColumnKind.Four:
                Strided(vector.Values<uint>().Slice(from, rows), records[leaf.Offset..], recordBytes);
                break;
            case Mdf4ColumnKind.Eight:
                Strided(vector.Values<ulong>().Slice(from, rows), records[leaf.Offset..], recordBytes);
                break;
            case Mdf4ColumnKind.Boolean:
                for (int i = 0; i < rows; i++) records[(i * recordBytes) + leaf.Offset] = vector.GetBoolean(from + i) ? (byte)1 : (byte)0;
                break;
            default:
                Unsigned64(leaf, vector.Values<Int128>().Slice(from, rows), records[leaf.Offset..], recordBytes);
                break;
        }
    }

    /// <summary>Values of one width, one per record.</summary>
    public static void Strided<T>(ReadOnlySpan<T> values, Span<byte> records, int recordBytes) where T : unmanaged
    {
        for (int i = 0; i < values.Length; i++) MemoryMarshal.Write(records[(i * recordBytes)..], in values[i]);
    }

    /// <summary>Sets the invalidation bit of the rows where the value, or a struct around it, is absent.</summary>
    public static void Invalid(Mdf4ColumnPlan.Leaf leaf, IReadOnlyList<ColumnVector> columns, int from, int rows, Span<byte> records, int recordBytes, int dataBytes)
    {
        int at = dataBytes + (leaf.InvalidationBit >> 3);
        byte mask = (byte)(1 << (leaf.InvalidationBit & 7));
        var vector = columns[leaf.Path[0]];
        for (int depth = 0; ; depth++)
        {
            for (int i = 0; vector.NullCount > 0 && i < rows; i++)
            {
                if (vector.IsNull(from + i)) records[(i * recordBytes) + at] |= mask;
            }

            if (depth == leaf.Path.Length - 1) return;
            vector = vector.Children[leaf.Path[depth + 1]];
        }
    }

    /// <summary>Appends a variable-length value as it is stored: without its length; texts with their terminator.</summary>
    public static void Variable(Mdf4ColumnPlan.Leaf leaf, ColumnVector vector, int row, ArrayBufferWriter<byte> target)
    {
        target.ResetWrittenCount();
        if (vector.IsNull(row)) return;
        if (leaf.Kind != Mdf4ColumnKind.Json)
        {
            target.Write(vector.GetBytes(row));
        }
        else if (vector.Type is DecimalType type)
        {
            Encoding.UTF8.GetBytes(Decimal(vector.Values<Int128>()[row], type.Scale), target);
        }
        else
        {
            using var json = new Utf8JsonWriter(target);
            Json(json, vector, row);
        }

        if (leaf.Kind != Mdf4ColumnKind.Bytes) target.Write([(byte)0]);
    }

    private static void Unsigned64(Mdf4ColumnPlan.Leaf leaf, ReadOnlySpan<Int128> values, Span<byte> records, int recordBytes)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] < 0 || values[i] > ulong.MaxValue)
            {
                throw new RecordingFormatException("MESH10273", $"{values[i]} in column '{leaf.Name}' does not fit an unsigned 64-bit integer, which is what MDF 4 has for decimals of 20 digits.");
            }

            BinaryPrimitives.WriteUInt64LittleEndian(records[(i * recordBytes)..], (ulong)values[i]);
        }
    }

    private static void Json(Utf8JsonWriter json, ColumnVector vector, int row)
    {
        if (vector.IsNull(row))
        {
            json.WriteNullValue();
            return;
        }

        switch (vector.Type.Kind)
        {
            case TypeKind.Boolean: json.WriteBooleanValue(vector.GetBoolean(row)); break;
            case TypeKind.Int32 or TypeKind.Date32: json.WriteNumberValue(vector.Values<int>()[row]); break;
            case TypeKind.Int64 or TypeKind.TimestampMicros: json.WriteNumberValue(vector.Values<long>()[row]); break;
            case TypeKind.Float32: Number(json, vector.Values<float>()[row]); break;
            case TypeKind.Float64: Number(json, vector.Values<double>()[row]); break;
            case TypeKind.Decimal128: json.WriteRawValue(Decimal(vector.Values<Int128>()[row], ((DecimalType)vector.Type).Scale)); break;
            case TypeKind.Utf8: json.WriteStringValue(vector.GetBytes(row)); break;
            case TypeKind.Binary: json.WriteBase64StringValue(vector.GetBytes(row)); break;
            case TypeKind.List:
                json.WriteStartArray();
                var offsets = vector.Offsets;
                for (int i = offsets[row]; i < offsets[row + 1]; i++) Json(json, vector.Children[0], i);
                json.WriteEndArray();
                break;
            default:
                json.WriteStartObject();
                var fields = ((StructType)vector.Type).Fields;
                for (int i = 0; i < fields.Count; i++)
                {
                    json.WritePropertyName(fields[i].Name);
                    Json(json, vector.Children[i], row);
                }

                json.WriteEndObject();
                break;
        }
    }

    private static void Number(Utf8JsonWriter json, double value)
    {
        // JSON has no word for these.
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void Number(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static string Decimal(Int128 value, int scale)
    {
        if (scale <= 0) return value.ToString(CultureInfo.InvariantCulture);
        string digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return $"{(value < 0 ? "-" : "")}{digits.AsSpan(0, digits.Length - scale)}.{digits.AsSpan(digits.Length - scale)}";
    }
}
