using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Formats.Tests.Messages;

public sealed class IdlSchemaTests
{
    private const string Everything = """
        ================================================================================
        IDL: pkg/msg/Root
        // generated from rosidl_adapter
        #include "pkg/msg/Other.idl"
        module pkg {
          module msg {
            typedef double double__3[3];
            module Root_Constants {
              const uint8 SIZE = 1 + 2;
              @verbatim (language="comment", text="it says (so)" "\n" "more")
              const string NAME = "x";
            };
            enum Colour { RED, @value(5) GREEN, BLUE };
            @bit_bound(8) enum Small { A, B };
            @bit_bound(16) bitmask Flags { @position(0) ONE, @position(3) FOUR };
            @verbatim (language="comment", text="The root")
            @final
            struct Base { @key uint32 id; };
            struct Root : Base {
              @unit (value="m")
              double__3 position;
              sequence<pkg::msg::Other, 4> others;
              sequence<sequence<long>> nested;
              long grid[2][Root_Constants::SIZE];
              string<5> name; wstring wide;
              Colour colour; Small small; Flags flags;
              boolean a, b;
              map<long, string> names;
              octet blob[4];
              @default (value=7) short last;
            };
          };
        };
        ================================================================================
        IDL: pkg/msg/Other
        module pkg { module msg { struct Other { long long ll; unsigned long ul; }; }; };
        """;

    private static MessageDecoder Decoder(string idl, string name = "pkg/msg/Root", MessageDecoderOptions? options = null) =>
        MessageDecoders.Create("cdr", new MessageSchema(name, "ros2idl", Encoding.UTF8.GetBytes(idl)), options);

    private static RecordBatch Decode(string idl, string payload, string name = "R") =>
        new DecodedRows(Decoder(idl, name)).Add(Convert.FromHexString(payload.Replace(" ", "", StringComparison.Ordinal))).Build();

    [Fact]
    public void Every_construct_becomes_the_column_type_of_the_data_model()
    {
        var type = Decoder(Everything).Type;
        string.Join(' ', type.Fields.Select(field => $"{field.Name}:{field.Type.Kind}")).ShouldBe(
            "id:Int64 position:List others:List nested:List grid:List name:Utf8 wide:Utf8 colour:Utf8 small:Utf8 flags:Int32 a:Boolean b:Boolean names:List blob:Binary last:Int32");
        ((ListType)((ListType)type.Fields[4].Type).Element.Type).Element.Type.ShouldBe(DataType.Int32);
        ((StructType)((ListType)type.Fields[12].Type).Element.Type).Fields.Select(field => field.Name).ShouldBe(["key", "value"]);
        Decoder(Everything, "pkg::msg::Other").Type.Fields.Count.ShouldBe(2);
        Decoder(Everything, "pkg/Other").Type.Fields.Count.ShouldBe(2);
    }

    [Fact]
    public void Nested_lists_enums_and_arrays_of_arrays_are_read()
    {
        const string Idl = "enum E { X, Y }; struct R { sequence<sequence<short>> s; octet pad; long g[2][2]; E e; E list[2]; };";
        var batch = Decode(Idl, "00010000 02000000 02000000 0100 0200 01000000 0300 09 00 01000000 02000000 03000000 04000000 01000000 00000000 07000000");
        batch["s"].Children[0].Offsets.ToArray().ShouldBe([0, 2, 3]);
        batch["s"].Children[0].Children[0].Values<int>().ToArray().ShouldBe([1, 2, 3]);
        batch["g"].Children[0].Children[0].Values<int>().ToArray().ShouldBe([1, 2, 3, 4]);
        batch["e"].GetString(0).ShouldBe("Y");
        batch["list"].Children[0].GetString(0).ShouldBe("X");
        batch["list"].Children[0].GetString(1).ShouldBe("7");
    }

