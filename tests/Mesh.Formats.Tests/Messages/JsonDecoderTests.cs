using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Formats.Tests.Messages;

public sealed class JsonDecoderTests
{
    private const string Schema = """
        {
          "$defs": { "vec": { "type": "object", "properties": { "x": { "type": "number" }, "y": { "type": "number" } } },
                     "tree": { "type": "object", "properties": { "child": { "$ref": "#/$defs/tree" }, "n": { "type": "integer" } } } },
          "type": "object",
          "properties": {
            "time": { "type": "object", "properties": { "sec": { "type": "integer" }, "nsec": { "type": "integer" } } },
            "name": { "type": ["string", "null"] },
            "ok": { "type": "boolean" },
            "data": { "type": "string", "contentEncoding": "base64" },
            "points": { "type": "array", "items": { "$ref": "#/$defs/vec" } },
            "maybe": { "oneOf": [ { "type": "null" }, { "type": "number" } ] },
            "either": { "type": ["string", "number"] },
            "free": { "type": "object" },
            "any": {},
            "tree": { "$ref": "#/$defs/tree" },
            "level": { "enum": ["low", "high"] },
            "count": { "type": "integer" }
          }
        }
        """;

    private static MessageDecoder Decoder(string schema = Schema, MessageDecoderOptions? options = null) =>
        MessageDecoders.Create("json", new MessageSchema("Test", "jsonschema", Encoding.UTF8.GetBytes(schema)), options);

    private static RecordBatch Decode(string json) => new DecodedRows(Decoder()).Add(Encoding.UTF8.GetBytes(json)).Build();

    [Fact]
    public void The_schema_gives_the_columns()
    {
        var type = Decoder().Type;
        string.Join(' ', type.Fields.Select(field => field.Type.Kind)).ShouldBe("Struct Utf8 Boolean Binary List Float64 Utf8 Utf8 Utf8 Struct Utf8 Int64");
        // A type within itself ends in text.
        ((StructType)type.Fields[9].Type).Fields.ShouldBe([new Field("child", DataType.Utf8), new Field("n", DataType.Int64)]);
    }

    [Fact]
    public void Values_go_to_their_columns_whatever_their_order()
    {
        var batch = Decode("""
            { "unknown": [1, {"a": 2}], "count": 5.0, "points": [{"y": 2, "x": 1}, {"x": 3e1}], "name": "a\u00e9\n", "ok": true, "data": "AQID",
              "maybe": 1.5, "either": "x", "free": {"k": [1, 2]}, "any": [true], "tree": {"child": {"n": 2}, "n": 1}, "level": "high", "time": {"sec": 7, "nsec": 9} }
            """);
        batch["count"].Values<long>()[0].ShouldBe(5);
        batch["points"].Children[0].Children[0].Values<double>().ToArray().ShouldBe([1, 30]);
        batch["points"].Children[0].Children[1].IsNull(1).ShouldBeTrue();
        batch["name"].GetString(0).ShouldBe("aé\n");
        batch["data"].GetBytes(0).ToArray().ShouldBe([1, 2, 3]);
        batch["either"].GetString(0).ShouldBe("\"x\"");
        batch["free"].GetString(0).ShouldBe("{\"k\": [1, 2]}");
        batch["any"].GetString(0).ShouldBe("[true]");
        batch["tree"].Children[0].GetString(0).ShouldBe("{\"n\": 2}");
        batch["time"].Children[1].Values<long>()[0].ShouldBe(9);
    }

    [Fact]
    public void Absent_and_null_properties_are_null_and_the_last_of_two_counts()
    {
        var batch = Decode("""{ "name": null, "maybe": null, "count": 1, "count": 2, "points": [{"x": 1}], "points": [] }""");
        batch["name"].IsNull(0).ShouldBeTrue();
        batch["maybe"].IsNull(0).ShouldBeTrue();
        batch["time"].IsNull(0).ShouldBeTrue();
        batch["count"].Values<long>()[0].ShouldBe(2);
        batch["points"].Children[0].Length.ShouldBe(0);
    }

    [Theory]
    [InlineData("""{ "count": "5" }""", "MESH10330")]
    [InlineData("""{ "count": 5.5 }""", "MESH10330")]
    [InlineData("""{ "count": 99999999999999999999 }""", "MESH10330")]
    [InlineData("""{ "ok": 1 }""", "MESH10330")]
    [InlineData("""{ "points": {} }""", "MESH10330")]
    [InlineData("""{ "data": "!" }""", "MESH10330")]
    [InlineData("[]", "MESH10330")]
    [InlineData("""{ "count": 5 """, "MESH10319")]
    [InlineData("""{ "count": 5 } x""", "MESH10319")]
    [InlineData("", "MESH10319")]
    [InlineData("""{ "name": "\ud800" }""", "MESH10314")]
    public void A_message_that_does_not_match_says_where(string json, string code) =>
        Should.Throw<MessageFormatException>(() => Decode(json)).Code.ShouldBe(code);

    [Fact]
    public void A_schema_that_is_not_json_is_refused_and_one_that_says_nothing_keeps_the_text()
    {
        Should.Throw<MeshException>(() => Decoder("{")).Code.ShouldBe("MESH10306");
        Should.Throw<MeshException>(() => Decoder(options: new MessageDecoderOptions { MaxFields = 3 })).Code.ShouldBe("MESH10304");
        foreach (string schema in (string[])["{}", "true", """{"type":"array"}""", """{"$ref":"#"}""", """{"$ref":"other.json"}"""])
        {
            Decoder(schema).Type.Fields.ShouldHaveSingleItem().ShouldBe(new Field("json", DataType.Utf8));
        }
    }

    [Fact]
    public void Mutated_messages_and_schemas_are_refused_or_read()
    {
        var random = new Random(17);
        var rows = new DecodedRows(Decoder());
        byte[] sound = Encoding.UTF8.GetBytes("""{ "count": 5, "points": [{"y": 2, "x": 1}, {"x": 3}], "name": "a\u00e9", "ok": true, "data": "AQID", "tree": {"child": {}, "n": 1} }""");
        byte[] schema = Encoding.UTF8.GetBytes(Schema);
        int kept = 0, schemas = 0;
        for (int round = 0; round < 5000; round++)
        {
            try
            {
                rows.Add(Damage(sound));
                kept++;
            }
            catch (MessageFormatException)
            {
            }

            rows.Rows.Length.ShouldBe(kept);
            try
            {
                MessageDecoders.Create("json", new MessageSchema("Test", "jsonschema", Damage(schema)));
                schemas++;
            }
            catch (MeshException error)
            {
                error.Code.ShouldStartWith("MESH1030");
            }
        }

        kept.ShouldBeInRange(1, 4999);
        schemas.ShouldBeInRange(1, 4999);
        rows.Build().Length.ShouldBe(kept);

        byte[] Damage(byte[] bytes)
        {
            byte[] damaged = [.. bytes];
            for (int i = random.Next(1, 4); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)"{}[]\",:0e9\\nt\xFF"[random.Next(14)];
            return damaged;
        }
    }
}
