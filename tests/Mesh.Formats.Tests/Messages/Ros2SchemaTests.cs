using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Formats.Tests.Messages;

public sealed class Ros2SchemaTests
{
    private static StructType TypeOf(string text, string name = "test/msg/Root") => MessageDecoders.Create("cdr", DecodedRows.Ros2(name, text)).Type;

    private static MeshException Refused(string text, MessageDecoderOptions? options = null) =>
        Should.Throw<MeshException>(() => MessageDecoders.Create("cdr", DecodedRows.Ros2("test/msg/Root", text), options));

    [Fact]
    public void Every_primitive_becomes_the_column_type_of_the_data_model()
    {
        var type = TypeOf("""
            bool a
            byte b
            char c
            float32 d
            float64 e
            int8 f
            uint8 g
            int16 h
            uint16 i
            int32 j
            uint32 k
            int64 l
            uint64 m
            string n
            uint8[] o
            char[4] p
            int8[] q
            float64[9] r
            string[<=3] s
            """);

        string.Join(' ', type.Fields.Select(field => field.Type.Kind)).ShouldBe(
            "Boolean Int32 Int32 Float32 Float64 Int32 Int32 Int32 Int32 Int32 Int64 Int64 Decimal128 Utf8 Binary Binary List List List");
        type.Fields[12].Type.ShouldBe(new DecimalType(20, 0));
        ((ListType)type.Fields[17].Type).Element.Type.ShouldBe(DataType.Float64);
    }

    [Fact]
    public void Constants_defaults_comments_bounds_and_line_ends_are_understood()
    {
        var type = TypeOf("# heading\r\nint32 A=1 # one\r\nstring B = \"x # y = z\"\nstring C='='\r\n\r\n  string<=10 name \"a = b\" # text\n"
            + "float64[<=5] values [1.0, 2.0]\nint32 x 5\nbool[2] flags [true, false]\nuint8 D=0xFF\n\tint8 tab\t-1");

        type.Fields.Select(field => field.Name).ShouldBe(["name", "values", "x", "flags", "tab"]);
    }

    [Fact]
    public void Short_names_are_found_in_the_own_package_then_among_the_standard_ones()
    {
        var type = TypeOf("""
            Header header
            Point point
            other/Point far
            other/msg/Point further
            time when
            duration how_long
            ================================================================================
            MSG: test/Point
            float64 own
            ================================================================================
            MSG: other/msg/Point
            float32 foreign
            """);

        Names(type.Fields[0]).ShouldBe(["stamp", "frame_id"]);
        Names(type.Fields[1]).ShouldBe(["own"]);
        Names(type.Fields[2]).ShouldBe(["foreign"]);
        Names(type.Fields[3]).ShouldBe(["foreign"]);
        Names(type.Fields[4]).ShouldBe(["sec", "nanosec"]);
        Names(type.Fields[5]).ShouldBe(["sec", "nanosec"]);

        static string[] Names(Field field) => [.. ((StructType)field.Type).Fields.Select(inner => inner.Name)];
    }

    [Fact]
    public void A_message_without_fields_has_no_columns_and_nested_it_has_rosidls_placeholder()
    {
        TypeOf("", "std_msgs/msg/Empty").Fields.ShouldBeEmpty();
        TypeOf("# only a comment").Fields.ShouldBeEmpty();
        var type = TypeOf("std_msgs/Empty nothing\n===\nMSG: std_msgs/Empty\n");
        ((StructType)type.Fields[0].Type).Fields.Single().Name.ShouldBe("structure_needs_at_least_one_member");
    }

    [Fact]
    public void What_cannot_be_understood_stays_bytes()
    {
        foreach (var decoder in new[]
        {
            MessageDecoders.Create("cdr", DecodedRows.Ros2("pkg/msg/Unknown", " \n")),
            MessageDecoders.Create("cdr", new MessageSchema("x", "ros2idl", " "u8.ToArray())),
            MessageDecoders.Create("cdr", new MessageSchema("x", "omgidl", "struct x { long double y; };"u8.ToArray())),
            MessageDecoders.Create("avro", new MessageSchema("x", "avro", "{}"u8.ToArray())),
            MessageDecoders.Create("", null),
        })
        {
            decoder.Type.Fields.Single().ShouldBe(new Field("data", DataType.Binary));
            new DecodedRows(decoder).Add([1, 2, 3]).Build()["data"].GetBytes(0).ToArray().ShouldBe([1, 2, 3]);
            decoder.TryReadStampNs([1, 2, 3], out _).ShouldBeFalse();
        }
    }

    [Fact]
    public void Columns_that_differ_in_case_alone_are_told_apart() =>
        TypeOf("float64 k\nfloat64 K").Fields.Select(field => field.Name).ShouldBe(["k", "K_"]);

    [Theory]
    [InlineData("int32", "MESH10301", "line 1")]
    [InlineData("int32 a\nint32 a", "MESH10301", "line 2")]
    [InlineData("int32 9a", "MESH10301", "line 1")]
    [InlineData("int32 a-b", "MESH10301", "line 1")]
    [InlineData("int32[x] a", "MESH10301", "not a size")]
    [InlineData("int32[0] a", "MESH10301", "not a size")]
    [InlineData("int32<=5 a", "MESH10301", "only text")]
    [InlineData("int32] a", "MESH10301", "no matching")]
    [InlineData("int$ a", "MESH10301", "not a type")]
    [InlineData("Foo X=1", "MESH10301", "primitive")]
    [InlineData("int32 a\n===\nint32 b", "MESH10301", "line 3")]
    [InlineData("int32 a\n===\n", "MESH10301", "MSG")]
    [InlineData("\nFoo foo", "MESH10302", "line 2")]
    [InlineData("Root root", "MESH10303", "contain themselves")]
    public void A_schema_that_does_not_parse_says_where(string text, string code, string place)
    {
        var error = Refused(text);
        error.Code.ShouldBe(code);
        error.Message.ShouldContain(place);
    }

    [Fact]
    public void A_schema_that_unfolds_without_end_is_refused_at_once()
    {
        string text = "L0 a\nL0 b";
        for (int i = 0; i < 30; i++) text += $"\n===\nMSG: test/L{i}\nL{i + 1} a\nL{i + 1} b";
        text += "\n===\nMSG: test/L30\nint32 x";
        Refused(text).Code.ShouldBe("MESH10304");
        Refused("int32 a\nint32 b", new MessageDecoderOptions { MaxFields = 1 }).Code.ShouldBe("MESH10304");
    }

    [Fact]
    public void Damaged_schemas_are_refused_or_read_but_never_break_anything()
    {
        byte[] sound = System.Text.Encoding.UTF8.GetBytes(
            "std_msgs/Header header\nPoint[<=4] points\nstring<=8 name \"n\"\nint32 X=5\nuint8[16] blob\n===\nMSG: test/Point\nfloat64 x\nfloat64[3] y\n");
        var random = new Random(7);
        int refused = 0;
        for (int round = 0; round < 5000; round++)
        {
            byte[] damaged = [.. sound];
            for (int i = random.Next(1, 6); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)"=[]<>/#\n 0z9M:"[random.Next(14)];
            if (random.Next(4) == 0) damaged = damaged[..random.Next(damaged.Length)];
            try
            {
                MessageDecoders.Create("cdr", new MessageSchema("test/msg/Root", "ros2msg", damaged)).Type.ShouldNotBeNull();
            }
            catch (MeshException error)
            {
                error.Code.ShouldStartWith("MESH1030");
                refused++;
            }
        }

        refused.ShouldBeInRange(500, 4999);
    }
}
