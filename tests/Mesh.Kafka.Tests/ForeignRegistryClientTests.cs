using Confluent.Kafka;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

/// <summary>The embedded registry and the wire format with a registry client that nobody here wrote.</summary>
public class ForeignRegistryClientTests
{
    [Fact]
    public async Task Kafkajs_registers_encodes_and_reads_what_mesh_wrote()
    {
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder["broker"]);
        using var serialiser = new ProtobufSerialiser<UploadAccepted>(kafka.Options, NullLogger.Instance);
        var context = new SerializationContext(MessageComponentType.Value, "js-proto");
        byte[] record = await serialiser.SerializeAsync(new UploadAccepted { IngestId = "from mesh", SizeBytes = 9 }, context);

        var result = await NodeScript.RunAsync("registry-kafkajs.mjs", kafka.Options.SchemaRegistryUrl, EventSchema.Of(UploadAccepted.Descriptor).ReadText(), Convert.ToHexString(record));

        result.GetProperty("avro").GetProperty("x").GetInt32().ShouldBe(7);
        result.GetProperty("json").GetProperty("name").GetString().ShouldBe("Ada");
        result.GetProperty("latestAvro").GetInt32().ShouldBe(result.GetProperty("ids").GetProperty("avro").GetInt32());
        result.GetProperty("refused").GetString()!.ShouldContain("409");
        result.GetProperty("decoded").GetProperty("ingestId").GetString()!.ShouldBe("from mesh");

        // The text it registered and the descriptor the serialiser registered are one schema.
        result.GetProperty("ids").GetProperty("upload").GetInt32().ShouldBe(System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(record.AsSpan(1)));
        byte[] theirs = Convert.FromHexString(result.GetProperty("proto").GetString()!);

        // This client leaves the message indexes out of Protobuf records, which Confluent's format demands: its message is whole, but no
        // reader of that format can take it for one, and Mesh says so.
        UploadAccepted.Parser.ParseFrom(theirs, 5, theirs.Length - 5).ShouldBe(new UploadAccepted { IngestId = "from js", SizeBytes = 42 });
        Should.Throw<InvalidDataException>(() => new ProtobufDeserialiser<UploadAccepted>().Deserialize(theirs, false, context)).Message.ShouldContain("not a mesh.events.v1.UploadAccepted");
    }
}
