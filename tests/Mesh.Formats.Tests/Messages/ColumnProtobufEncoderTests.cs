using System.Buffers;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Testing;

namespace Mesh.Formats.Tests.Messages;

public sealed class ColumnProtobufEncoderTests
{
    private static readonly StructType Type = new([
        new Field("ok", DataType.Boolean),
        new Field("count", DataType.Int32),
        new Field("total", DataType.Int64),
        new Field("f", DataType.Float32),
        new Field("d", DataType.Float64),
        new Field("unsigned", new DecimalType(20, 0)),
        new Field("price", new DecimalType(10, 2)),
        new Field("day", DataType.Date32),
        new Field("at", DataType.TimestampMicros),
        new Field("speed [km/h]", DataType.Utf8),
        new Field("data", DataType.Binary),
        new Field("numbers", new ListType(new Field("element", DataType.Int64))),
        new Field("names", new ListType(new Field("element", DataType.Utf8))),
        new Field("grid", new ListType(new Field("element", new ListType(new Field("element", DataType.Float64))))),
        new Field("point", new StructType([new Field("x", DataType.Float64), new Field("tags", new ListType(new Field("element", DataType.Utf8)))])),
        new Field("points", new ListType(new Field("element", new StructType([new Field("x", DataType.Float64), new Field("inner", new StructType([new Field("n", DataType.Int32)]))])))),
    ]);

    private static RecordBatch Rows()
    {
        var rows = new StructBuilder(Type);
        var c = rows.Children;
        for (int i = 0; i < 4; i++)
        {
            if (i == 3)
            {
                foreach (var child in c) child.AppendNull();
                rows.EndStruct();
                continue;
            }

            ((BooleanBuilder)c[0]).Append(i == 1);
            ((FixedWidthBuilder<int>)c[1]).Append(-i);
            ((FixedWidthBuilder<long>)c[2]).Append(i == 0 ? long.MinValue : i);
            ((FixedWidthBuilder<float>)c[3]).Append(i * 0.5f);
            ((FixedWidthBuilder<double>)c[4]).Append(i == 2 ? double.PositiveInfinity : -i * 0.25);
            ((FixedWidthBuilder<Int128>)c[5]).Append(i == 1 ? ulong.MaxValue : (ulong)i);
            ((FixedWidthBuilder<Int128>)c[6]).Append(i switch { 0 => 5, 1 => -12345, _ => 100 });
            ((FixedWidthBuilder<int>)c[7]).Append(20_000 + i);
            ((FixedWidthBuilder<long>)c[8]).Append(i switch { 0 => 1_767_600_000_123_456, 1 => -1, _ => 0 });
            ((BinaryBuilder)c[9]).Append($"é{new string('x', i * 100)}");
            ((BinaryBuilder)c[10]).Append([1, 2, (byte)i]);
            var numbers = (ListBuilder)c[11];
            for (int j = 0; j < i * 3; j++) ((FixedWidthBuilder<long>)numbers.Element).Append(j * -1000L);
            numbers.EndList();
            var names = (ListBuilder)c[12];
            for (int j = 0; j < i; j++) ((BinaryBuilder)names.Element).Append(j == 0 ? "" : "b");
            names.EndList();
            var grid = (ListBuilder)c[13];
            for (int j = 0; j < i; j++)
            {
                var line = (ListBuilder)grid.Element;
                for (int k = 0; k < j; k++) ((FixedWidthBuilder<double>)line.Element).Append(k + 0.5);
                line.EndList();
            }

            grid.EndList();
            var point = (StructBuilder)c[14];
            ((FixedWidthBuilder<double>)point.Children[0]).Append(i);
            ((BinaryBuilder)((ListBuilder)point.Children[1]).Element).Append("t");
            ((ListBuilder)point.Children[1]).EndList();
            point.EndStruct();
            var points = (ListBuilder)c[15];
            for (int j = 0; j < i; j++)
            {
                var element = (StructBuilder)points.Element;
                ((FixedWidthBuilder<double>)element.Children[0]).Append(j);
                ((FixedWidthBuilder<int>)((StructBuilder)element.Children[1]).Children[0]).Append(j - 1);
                ((StructBuilder)element.Children[1]).EndStruct();
                element.EndStruct();
            }

            points.EndList();
            rows.EndStruct();
        }

        return rows.BuildBatch();
    }

