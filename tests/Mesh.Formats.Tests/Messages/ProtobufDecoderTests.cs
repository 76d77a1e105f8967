using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;
using FieldType = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Type;
using Label = Google.Protobuf.Reflection.FieldDescriptorProto.Types.Label;

namespace Mesh.Formats.Tests.Messages;

public sealed class ProtobufDecoderTests
{
    /// <summary>message Root { repeated Item items = 1; Item one = 2; repeated int32 numbers = 3; oneof c { int32 a = 4; string b = 5; Item m = 6; } }</summary>
    private static MessageDecoder Items(MessageDecoderOptions? options = null)
    {
        var item = new DescriptorProto { Name = "Item", Field = { Field("id", 1, FieldType.Int32), Field("name", 2, FieldType.String) } };
        var root = new DescriptorProto
        {
            Name = "Root",
            Field =
            {
                Field("items", 1, FieldType.Message, repeated: true), Field("one", 2, FieldType.Message), Field("numbers", 3, FieldType.Int32, repeated: true),
                Field("a", 4, FieldType.Int32, oneof: true), Field("b", 5, FieldType.String, oneof: true), Field("m", 6, FieldType.Message, oneof: true),
            },
            OneofDecl = { new OneofDescriptorProto { Name = "c" } },
        };
        var file = new FileDescriptorProto { Name = "t.proto", Package = "t", Syntax = "proto3", MessageType = { root, item } };
        return MessageDecoders.Create("protobuf", new MessageSchema("t.Root", "protobuf", new FileDescriptorSet { File = { file } }.ToByteArray()), options);

        static FieldDescriptorProto Field(string name, int number, FieldType type, bool repeated = false, bool oneof = false)
        {
            var field = new FieldDescriptorProto { Name = name, Number = number, Type = type, Label = repeated ? Label.Repeated : Label.Optional };
            if (type == FieldType.Message) field.TypeName = ".t.Item";
            if (oneof) field.OneofIndex = 0;
            return field;
        }
    }

    private static RecordBatch Decode(string hex) => new DecodedRows(Items()).Add(Convert.FromHexString(hex)).Build();

    [Fact]
    public async Task Everything_protobufjs_writes_is_read_as_it_reads_it_itself()
    {
        var written = await NodeScript.RunAsync("messages-protobuf-write.mjs");
        var schema = new MessageSchema(written.GetProperty("name").GetString()!, "protobuf", Convert.FromHexString(written.GetProperty("schema").GetString()!));
        var rows = new DecodedRows(MessageDecoders.Create("protobuf", schema));
        var messages = written.GetProperty("messages").EnumerateArray().ToArray();
        foreach (var message in messages) rows.Add(Convert.FromHexString(message.GetProperty("payload").GetString()!));
        var batch = rows.Build();

        for (int i = 0; i < messages.Length; i++)
        {
            var value = messages[i].GetProperty("value");
            for (int column = 0; column < batch.Columns.Count; column++)
            {
                string name = batch.Schema.Fields[column].Name;
                value.TryGetProperty(name, out var expected);
                if (name is "colour" or "colours" or "tree") continue;
                DecodedRows.ShouldEqual(batch.Columns[column], i, expected, name);
            }
        }

        batch["u64"].Type.ShouldBe(new DecimalType(20, 0));
        Enumerable.Range(0, 3).Select(i => batch["colour"].GetString(i)).ShouldBe(["UNKNOWN", "BLUE", "42"]);
        Enumerable.Range(0, 3).Select(i => batch["colours"].Children[0].GetString(i)).ShouldBe(["RED", "UNKNOWN", "BLUE"]);
        batch["maybe"].IsNull(0).ShouldBeTrue();
        batch["maybe"].IsNull(1).ShouldBeFalse();
        batch["left"].IsNull(2).ShouldBeFalse("an empty text was chosen");
        batch["right"].IsNull(2).ShouldBeTrue();
        // The recursion is cut at the type's first return to itself.
        var tree = (StructType)batch["tree"].Type;
        ((ListType)tree.Fields[1].Type).Element.Type.ShouldBe(DataType.Binary);
        batch["tree"].Children[1].Children[0].GetBytes(0).ToArray().ShouldBe([0x0A, 4, .. "leaf"u8]);
    }

