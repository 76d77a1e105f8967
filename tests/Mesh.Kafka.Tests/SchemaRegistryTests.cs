using Mesh.Kafka.Events;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

public class SchemaRegistryTests
{
    private static readonly EventSchema Upload = EventSchema.Of(UploadAccepted.Descriptor);

    [Fact]
    public async Task An_event_is_registered_once_as_the_topics_value_with_its_own_file()
    {
        await using var server = new MockRegistry();
        using var registry = new SchemaRegistry(new KafkaOptions { SchemaRegistryUrl = server.Url + "/" }, NullLogger.Instance);

        int first = await registry.GetIdAsync(Topics.Uploads, Upload, TestContext.Current.CancellationToken);
        int again = await registry.GetIdAsync(Topics.Uploads, Upload, TestContext.Current.CancellationToken);

        again.ShouldBe(first);
        registry.TryGetId(Topics.Uploads, Upload, out int known).ShouldBeTrue();
        known.ShouldBe(first);
        var request = server.Requests.ShouldHaveSingleItem();
        request.Subject.ShouldBe("fleet.uploads.v1-value");
        request.Type.ShouldBe("PROTOBUF");
        request.Schema.ShouldBe(await File.ReadAllTextAsync(
            Path.Combine(Mesh.Testing.Repository.Root, "schemas", "events", "upload.proto"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_registry_that_is_busy_is_asked_again()
    {
        await using var server = new MockRegistry();
        server.NextStatus.Enqueue(503);
        server.NextStatus.Enqueue(500);
        using var registry = new SchemaRegistry(new KafkaOptions { SchemaRegistryUrl = server.Url }, NullLogger.Instance);

        (await registry.GetIdAsync(Topics.Uploads, Upload, TestContext.Current.CancellationToken)).ShouldBe(1);
        server.Requests.Count.ShouldBe(3);
    }

    [Fact]
    public async Task A_schema_the_registry_refuses_is_not_tried_again()
    {
        await using var server = new MockRegistry();
        server.NextStatus.Enqueue(409);
        using var registry = new SchemaRegistry(new KafkaOptions { SchemaRegistryUrl = server.Url }, NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(
            () => registry.GetIdAsync(Topics.Uploads, Upload, TestContext.Current.CancellationToken));

        exception.Code.ShouldBe("MESH7102");
        exception.IsTransient.ShouldBeFalse();
        exception.Message.ShouldContain("chosen by the test");
        server.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_registry_that_is_away_is_a_transient_failure_naming_the_option()
    {
        using var registry = new SchemaRegistry(new KafkaOptions { SchemaRegistryUrl = "http://127.0.0.1:1" }, NullLogger.Instance);

        var exception = await Should.ThrowAsync<MeshException>(
            () => registry.GetIdAsync(Topics.Uploads, Upload, TestContext.Current.CancellationToken));

        exception.IsTransient.ShouldBeTrue();
        exception.Message.ShouldContain("schemaRegistry.url");
    }
}
