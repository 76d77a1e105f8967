using System.Text.Json;
using Confluent.Kafka;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Registry;

/// <summary>The topic <c>_schemas</c> as other registries write and read it.</summary>
public sealed class RegistryLogTests : IAsyncLifetime
{
    private const string Proto = "syntax = \"proto3\"; message A { string x = 1; }";
    private RegistryServer registry = null!;

    public async ValueTask InitializeAsync() => registry = await RegistryServer.StartAsync();

    public ValueTask DisposeAsync() => registry.DisposeAsync();

    [Fact]
    public async Task The_log_holds_records_as_other_registries_write_them()
    {
        await registry.RegisterAsync("a", Proto);
        await registry.PutAsync("/config", new { compatibility = "FULL" });
        await registry.PutAsync("/mode/a", new { mode = "READWRITE" });
        await registry.DeleteAsync("/subjects/a");
        await registry.DeleteAsync("/subjects/a?permanent=true");

        var records = ReadAll();

        records.Select(record => record.Key).ShouldBe(
        [
            "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1,\"magic\":1}",
            "{\"keytype\":\"CONFIG\",\"subject\":null,\"magic\":0}",
            "{\"keytype\":\"MODE\",\"subject\":\"a\",\"magic\":0}",
            "{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"a\",\"magic\":0}",
            "{\"keytype\":\"MODE\",\"subject\":\"a\",\"magic\":0}",
            "{\"keytype\":\"SCHEMA\",\"subject\":\"a\",\"version\":1,\"magic\":1}",
        ]);
        using var value = JsonDocument.Parse(records[0].Value!);
        value.RootElement.GetProperty("schema").GetString().ShouldBe(Proto);
        value.RootElement.GetProperty("id").GetInt32().ShouldBe(1);
        value.RootElement.GetProperty("deleted").GetBoolean().ShouldBeFalse();
        records[1].Value.ShouldBe("{\"compatibilityLevel\":\"FULL\"}");
        records[3].Value.ShouldBe("{\"subject\":\"a\",\"version\":1}");
        records[^1].Value.ShouldBeNull();
    }

