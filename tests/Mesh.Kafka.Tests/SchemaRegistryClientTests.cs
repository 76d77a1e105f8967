using Confluent.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

public class SchemaRegistryClientTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Another_address_stands_in_for_one_that_is_away_and_is_asked_first_from_then_on()
    {
        await using var server = new MockRegistry();
        using var client = new SchemaRegistryClient(new KafkaOptions { SchemaRegistryUrl = $"http://127.0.0.1:1, {server.Url}" }, NullLogger.Instance);

        var answer = await client.SendAsync(HttpMethod.Post, "subjects/a/versions", new { schema = "x", schemaType = "PROTOBUF" }, Cancellation);

        answer.GetProperty("id").GetInt32().ShouldBe(1);
        client.Address.ShouldBe(new Uri(server.Url + "/"));
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Credentials_come_from_the_options_or_the_address(bool inAddress)
    {
        await using var server = new MockRegistry();
        var options = inAddress
            ? new KafkaOptions { SchemaRegistryUrl = server.Url.Replace("://", "://me:s%40cret@", StringComparison.Ordinal) }
            : new KafkaOptions { SchemaRegistryUrl = server.Url, SchemaRegistryUser = "me", SchemaRegistryPassword = "s@cret" };
        using var client = new SchemaRegistryClient(options, NullLogger.Instance);

        await client.SendAsync(HttpMethod.Post, "subjects/a/versions", new { schema = "x", schemaType = "PROTOBUF" }, Cancellation);

        server.Authorizations.ShouldBe(["Basic bWU6c0BjcmV0"]);
        client.Address.ToString().ShouldNotContain("cret");
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost")]
    [InlineData("ftp://x")]
    public void What_is_no_address_is_refused(string url) =>
        Should.Throw<MeshException>(() => new SchemaRegistryClient(new KafkaOptions { SchemaRegistryUrl = url }, NullLogger.Instance)).Code.ShouldBe("MESH7106");

    [Fact]
    public async Task The_serialiser_writes_the_wire_format_once_registered_and_the_deserialiser_reads_it()
    {
        await using var server = new MockRegistry();
        using var serialiser = new ProtobufSerialiser<SnapshotCommitted>(new KafkaOptions { SchemaRegistryUrl = server.Url }, NullLogger.Instance);
        var deserialiser = new ProtobufDeserialiser<SnapshotCommitted>();
        var context = new SerializationContext(MessageComponentType.Value, "topic");
        var message = new SnapshotCommitted { Table = "t", SnapshotId = 5 };

        byte[] first = await serialiser.SerializeAsync(message, context);
        await serialiser.SerializeAsync(message, context);

        first[..5].ShouldBe([0, 0, 0, 0, 1]);
        deserialiser.Deserialize(first, false, context).ShouldBe(message);
        deserialiser.Deserialize([], true, context).ShouldBeNull();
        server.Requests.ShouldHaveSingleItem().Subject.ShouldBe("topic-value");
        Should.Throw<InvalidDataException>(() => new ProtobufDeserialiser<UploadAccepted>().Deserialize(first, false, context)).Message.ShouldContain("mesh.events.v1.UploadAccepted");
        Should.Throw<InvalidDataException>(() => deserialiser.Deserialize([1, 2], false, context));
    }
}