    [Fact]
    public void Googles_own_runtime_and_this_decoder_agree_on_a_proto2_message()
    {
        var set = FileDescriptorProto.Parser.ParseFrom(Timestamp.Descriptor.File.SerializedData);
        var rows = new DecodedRows(MessageDecoders.Create("protobuf", ProtobufSchemas.Of(FileDescriptorProto.Descriptor)));
        var batch = rows.Add(set.ToByteArray()).Build();

        batch["name"].GetString(0).ShouldBe("google/protobuf/timestamp.proto");
        batch["syntax"].GetString(0).ShouldBe("proto3");
        var message = batch["message_type"].Children[0];
        int fields = ((StructType)message.Type).Fields.ToList().FindIndex(field => field.Name == "field");
        var field = message.Children[fields].Children[0];
        var type = (StructType)field.Type;
        Column("name").GetString(0).ShouldBe("seconds");
        Column("type").GetString(0).ShouldBe("TYPE_INT64");
        Column("number").Values<int>()[1].ShouldBe(2);
        Column("oneof_index").IsNull(0).ShouldBeTrue();

        ColumnVector Column(string name) => field.Children[type.Fields.ToList().FindIndex(inner => inner.Name == name)];
    }

    [Fact]
    public void Repeated_values_that_lie_apart_are_one_list_and_packed_ones_join_them()
    {
        var batch = Decode("0a020801" + "1801" + "0a020802" + "1a020203" + "1804" + "0a00");
        batch["items"].Children[0].Children[0].Values<int>().ToArray().ShouldBe([1, 2, 0]);
        batch["numbers"].Children[0].Values<int>().ToArray().ShouldBe([1, 2, 3, 4]);
    }

    [Fact]
    public void The_last_scalar_wins_and_pieces_of_a_message_merge()
    {
        var batch = Decode("1202" + "0801" + "2005" + "1203" + "120178" + "2006");
        batch["one"].Children[0].Values<int>()[0].ShouldBe(1);
        batch["one"].Children[1].GetString(0).ShouldBe("x");
        batch["a"].Values<int>()[0].ShouldBe(6);
    }

    [Fact]
    public void Of_a_oneof_only_the_member_set_last_remains()
    {
        var batch = Decode("3202" + "0807" + "2005" + "3203" + "120179");
        batch["a"].IsNull(0).ShouldBeTrue();
        batch["b"].IsNull(0).ShouldBeTrue();
        batch["m"].Children[0].Values<int>()[0].ShouldBe(0, "the earlier piece was cleared when another member was set");
        batch["m"].Children[1].GetString(0).ShouldBe("y");
    }

    [Fact]
    public void Unknown_fields_groups_and_other_wire_types_are_skipped()
    {
        var batch = Decode("f83f01" + "7b" + "0805" + "7c" + "2501020304" + "2007");
        batch["a"].Values<int>()[0].ShouldBe(7);
    }

    [Theory]
    [InlineData("0a05", "MESH10315")]
    [InlineData("20ffffffffffffffffffffff01", "MESH10315")]
    [InlineData("0a", "MESH10315")]
    [InlineData("00", "MESH10315")]
    [InlineData("26", "MESH10315")]
    [InlineData("7c", "MESH10315")]
    [InlineData("7b0805", "MESH10315")]
    [InlineData("2a02c328", "MESH10314")]
    [InlineData("0affffffffffffffff7f", "MESH10315")]
    public void A_payload_that_breaks_the_wire_format_says_where(string hex, string code) =>
        Should.Throw<MessageFormatException>(() => Decode(hex)).Code.ShouldBe(code);

    [Fact]
    public void A_small_payload_cannot_unfold_without_bound()
    {
        byte[] bomb = new byte[2000];
        for (int i = 0; i < bomb.Length; i += 2) bomb[i] = 0x0A;
        var rows = new DecodedRows(Items(new MessageDecoderOptions { MaxNestedValues = 1000 }));
        Should.Throw<MessageFormatException>(() => rows.Add(bomb)).Code.ShouldBe("MESH10316");
        rows.Add([]).Build().Length.ShouldBe(1);
    }