    [Fact]
    public void Optional_members_are_null_when_they_are_absent()
    {
        const string Idl = "@final struct R { @optional long a; @optional string b; octet c; };";
        // XCDR2: a byte says whether the value is there.
        var batch = Decode(Idl, "00070000 01 000000 05000000 00 09");
        batch["a"].Values<int>()[0].ShouldBe(5);
        batch["b"].IsNull(0).ShouldBeTrue();
        batch["c"].Values<int>()[0].ShouldBe(9);
        // XCDR1: each is a parameter, empty when absent.
        batch = Decode(Idl, "00010000 0000 0400 05000000 0100 0000 09");
        batch["a"].Values<int>()[0].ShouldBe(5);
        batch["b"].IsNull(0).ShouldBeTrue();
        batch["c"].Values<int>()[0].ShouldBe(9);
    }

    [Fact]
    public void Mutable_members_come_in_any_order_and_absent_ones_are_their_defaults()
    {
        const string Idl = "@mutable struct R { @id(7) long a; @default(3) short b; @optional double c; octet d; };";
        // PL_CDR2: member 9 unknown (LC 0), member 8 = b absent, member 10 = d, member 7 = a with LC 4.
        var batch = Decode(Idl, "000b0000 1c000000 0b000000 ff 000000 0a000000 2a 000000 07000040 04000000 05000000");
        batch["a"].Values<int>()[0].ShouldBe(5);
        batch["b"].Values<int>()[0].ShouldBe(3);
        batch["c"].IsNull(0).ShouldBeTrue();
        batch["d"].Values<int>()[0].ShouldBe(0x2a);
        // An unknown member that must be understood makes the message unreadable.
        Should.Throw<MessageFormatException>(() => Decode(Idl, "000b0000 05000000 0b000080 ff")).Code.ShouldBe("MESH10317");
    }

    [Fact]
    public void Structs_that_grew_or_shrank_at_the_end_are_read_as_far_as_both_know()
    {
        const string Idl = "@appendable struct P { long x; long y; }; @appendable struct R { P p; octet tail; };";
        // P has only x; then P has a member more.
        var batch = Decode(Idl, "00090000 09000000 04000000 01000000 07");
        batch["p"].Children[0].Values<int>()[0].ShouldBe(1);
        batch["p"].Children[1].Values<int>()[0].ShouldBe(0);
        batch["tail"].Values<int>()[0].ShouldBe(7);
        batch = Decode(Idl, "00090000 11000000 0c000000 01000000 02000000 03000000 08");
        batch["p"].Children[1].Values<int>()[0].ShouldBe(2);
        batch["tail"].Values<int>()[0].ShouldBe(8);
    }

    [Fact]
    public void Of_a_union_the_case_that_the_discriminator_selects_is_not_null()
    {
        const string Idl = "enum K { A, B }; @final union U switch (K) { case K::A: long a; case B: string b; default: octet c; }; @final struct R { U u; octet tail; };";
        var batch = Decode(Idl, "00010000 01000000 02000000 7800 05");
        var union = batch["u"];
        union.Children[0].GetString(0).ShouldBe("B");
        union.Children[1].IsNull(0).ShouldBeTrue();
        union.Children[2].GetString(0).ShouldBe("x");
        union.Children[3].IsNull(0).ShouldBeTrue();
        batch["tail"].Values<int>()[0].ShouldBe(5);
        Decode(Idl, "00010000 09000000 04 05")["u"].Children[3].Values<int>()[0].ShouldBe(4);
    }

    [Theory]
    // "aé" as number of characters of four bytes, as number of 16-bit units, as bytes of 16-bit units; a number behind it.
    [InlineData("02000000 61000000 e9000000 07000000")]
    [InlineData("02000000 6100 e900 07000000")]
    [InlineData("04000000 6100 e900 07000000")]
    public void Wide_text_is_read_in_each_layout_in_use(string payload)
    {
        var rows = new DecodedRows(MessageDecoders.Create("cdr", DecodedRows.Ros2("a/msg/B", "wstring w\nint32 x")));
        for (int i = 0; i < 2; i++) rows.Add(Convert.FromHexString($"00010000{payload}".Replace(" ", "", StringComparison.Ordinal)));
        var batch = rows.Build();
        for (int i = 0; i < 2; i++)
        {
            batch["w"].GetString(i).ShouldBe("aé");
            batch["x"].Values<int>()[i].ShouldBe(7);
        }

        Should.Throw<MessageFormatException>(() => rows.Add([0, 1, 0, 0, 9, 0, 0, 0, 1]));
        rows.Rows.Length.ShouldBe(0);
    }

