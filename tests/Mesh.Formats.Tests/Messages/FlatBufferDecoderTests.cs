using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Messages;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Formats.Tests.Messages;

public sealed class FlatBufferDecoderTests
{
    private static async Task<(MessageSchema Schema, List<byte[]> Payloads)> ReadAsync()
    {
        byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", "mcap", "enc_flatbuffer.mcap"), TestContext.Current.CancellationToken);
        await using var reader = await RecordingFormats.OpenAsync(new MemoryByteSource(bytes), TestContext.Current.CancellationToken);
        var payloads = new List<byte[]>();
        while (await reader.ReadBlockAsync(TestContext.Current.CancellationToken) is { } block)
        {
            foreach (var message in block.Messages.ToArray()) payloads.Add(block.Data.Slice(message.Offset, message.Length).ToArray());
        }

        return (reader.Channels[0].Schema!, payloads);
    }

    [Fact]
    public async Task Columns_are_in_the_order_of_the_declaration()
    {
        var type = MessageDecoders.Create("flatbuffer", (await ReadAsync()).Schema).Type;
        type.Fields.Take(4).Select(field => field.Name).ShouldBe(["a", "b", "c", "d"]);
        type.Fields.Single(field => field.Name == "color").Type.ShouldBe(DataType.Utf8);
        type.Fields.Single(field => field.Name == "data").Type.ShouldBe(DataType.Binary);
    }

    [Fact]
    public async Task Mutated_buffers_and_schemas_are_refused_or_read()
    {
        var (schema, payloads) = await ReadAsync();
        var random = new Random(31);
        var rows = new DecodedRows(MessageDecoders.Create("flatbuffer", schema));
        int kept = 0, schemas = 0;
        for (int round = 0; round < 6000; round++)
        {
            byte[] damaged = Damage(payloads[round % payloads.Count]);
            try
            {
                rows.Add(damaged);
                kept++;
            }
            catch (MessageFormatException)
            {
            }

            rows.Rows.Length.ShouldBe(kept);
            if (round % 100 == 0)
            {
                rows.Build();
                kept = 0;
            }

            try
            {
                var decoder = MessageDecoders.Create("flatbuffer", schema with { Data = Damage(schema.Data.ToArray()) });
                schemas++;
                new DecodedRows(decoder).Add(damaged);
            }
            catch (MeshException)
            {
            }
        }

        schemas.ShouldBeInRange(100, 5999);

        byte[] Damage(byte[] sound)
        {
            byte[] damaged = [.. sound];
            for (int i = random.Next(1, 6); i > 0; i--) damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (random.Next(5) == 0) damaged = damaged[..random.Next(damaged.Length)];
            return damaged;
        }
    }

    [Fact]
    public async Task A_small_buffer_cannot_unfold_without_bound()
    {
        // A vector whose elements all lead to one place: the bigger the vector the more often it is read.
        var (schema, payloads) = await ReadAsync();
        var rows = new DecodedRows(MessageDecoders.Create("flatbuffer", schema, new MessageDecoderOptions { MaxNestedValues = 20 }));
        Should.Throw<MessageFormatException>(() => rows.Add(payloads[1])).Code.ShouldBe("MESH10316");
    }

    [Theory]
    [InlineData("")]
    [InlineData("no flatbuffer at all")]
    [InlineData("\u0008\0\0\0BFBS\0\0\0\0")]
    public void A_schema_that_is_none_is_refused(string text) => Should.Throw<MeshException>(() => MessageDecoders.Create("flatbuffer", new MessageSchema("x", "flatbuffer", Encoding.Latin1.GetBytes(text)))).Code.ShouldBeOneOf("MESH10307", "MESH10302");
}
