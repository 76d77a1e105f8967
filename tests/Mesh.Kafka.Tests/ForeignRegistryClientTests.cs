using System.Text.Json;
using Confluent.Kafka;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Mesh.Kafka.Events;
using Mesh.Kafka.Testing;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

/// <summary>The embedded registry and the wire format with registry clients that nobody here wrote.</summary>
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

    [Fact]
    public async Task Confluents_python_client_keeps_schemas_and_exchanges_records_with_mesh()
    {
        const string python = "/usr/bin/python3";
        string[] packages = ["confluent_kafka", "requests", "google/protobuf", "jsonschema", "avro"];
        Assert.SkipUnless(
            File.Exists(python) && packages.All(package => Directory.Exists("/usr/lib/python3/dist-packages/" + package)),
            "needs Debian's Python clients: apt-get install python3-confluent-kafka python3-requests python3-protobuf python3-jsonschema python3-avro");
        using var folder = new TemporaryFolder();
        await using var kafka = await EmbeddedKafka.StartAsync(folder["broker"]);
        await WriteAsync(kafka.Options, "py-upload-in", new UploadAccepted { IngestId = "from mesh", SizeBytes = 9 });
        await WriteAsync(kafka.Options, "py-api-in", ApiOf("from mesh", "mesh.proto"));

        string printed = await ToolProcess.RunAsync(
            python, Path.Combine(Repository.Root, "tests", "foreign", "registry-confluent.py"), kafka.Options.Bootstrap, kafka.Options.SchemaRegistryUrl,
            UploadAccepted.Descriptor.File.SerializedData.ToBase64());

        using var document = JsonDocument.Parse(printed);
        ShouldHaveUsedTheRegistry(document.RootElement.GetProperty("client"));
        var protobuf = document.RootElement.GetProperty("protobuf");
        protobuf.GetProperty("upload").GetString().ShouldBe("from mesh");
        protobuf.GetProperty("api").ToString().ShouldBe("""["from mesh", "Ask", "mesh.proto"]""");
        protobuf.GetProperty("references").ToString().ShouldBe(
            """[["google/protobuf/source_context.proto", "google/protobuf/source_context.proto", 1], ["google/protobuf/type.proto", "google/protobuf/type.proto", 1]]""");
        document.RootElement.GetProperty("json").ToString().ShouldBe("""{"name": "Ada"}""");
        document.RootElement.GetProperty("avro").ToString().ShouldBe("""{"x": 7}""");

        Read<UploadAccepted>(kafka.Options, "py-upload-out").ShouldBe(new UploadAccepted { IngestId = "from python", SizeBytes = 42 });
        Read<Api>(kafka.Options, "py-api-out").ShouldBe(ApiOf("from python", "python.proto"));
        Read<Method>(kafka.Options, "py-method-out").Name.ShouldBe("Answer");
    }

    private static void ShouldHaveUsedTheRegistry(JsonElement client)
    {
        var ids = client.GetProperty("ids").Deserialize<int[]>()!;
        ids[1].ShouldBeGreaterThan(ids[0]);
        ids[2].ShouldBe(ids[0]);
        client.GetProperty("versions").ToString().ShouldBe("[1, 2]");
        client.GetProperty("isListed").GetBoolean().ShouldBeTrue();
        client.GetProperty("byId").GetBoolean().ShouldBeTrue();
        client.GetProperty("latest").ToString().ShouldBe($"""["py/of points", 2, {ids[1]}, true]""");
        client.GetProperty("lookup").GetInt32().ShouldBe(1);
        client.GetProperty("level").ToString().ShouldBe("""["BACKWARD", {"compatibility": "FULL_TRANSITIVE"}, "FULL_TRANSITIVE"]""");
        client.GetProperty("isCompatible").ToString().ShouldBe("[true, false]");
        Refusal("refused").ShouldBe((409, 40901));
        Refusal("noSubject").ShouldBe((404, 40401));
        Refusal("noVersion").ShouldBe((404, 40402));
        Refusal("noLevel").ShouldBe((422, 42203));
        Refusal("invalid").ShouldBe((422, 42201));
        client.GetProperty("deletedVersion").GetInt32().ShouldBe(1);
        client.GetProperty("afterwards").ToString().ShouldBe("[2]");
        client.GetProperty("deleted").ToString().ShouldBe("[2]");
        Refusal("isGone").ShouldBe((404, 40401));

        (int Status, int Code) Refusal(string name) => (client.GetProperty(name)[0].GetInt32(), client.GetProperty(name)[1].GetInt32());
    }

    private static Api ApiOf(string name, string file) => new() { Name = name, Methods = { new Method { Name = "Ask" } }, SourceContext = new SourceContext { FileName = file } };

    private static async Task WriteAsync<T>(KafkaOptions options, string topic, T message)
        where T : class, IMessage<T>, new()
    {
        using var serialiser = new ProtobufSerialiser<T>(options, NullLogger.Instance);
        using var producer = new ProducerBuilder<Null, T>(new ProducerConfig { BootstrapServers = options.Bootstrap }).SetValueSerializer(serialiser).Build();
        await producer.ProduceAsync(topic, new Message<Null, T> { Value = message }, TestContext.Current.CancellationToken);
    }

    private static T Read<T>(KafkaOptions options, string topic)
        where T : class, IMessage<T>, new()
    {
        var settings = new ConsumerConfig { BootstrapServers = options.Bootstrap, GroupId = "mesh", AutoOffsetReset = AutoOffsetReset.Earliest };
        using var consumer = new ConsumerBuilder<Ignore, T>(settings).SetValueDeserializer(new ProtobufDeserialiser<T>()).Build();
        consumer.Assign(new TopicPartitionOffset(topic, 0, Offset.Beginning));
        var record = consumer.Consume(TestContext.Current.CancellationToken);
        consumer.Close();
        return record.Message.Value;
    }
}
