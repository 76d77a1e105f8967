using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Commands.Rows;

/// <summary>
/// Rows as JSON objects, as subscribers see them: instants as ISO 8601, decimals as text, bytes as Base64, NaN and infinities as text.
/// </summary>
public static class RowJson
{
    /// <summary>Writes one row.</summary>
    public static void Write(Utf8JsonWriter json, RecordBatch batch, int row)
    {
        json.WriteStartObject();
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            json.WritePropertyName(batch.Schema.Fields[i].Name);
            WriteValue(json, batch.Columns[i], row);
        }

        json.WriteEndObject();
    }

    /// <summary>Writes one value.</summary>
    public static void WriteValue(Utf8JsonWriter json, ColumnVector column, int index)
    {
        if (column.IsNull(index))
        {
            json.WriteNullValue();
            return;
        }

        switch (column.Type.Kind)
        {
            case TypeKind.Boolean: json.WriteBooleanValue(column.GetBoolean(index)); break;
            case TypeKind.Int32: json.WriteNumberValue(column.Values<int>()[index]); break;
            case TypeKind.Int64: json.WriteNumberValue(column.Values<long>()[index]); break;
            case TypeKind.Float32: WriteNumber(json, column.Values<float>()[index]); break;
            case TypeKind.Float64: WriteNumber(json, column.Values<double>()[index]); break;
            case TypeKind.Utf8: json.WriteStringValue(column.GetBytes(index)); break;
            case TypeKind.Binary: json.WriteBase64StringValue(column.GetBytes(index)); break;
            case TypeKind.Date32: json.WriteStringValue(DateOnly.FromDayNumber(719_162 + column.Values<int>()[index]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case TypeKind.TimestampMicros: json.WriteStringValue(DateTime.UnixEpoch.AddTicks(column.Values<long>()[index] * 10).ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture)); break;
            case TypeKind.Decimal128: json.WriteStringValue(DecimalText(column.Values<Int128>()[index], ((DecimalType)column.Type).Scale)); break;
            case TypeKind.List: WriteList(json, column, index); break;
            case TypeKind.Struct: WriteStruct(json, column, index); break;
            default: throw new InvalidOperationException($"No JSON form for {column.Type.Kind}.");
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, double value)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteNumber(Utf8JsonWriter json, float value)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static string DecimalText(Int128 value, int scale)
    {
        if (scale == 0) return value.ToString(CultureInfo.InvariantCulture);
        string digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return $"{(value < 0 ? "-" : "")}{digits[..^scale]}.{digits[^scale..]}";
    }

    private static void WriteList(Utf8JsonWriter json, ColumnVector column, int index)
    {
        json.WriteStartArray();
        for (int i = column.Offsets[index]; i < column.Offsets[index + 1]; i++) WriteValue(json, column.Children[0], i);
        json.WriteEndArray();
    }

    private static void WriteStruct(Utf8JsonWriter json, ColumnVector column, int index)
    {
        var fields = ((StructType)column.Type).Fields;
        json.WriteStartObject();
        for (int i = 0; i < fields.Count; i++)
        {
            json.WritePropertyName(fields[i].Name);
            WriteValue(json, column.Children[i], index);
        }

        json.WriteEndObject();
    }
}