    private static (MessageSchema Schema, byte[][] Messages) Encode(RecordBatch batch)
    {
        var encoder = new ColumnProtobufEncoder(Type, "mesh.test.My Row");
        byte[][] messages = [.. Enumerable.Range(0, batch.Length).Select(row =>
        {
            var output = new ArrayBufferWriter<byte>();
            encoder.Encode(batch.Columns, row, output);
            return output.WrittenSpan.ToArray();
        })];
        return (encoder.Schema, messages);
    }

    [Fact]
    public async Task Protobufjs_reads_what_was_in_the_columns()
    {
        var (schema, messages) = Encode(Rows());
        schema.Name.ShouldBe("mesh.test.My_Row");
        string file = Path.GetTempFileName();
        JsonElement[] values;
        try
        {
            await File.WriteAllTextAsync(file, JsonSerializer.Serialize(new { name = schema.Name, schema = Convert.ToHexString(schema.Data.Span), payloads = messages.Select(Convert.ToHexString) }), TestContext.Current.CancellationToken);
            values = [.. (await NodeScript.RunAsync("messages-protobuf-read.mjs", file)).GetProperty("values").EnumerateArray()];
        }
        finally
        {
            File.Delete(file);
        }

        string[] expected =
        [
            """{"ok":false,"count":0,"total":"-9223372036854775808","f":0,"d":0,"unsigned":"0","price":"0.05","day":20000,"at":{"seconds":"1767600000","nanos":123456000},"speed [km/h]":"é","data":[1,2,0],"numbers":[],"names":[],"grid":[],"point":{"x":0,"tags":["t"]},"points":[]}""",
            $$$"""{"ok":true,"count":-1,"total":"1","f":0.5,"d":-0.25,"unsigned":"18446744073709551615","price":"-123.45","day":20001,"at":{"seconds":"-1","nanos":999999000},"speed [km/h]":"é{{{new string('x', 100)}}}","data":[1,2,1],"numbers":["0","-1000","-2000"],"names":[""],"grid":[{"items":[]}],"point":{"x":1,"tags":["t"]},"points":[{"x":0,"inner":{"n":-1}}]}""",
            $$$"""{"ok":false,"count":-2,"total":"2","f":1,"d":"Infinity","unsigned":"2","price":"1.00","day":20002,"at":{},"speed [km/h]":"é{{{new string('x', 200)}}}","data":[1,2,2],"numbers":["0","-1000","-2000","-3000","-4000","-5000"],"names":["","b"],"grid":[{"items":[]},{"items":[0.5]}],"point":{"x":2,"tags":["t"]},"points":[{"x":0,"inner":{"n":-1}},{"x":1,"inner":{"n":0}}]}""",
            """{"numbers":[],"names":[],"grid":[],"points":[]}""",
        ];
        values.Length.ShouldBe(4);
        for (int i = 0; i < 4; i++)
        {
            using var want = JsonDocument.Parse(expected[i]);
            foreach (var property in want.RootElement.EnumerateObject())
            {
                string name = values[i].EnumerateObject().Select(actual => actual.Name).FirstOrDefault(actual => Normal(actual) == Normal(property.Name)) ?? "";
                name.ShouldNotBeEmpty($"row {i}: {property.Name} in {values[i]}");
                JsonElement.DeepEquals(values[i].GetProperty(name), property.Value).ShouldBeTrue($"row {i}: {property.Name} is {values[i].GetProperty(name)}");
            }

            values[i].EnumerateObject().Count().ShouldBe(want.RootElement.EnumerateObject().Count(), $"row {i}: {values[i]}");
        }

        // protobufjs writes names in camel case.
        static string Normal(string name) => name.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant();
    }

    [Fact]
    public void Our_own_decoder_gives_the_columns_back()
    {
        var batch = Rows();
        var (schema, messages) = Encode(batch);
        var decoder = MessageDecoders.Create("protobuf", schema);
        var rows = new DecodedRows(decoder);
        foreach (byte[] message in messages) rows.Add(message);
        var back = rows.Build();
        foreach (string name in (string[])["ok", "count", "total", "f", "d", "unsigned", "data"])
        {
            back[name].Type.ShouldBe(batch[name].Type);
            back[name].NullCount.ShouldBe(1);
            back[name].ValueBytes.ToArray().ShouldBe(batch[name].ValueBytes.ToArray(), name);
        }

        back["numbers"].Children[0].ValueBytes.ToArray().ShouldBe(batch["numbers"].Children[0].ValueBytes.ToArray());
        back["point"].IsNull(3).ShouldBeTrue();
        back["points"].Children[0].Children[0].ValueBytes.ToArray().ShouldBe(batch["points"].Children[0].Children[0].ValueBytes.ToArray());
    }
}
