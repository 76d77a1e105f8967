using System.Globalization;
using System.Text;

namespace Mesh.Columnar.Tests;

/// <summary>Batches row by row, as text that tells every value apart: what round trips are compared by.</summary>
internal static class Rows
{
    public static List<string> Of(IEnumerable<RecordBatch> batches)
    {
        var rows = new List<string>();
        foreach (var batch in batches)
        {
            for (int i = 0; i < batch.Length; i++) rows.Add(string.Join(" | ", batch.Columns.Select(column => Text(column, i))));
        }

        return rows;
    }

    public static string Text(ColumnVector vector, int index)
    {
        if (vector.IsNull(index)) return "null";
        return vector.Type.Kind switch
        {
            TypeKind.Boolean => vector.GetBoolean(index) ? "true" : "false",
            TypeKind.Int32 or TypeKind.Date32 => vector.Values<int>()[index].ToString(CultureInfo.InvariantCulture),
            TypeKind.Int64 or TypeKind.TimestampMicros or TypeKind.TimestampNanos or TypeKind.LocalTimestampMicros or TypeKind.LocalTimestampNanos
                or TypeKind.TimeMicros => vector.Values<long>()[index].ToString(CultureInfo.InvariantCulture),
            TypeKind.Float32 => BitConverter.SingleToUInt32Bits(vector.Values<float>()[index]).ToString("x8", CultureInfo.InvariantCulture),
            TypeKind.Float64 => BitConverter.DoubleToUInt64Bits(vector.Values<double>()[index]).ToString("x16", CultureInfo.InvariantCulture),
            TypeKind.Float16 => BitConverter.HalfToUInt16Bits(vector.Values<Half>()[index]).ToString("x4", CultureInfo.InvariantCulture),
            TypeKind.Uuid or TypeKind.FixedBinary => "x" + Convert.ToHexString(vector.ValueBytes.Span.Slice(index * vector.Type.ByteWidth, vector.Type.ByteWidth)),
            TypeKind.Decimal128 => vector.Values<Int128>()[index].ToString(CultureInfo.InvariantCulture),
            TypeKind.Utf8 => $"\"{vector.GetString(index)}\"",
            TypeKind.Binary => "x" + Convert.ToHexString(vector.GetBytes(index)),
            TypeKind.List or TypeKind.Map => ListText(vector, index),
            _ => "{" + string.Join(", ", vector.Children.Select(child => Text(child, index))) + "}",
        };
    }

    private static string ListText(ColumnVector vector, int index)
    {
        var text = new StringBuilder("[");
        int from = vector.Offsets[index], to = vector.Offsets[index + 1];
        for (int i = from; i < to; i++) text.Append(i > from ? ", " : "").Append(Text(vector.Children[0], i));
        return text.Append(']').ToString();
    }
}
