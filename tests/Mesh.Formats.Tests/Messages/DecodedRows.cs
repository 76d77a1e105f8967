using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Mesh.Columnar;
using Mesh.Formats.Messages;

namespace Mesh.Formats.Tests.Messages;

/// <summary>Decodes payloads into a batch the way a stage does, and compares its values with another reader's JSON.</summary>
internal sealed class DecodedRows(MessageDecoder decoder)
{
    private readonly StructBuilder rows = new(decoder.Type);

    public static MessageSchema Ros2(string name, string text) => new(name, "ros2msg", Encoding.UTF8.GetBytes(text));

    public static DecodedRows ForRos2(string text, string name = "test/msg/Root") => new(MessageDecoders.Create("cdr", Ros2(name, text)));

    public StructBuilder Rows => rows;

    public ColumnBuilder[] Builders { get; private set; } = [];

    public DecodedRows Add(ReadOnlySpan<byte> payload)
    {
        if (Builders.Length == 0) Builders = [.. rows.Children];
        try
        {
            decoder.Decode(payload, Builders);
        }
        catch (MessageFormatException)
        {
            rows.DiscardOpenStruct();
            throw;
        }

        rows.EndStruct();
        return this;
    }

    public RecordBatch Build() => rows.BuildBatch();

    public static RecordBatch One(string ros2, byte[] payload) => ForRos2(ros2).Add(payload).Build();

    /// <summary>Throws when a value differs; a property the other reader leaves out must be null or a default.</summary>
    public static void ShouldEqual(ColumnVector column, int row, JsonElement expected, string path)
    {
        bool absent = expected.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null;
        if (column.IsNull(row))
        {
            absent.ShouldBeTrue($"{path} is null but should be {expected}");
            return;
        }

        switch (column.Type.Kind)
        {
            case TypeKind.Struct:
                if (absent) Assert.Fail($"{path} should be absent");
                for (int i = 0; i < column.Children.Count; i++)
                {
                    string name = ((StructType)column.Type).Fields[i].Name;
                    expected.TryGetProperty(name, out var child);
                    ShouldEqual(column.Children[i], row, child, $"{path}.{name}");
                }

                break;
            case TypeKind.List:
                ListShouldEqual(column, row, expected, path);
                break;
            case TypeKind.Binary:
                column.GetBytes(row).ToArray().ShouldBe(absent ? [] : [.. expected.EnumerateArray().Select(item => item.GetByte())], path);
                break;
            case TypeKind.Utf8:
                string text = column.GetString(row);
                if (absent) text.ShouldBeOneOf("", "UNKNOWN");
                else text.ShouldBe(expected.ToString(), path);
                break;
            case TypeKind.Boolean:
                column.GetBoolean(row).ShouldBe(!absent && (expected.ValueKind == JsonValueKind.True || (expected.ValueKind == JsonValueKind.Number && expected.GetInt32() != 0)), path);
                break;
            case TypeKind.Float32 or TypeKind.Float64:
                double value = column.Type.Kind == TypeKind.Float32 ? column.Values<float>()[row] : column.Values<double>()[row];
                double other = absent ? 0 : double.Parse(expected.ToString().Replace("Infinity", "∞", StringComparison.Ordinal), CultureInfo.InvariantCulture);
                if (column.Type.Kind == TypeKind.Float32) other = (float)other;
                value.ShouldBe(other, path);
                break;
            default:
                Int128 whole = column.Type.Kind switch
                {
                    TypeKind.Int32 => column.Values<int>()[row],
                    TypeKind.Int64 => column.Values<long>()[row],
                    _ => column.Values<Int128>()[row],
                };
                whole.ShouldBe(absent ? 0 : Int128.Parse(expected.ToString(), CultureInfo.InvariantCulture), path);
                break;
        }
    }

    private static void ListShouldEqual(ColumnVector column, int row, JsonElement expected, string path)
    {
        int from = column.Offsets[row], to = column.Offsets[row + 1];
        if (expected.ValueKind == JsonValueKind.Object)
        {
            // Other readers give maps as objects; ours are lists of entries in wire order.
            to.ShouldBe(from + expected.EnumerateObject().Count(), path);
            for (int i = from; i < to; i++)
            {
                var key = column.Children[0].Children[0];
                string name = key.Type.Kind == TypeKind.Utf8 ? key.GetString(i) : key.Values<long>()[i].ToString(CultureInfo.InvariantCulture);
                ShouldEqual(column.Children[0].Children[1], i, expected.GetProperty(name), $"{path}[{name}]");
            }

            return;
        }

        JsonElement[] items = expected.ValueKind == JsonValueKind.Array ? [.. expected.EnumerateArray()] : [];
        (to - from).ShouldBe(items.Length, path);
        for (int i = 0; i < items.Length; i++) ShouldEqual(column.Children[0], from + i, items[i], $"{path}[{i}]");
    }

    public static void RowShouldEqual(RecordBatch batch, int row, JsonElement expected, string path)
    {
        for (int i = 0; i < batch.Columns.Count; i++)
        {
            expected.TryGetProperty(batch.Schema.Fields[i].Name, out var value);
            ShouldEqual(batch.Columns[i], row, value, $"{path}.{batch.Schema.Fields[i].Name}");
        }
    }

    public static MessageSchema SchemaOf(MessageDescriptor descriptor) => ProtobufSchemas.Of(descriptor);
}
