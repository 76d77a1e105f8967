using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Rows;

namespace Mesh.Commands.Tests.Rows;

public class RowJsonTests
{
    [Fact]
    public void Every_type_has_a_form_that_loses_nothing()
    {
        var point = new StructType([new Field("x", DataType.Float64)]);
        var rows = new StructBuilder(new StructType(
        [
            new Field("flag", DataType.Boolean), new Field("int", DataType.Int32), new Field("long", DataType.Int64), new Field("nan", DataType.Float64),
            new Field("text", DataType.Utf8), new Field("bytes", DataType.Binary), new Field("day", DataType.Date32), new Field("time", DataType.TimestampMicros),
            new Field("big", new DecimalType(20, 0)), new Field("small", new DecimalType(9, 2)), new Field("list", new ListType(new Field("element", DataType.Int32))),
            new Field("struct", point), new Field("none", DataType.Int32), new Field("half", DataType.Float16), new Field("nanos", DataType.TimestampNanos),
            new Field("local", DataType.LocalTimestampMicros), new Field("localNanos", DataType.LocalTimestampNanos), new Field("clock", DataType.TimeMicros),
            new Field("uuid", DataType.Uuid), new Field("fixed", new FixedBinaryType(3)),
            new Field("map", new MapType(new Field("key", DataType.Utf8, Nullable: false), new Field("value", DataType.Int32))),
        ]));
        ((BooleanBuilder)rows.Children[0]).Append(true);
        ((FixedWidthBuilder<int>)rows.Children[1]).Append(-5);
        ((FixedWidthBuilder<long>)rows.Children[2]).Append(long.MaxValue);
        ((FixedWidthBuilder<double>)rows.Children[3]).Append(double.NaN);
        ((BinaryBuilder)rows.Children[4]).Append("Größe");
        ((BinaryBuilder)rows.Children[5]).Append([1, 2, 255]);
        ((FixedWidthBuilder<int>)rows.Children[6]).Append(20_000);
        ((FixedWidthBuilder<long>)rows.Children[7]).Append(1_700_000_000_123_456);
        ((FixedWidthBuilder<Int128>)rows.Children[8]).Append(ulong.MaxValue);
        ((FixedWidthBuilder<Int128>)rows.Children[9]).Append(-5);
        var list = (ListBuilder)rows.Children[10];
        ((FixedWidthBuilder<int>)list.Element).Append([1, 2]);
        list.EndList();
        var nested = (StructBuilder)rows.Children[11];
        ((FixedWidthBuilder<double>)nested.Children[0]).Append(0.1);
        nested.EndStruct();
        rows.Children[12].AppendNull();
        ((FixedWidthBuilder<Half>)rows.Children[13]).Append((Half)0.5f);
        ((FixedWidthBuilder<long>)rows.Children[14]).Append(-1);
        ((FixedWidthBuilder<long>)rows.Children[15]).Append(1_700_000_000_123_456);
        ((FixedWidthBuilder<long>)rows.Children[16]).Append(1_700_000_000_123_456_789);
        ((FixedWidthBuilder<long>)rows.Children[17]).Append(86_399_999_999);
        ((FixedBinaryBuilder)rows.Children[18]).Append(Convert.FromHexString("00112233445566778899AABBCCDDEEFF"));
        ((FixedBinaryBuilder)rows.Children[19]).Append([1, 2, 255]);
        var map = (MapBuilder)rows.Children[20];
        ((BinaryBuilder)map.Entries.Children[0]).Append("a");
        map.Entries.Children[1].AppendNull();
        map.Entries.EndStruct();
        map.EndMap();
        rows.EndStruct();
        var buffer = new ArrayBufferWriter<byte>();

        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            RowJson.Write(json, rows.BuildBatch(), 0);
        }

        Encoding.UTF8.GetString(buffer.WrittenSpan).ShouldBe(
            """{"flag":true,"int":-5,"long":9223372036854775807,"nan":"NaN","text":"Größe","bytes":"AQL/","day":"2024-10-04","time":"2023-11-14T22:13:20.123456Z","big":"18446744073709551615","small":"-0.05","list":[1,2],"struct":{"x":0.1},"none":null,"half":0.5,"nanos":"1969-12-31T23:59:59.999999999Z","local":"2023-11-14T22:13:20.123456","localNanos":"2023-11-14T22:13:20.123456789","clock":"23:59:59.999999","uuid":"00112233-4455-6677-8899-aabbccddeeff","fixed":"AQL/","map":[{"key":"a","value":null}]}""");
    }
}