    [Fact]
    public void A_schema_that_is_no_descriptor_set_or_lacks_the_message_is_refused()
    {
        Refused("x", [0xFF, 0xFF]).Code.ShouldBe("MESH10305");
        Refused("x.Y", []).Code.ShouldBe("MESH10302");

        var file = new FileDescriptorProto { Name = "f", MessageType = { new DescriptorProto { Name = "A", Field = { new FieldDescriptorProto { Name = "b", Number = 1, Type = FieldType.Message, TypeName = ".B" } } } } };
        Refused("A", new FileDescriptorSet { File = { file } }.ToByteArray()).Message.ShouldContain(".B");

        static MeshException Refused(string name, byte[] data) =>
            Should.Throw<MeshException>(() => MessageDecoders.Create("protobuf", new MessageSchema(name, "protobuf", data)));
    }

    [Fact]
    public void The_timestamp_field_is_the_stamp()
    {
        var stamped = new DescriptorProto
        {
            Name = "S",
            Field = { new FieldDescriptorProto { Name = "timestamp", Number = 9, Type = FieldType.Message, TypeName = ".google.protobuf.Timestamp", Label = Label.Optional } },
        };
        var own = new FileDescriptorProto { Name = "s.proto", Syntax = "proto3", MessageType = { stamped } };
        var set = new FileDescriptorSet { File = { FileDescriptorProto.Parser.ParseFrom(Timestamp.Descriptor.File.SerializedData), own } };
        var decoder = MessageDecoders.Create("protobuf", new MessageSchema("S", "protobuf", set.ToByteArray()));
        byte[] stamp = new Timestamp { Seconds = 1_767_600_000, Nanos = 5 }.ToByteArray();
        decoder.TryReadStampNs([0x4A, (byte)stamp.Length, .. stamp], out long stampNs).ShouldBeTrue();
        stampNs.ShouldBe(1_767_600_000_000_000_005);
        decoder.TryReadStampNs([], out _).ShouldBeFalse();
        decoder.TryReadStampNs([0x4A, 0x7F], out _).ShouldBeFalse();
    }

    [Fact]
    public void Mutated_payloads_and_schemas_are_refused_or_read()
    {
        var random = new Random(5);
        byte[] schema = ProtobufSchemas.Of(Google.Protobuf.WellKnownTypes.Type.Descriptor).Data.ToArray();
        byte[] payload = FileDescriptorProto.Parser.ParseFrom(Google.Protobuf.WellKnownTypes.Type.Descriptor.File.SerializedData).ToByteArray();
        var rows = new DecodedRows(MessageDecoders.Create("protobuf", ProtobufSchemas.Of(FileDescriptorProto.Descriptor)));
        int kept = 0, schemas = 0;
        for (int round = 0; round < 3000; round++)
        {
            try
            {
                rows.Add(Damage(payload));
                kept++;
            }
            catch (MessageFormatException)
            {
            }

            rows.Rows.Length.ShouldBe(kept);
            try
            {
                MessageDecoders.Create("protobuf", new MessageSchema("google.protobuf.Type", "protobuf", Damage(schema)));
                schemas++;
            }
            catch (MeshException)
            {
            }
        }

        kept.ShouldBeInRange(1, 2999);
        schemas.ShouldBeInRange(1, 2999);

        byte[] Damage(byte[] sound)
        {
            byte[] damaged = [.. sound];
            for (int i = random.Next(1, 4); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            return damaged;
        }
    }

    [Fact]
    public void Decoding_allocates_nothing_but_the_columns_growth()
    {
        var decoder = Items();
        var rows = new StructBuilder(decoder.Type);
        ColumnBuilder[] builders = [.. rows.Children];
        byte[] message = Convert.FromHexString("0a020801" + "1801" + "0a05080212016b" + "1a020203" + "12020805" + "2a0178");
        for (int i = 0; i < 5000; i++) DecodeOne();
        rows.Truncate(0);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 4000; i++) DecodeOne();
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(4000);

        void DecodeOne()
        {
            decoder.Decode(message, builders);
            rows.EndStruct();
        }
    }
}