    [Fact]
    public async Task What_another_writer_appends_is_taken_over_while_the_registry_runs()
    {
        using var producer = new ProducerBuilder<string, string?>(new ProducerConfig { BootstrapServers = registry.Broker.Bootstrap }).SetValueSerializer(new Nullable()).Build();
        async Task PutAsync(string key, string? value) => await producer.ProduceAsync(SchemaRegistry.TopicName, new Message<string, string?> { Key = key, Value = value }, TestContext.Current.CancellationToken);
        await registry.RegisterAsync("own", Proto);

        // A change is decided on all that is in the log, without waiting: the other writer's id is not given away again.
        await PutAsync("{\"keytype\":\"SCHEMA\",\"subject\":\"theirs\",\"version\":1,\"magic\":1}", "{\"subject\":\"theirs\",\"version\":1,\"id\":7,\"schema\":\"\\\"string\\\"\",\"deleted\":false}");
        (await registry.RegisterAsync("more", "\"bytes\"", null)).ShouldBe(8);
        (await registry.GetAsync("/schemas/ids/7")).GetProperty("schema").GetString().ShouldBe("\"string\"");

        // Questions see it soon.
        await PutAsync("{\"keytype\":\"CONFIG\",\"subject\":null,\"magic\":0}", "{\"compatibilityLevel\":\"FORWARD\"}");
        await Eventually.TrueAsync(async () => (await registry.GetAsync("/config")).GetProperty("compatibilityLevel").GetString() == "FORWARD", TestContext.Current.CancellationToken);
        await PutAsync("{\"keytype\":\"SCHEMA\",\"subject\":\"theirs\",\"version\":1,\"magic\":1}", null);
        await Eventually.TrueAsync(async () => (await registry.GetAsync("/subjects")).ToString() == "[\"more\",\"own\"]", TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(CompressionType.None)]
    [InlineData(CompressionType.Gzip)]
    [InlineData(CompressionType.Snappy)]
    [InlineData(CompressionType.Lz4)]
    [InlineData(CompressionType.Zstd)]
    public async Task Records_of_another_registry_are_taken_over_compressed_or_not(CompressionType compression)
    {
        string filler = new(' ', 2000);
        using (var producer = new ProducerBuilder<string, string?>(new ProducerConfig { BootstrapServers = registry.Broker.Bootstrap, CompressionType = compression, LingerMs = 50 }).SetValueSerializer(new Nullable()).Build())
        {
            void Put(string key, string? value) => producer.Produce(SchemaRegistry.TopicName, new Message<string, string?> { Key = key, Value = value });

            // Version 1 and id 1 were compacted away; ids have gaps; one record is not JSON.
            Put("{\"keytype\":\"NOOP\",\"magic\":0}", null);
            Put("{\"keytype\":\"SCHEMA\",\"subject\":\"old\",\"version\":2,\"magic\":1}", "{\"subject\":\"old\",\"version\":2,\"id\":40,\"md5\":\"x\",\"schema\":\"\\\"string\\\"\",\"deleted\":false}" + filler);
            Put("{\"keytype\":\"SCHEMA\",\"subject\":\"old\",\"version\":3,\"magic\":1}", "{\"subject\":\"old\",\"version\":3,\"id\":41,\"schemaType\":\"JSON\",\"references\":[],\"schema\":\"{}\",\"deleted\":false}" + filler);
            Put("not json", "neither");
            Put("{\"keytype\":\"CONFIG\",\"subject\":null,\"magic\":0}", "{\"subject\":null,\"alias\":null,\"compatibilityLevel\":\"FORWARD\"}");
            Put("{\"keytype\":\"SCHEMA\",\"subject\":\"cleared\",\"version\":1,\"magic\":1}", "{\"subject\":\"cleared\",\"version\":1,\"id\":42,\"schema\":\"\\\"int\\\"\",\"deleted\":false}" + filler);
            Put("{\"keytype\":\"DELETE_SUBJECT\",\"subject\":\"cleared\",\"magic\":0}", "{\"subject\":\"cleared\",\"version\":1}");
            Put("{\"keytype\":\"CLEAR_SUBJECT\",\"subject\":\"cleared\",\"magic\":0}", "{\"subject\":\"cleared\"}");
            producer.Flush(TimeSpan.FromSeconds(20));
        }

        await registry.RestartAsync();

        (await registry.GetAsync("/subjects?deleted=true")).ToString().ShouldBe("[\"old\"]");
        (await registry.GetAsync("/subjects/old/versions")).ToString().ShouldBe("[2,3]");
        (await registry.GetAsync("/config")).GetProperty("compatibilityLevel").GetString().ShouldBe("FORWARD");
        (await registry.RegisterAsync("new", "\"string\"", null)).ShouldBe(40);
        (await registry.RegisterAsync("new2", "\"bytes\"", null)).ShouldBe(43);
    }

    private List<(string Key, string? Value)> ReadAll()
    {
        using var consumer = new ConsumerBuilder<string, string?>(new ConsumerConfig { BootstrapServers = registry.Broker.Bootstrap, GroupId = "g", EnablePartitionEof = true }).SetValueDeserializer(new Nullable()).Build();
        consumer.Assign(new TopicPartitionOffset(SchemaRegistry.TopicName, 0, 0));
        List<(string, string?)> records = [];
        while (consumer.Consume(TimeSpan.FromSeconds(20)) is { IsPartitionEOF: false } record) records.Add((record.Message.Key, record.Message.Value));
        return records;
    }

    private sealed class Nullable : ISerializer<string?>, IDeserializer<string?>
    {
        public byte[] Serialize(string? data, SerializationContext context) => data is null ? null! : System.Text.Encoding.UTF8.GetBytes(data);

        public string? Deserialize(ReadOnlySpan<byte> data, bool isNull, SerializationContext context) => isNull ? null : System.Text.Encoding.UTF8.GetString(data);
    }
}