    [Fact]
    public void A_left_out_struct_cannot_unfold_without_bound()
    {
        const string Idl = "@appendable struct P { long x[1000]; }; @appendable struct R { sequence<P> p; };";
        byte[] payload = new byte[4 + 12 + 4000];
        payload[1] = 9;
        BitConverter.GetBytes(payload.Length - 8).CopyTo(payload, 4);
        BitConverter.GetBytes(payload.Length - 12).CopyTo(payload, 8);
        BitConverter.GetBytes(1000).CopyTo(payload, 12);
        var rows = new DecodedRows(Decoder(Idl, "R", new MessageDecoderOptions { MaxNestedValues = 100_000 }));
        Should.Throw<MessageFormatException>(() => rows.Add(payload)).Code.ShouldBe("MESH10316");
        new DecodedRows(Decoder(Idl, "R")).Add(payload).Build()["p"].Children[0].Children[0].Children[0].Length.ShouldBe(1_000_000);
    }

    [Theory]
    [InlineData("struct R { long a }", "MESH10301", "';'")]
    [InlineData("struct R {\nlong a;", "MESH10301", "line 2")]
    [InlineData("struct R { Foo a; };", "MESH10302", "Foo")]
    [InlineData("struct S { long a; };", "MESH10302", "R")]
    [InlineData("struct R { sequence<R> r; };", "MESH10303", "deeper")]
    [InlineData("typedef B A; typedef A B; struct R { A a; };", "MESH10303", "deeper")]
    [InlineData("struct R { long a[0]; };", "MESH10301", "size")]
    [InlineData("struct R { long a[X]; };", "MESH10301", "constant")]
    [InlineData("struct R { long a; long a; };", "MESH10301", "twice")]
    [InlineData("/* struct R { long a; };", "MESH10301", "comment")]
    [InlineData("R R R", "MESH10301", "declaration")]
    public void A_schema_that_does_not_parse_says_where(string idl, string code, string place)
    {
        var error = Should.Throw<MeshException>(() => Decoder(idl, "R"));
        error.Code.ShouldBe(code);
        error.Message.ShouldContain(place);
    }

    [Fact]
    public void Mutated_schemas_and_payloads_are_refused_or_read()
    {
        const string Idl = "enum K { A, B }; @mutable struct P { long x; @optional string y; sequence<short> z; }; "
            + "union U switch (K) { case A: long a; case B: P b; }; @appendable struct R { P p; sequence<P> ps; U u; map<long, string> m; double d[3]; };";
        byte[] sound = Encoding.UTF8.GetBytes(Idl);
        var random = new Random(23);
        int refused = 0, kept = 0;
        for (int round = 0; round < 4000; round++)
        {
            byte[] damaged = [.. sound];
            if (round % 2 == 0) "  @final"u8.CopyTo(damaged.AsSpan(Idl.IndexOf("@mutable", StringComparison.Ordinal)));
            for (int i = random.Next(0, 5); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)"{}<>()[];,:@0 a/*\"'"[random.Next(19)];
            try
            {
                var decoder = Decoder(Encoding.UTF8.GetString(damaged), "R");
                var rows = new DecodedRows(decoder);
                for (int i = 0; i < 10; i++)
                {
                    byte[] payload = new byte[random.Next(200)];
                    random.NextBytes(payload);
                    for (int j = 0; j < payload.Length; j++) if (random.Next(30) > 0) payload[j] = 0;
                    if (payload.Length > 1) (payload[0], payload[1]) = (0, (byte)random.Next(0x0c));
                    try
                    {
                        rows.Add(payload);
                        kept++;
                    }
                    catch (MessageFormatException)
                    {
                    }
                }
            }
            catch (MeshException error) when (error is not MessageFormatException)
            {
                error.Code.ShouldStartWith("MESH1030");
                refused++;
            }
        }

        refused.ShouldBeInRange(500, 3900);
        kept.ShouldBeGreaterThan(100);
    }
}
