using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;

namespace Mesh.Commands.Rows;

/// <summary>
/// Rows as JSON objects, as subscribers see them: instants and times as ISO 8601, decimals as text, bytes as Base64,
/// maps as lists of key and value, NaN and infinities as text or, where only numbers will do, as null.
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
    /// <param name="json">Takes it.</param>
    /// <param name="column">Its column.</param>
    /// <param name="index">Its row.</param>
    /// <param name="nonFiniteAsNull">Whether NaN and infinities become null instead of text.</param>
    public static void WriteValue(Utf8JsonWriter json, ColumnVector column, int index, bool nonFiniteAsNull = false)
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
            case TypeKind.Float32: WriteNumber(json, column.Values<float>()[index], nonFiniteAsNull); break;
            case TypeKind.Float64: WriteNumber(json, column.Values<double>()[index], nonFiniteAsNull); break;
            case TypeKind.Utf8: json.WriteStringValue(column.GetBytes(index)); break;
            case TypeKind.Binary: json.WriteBase64StringValue(column.GetBytes(index)); break;
            case TypeKind.Date32: json.WriteStringValue(DateOnly.FromDayNumber(719_162 + column.Values<int>()[index]).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)); break;
            case TypeKind.TimestampMicros: json.WriteStringValue(MicrosText(column.Values<long>()[index]) + "Z"); break;
            case TypeKind.TimestampNanos: json.WriteStringValue(NanosText(column.Values<long>()[index]) + "Z"); break;
            case TypeKind.LocalTimestampMicros: json.WriteStringValue(MicrosText(column.Values<long>()[index])); break;
            case TypeKind.LocalTimestampNanos: json.WriteStringValue(NanosText(column.Values<long>()[index])); break;
            case TypeKind.TimeMicros: json.WriteStringValue(new TimeOnly(column.Values<long>()[index] * 10).ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture)); break;
            case TypeKind.Float16: WriteNumber(json, (float)column.Values<Half>()[index], nonFiniteAsNull); break;
            case TypeKind.Uuid: json.WriteStringValue(new Guid(column.ValueBytes.Span.Slice(index * 16, 16), bigEndian: true)); break;
            case TypeKind.FixedBinary: json.WriteBase64StringValue(column.ValueBytes.Span.Slice(index * column.Type.ByteWidth, column.Type.ByteWidth)); break;
            case TypeKind.Decimal128: json.WriteStringValue(DecimalText(column.Values<Int128>()[index], ((DecimalType)column.Type).Scale)); break;
            case TypeKind.List: WriteList(json, column, index, nonFiniteAsNull); break;
            case TypeKind.Map: WriteMap(json, column, index, nonFiniteAsNull); break;
            case TypeKind.Struct: WriteStruct(json, column, index, nonFiniteAsNull); break;
            default: throw new InvalidOperationException($"No JSON form for {column.Type.Kind}.");
        }
    }

    private static string MicrosText(long micros) => DateTime.UnixEpoch.AddTicks(micros * 10).ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture);

    private static string NanosText(long nanos)
    {
        long micros = (long)Math.Floor(nanos / 1000m);
        return $"{MicrosText(micros)}{nanos - (micros * 1000):D3}";
    }

    private static void WriteNumber(Utf8JsonWriter json, double value, bool nonFiniteAsNull)
    {
        if (double.IsFinite(value)) json.WriteNumberValue(value);
        else if (nonFiniteAsNull) json.WriteNullValue();
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static void WriteNumber(Utf8JsonWriter json, float value, bool nonFiniteAsNull)
    {
        if (float.IsFinite(value)) json.WriteNumberValue(value);
        else if (nonFiniteAsNull) json.WriteNullValue();
        else json.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }

    private static string DecimalText(Int128 value, int scale)
    {
        if (scale == 0) return value.ToString(CultureInfo.InvariantCulture);
        string digits = Int128.Abs(value).ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return $"{(value < 0 ? "-" : "")}{digits[..^scale]}.{digits[^scale..]}";
    }

    private static void WriteList(Utf8JsonWriter json, ColumnVector column, int index, bool nonFiniteAsNull)
    {
        json.WriteStartArray();
        for (int i = column.Offsets[index]; i < column.Offsets[index + 1]; i++) WriteValue(json, column.Children[0], i, nonFiniteAsNull);
        json.WriteEndArray();
    }

    /// <summary>A list of entries: keys of any type have a place there, and so have keys that occur twice.</summary>
    private static void WriteMap(Utf8JsonWriter json, ColumnVector column, int index, bool nonFiniteAsNull)
    {
        json.WriteStartArray();
        for (int i = column.Offsets[index]; i < column.Offsets[index + 1]; i++)
        {
            json.WriteStartObject();
            json.WritePropertyName("key");
            WriteValue(json, column.Children[0].Children[0], i, nonFiniteAsNull);
            json.WritePropertyName("value");
            WriteValue(json, column.Children[0].Children[1], i, nonFiniteAsNull);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteStruct(Utf8JsonWriter json, ColumnVector column, int index, bool nonFiniteAsNull)
    {
        var fields = ((StructType)column.Type).Fields;
        json.WriteStartObject();
        for (int i = 0; i < fields.Count; i++)
        {
            json.WritePropertyName(fields[i].Name);
            WriteValue(json, column.Children[i], index, nonFiniteAsNull);
        }

        json.WriteEndObject();
    }
}
