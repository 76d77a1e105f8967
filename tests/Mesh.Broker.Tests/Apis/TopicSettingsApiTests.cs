using System.Text.Json;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Network;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Apis;

/// <summary>DescribeConfigs, AlterConfigs, IncrementalAlterConfigs and CreatePartitions, by clients nobody here wrote and by hand.</summary>
public class TopicSettingsApiTests
{
    private const int TopicSource = 1;
    private const int StaticSource = 4;
    private const int DefaultSource = 5;

    [Fact]
    public async Task Platformatic_and_kafkajs_change_settings_and_partitions_as_on_Kafka()
    {
        Require.AtLeast(TestLevel.Default);
        await using var broker = await TestBroker.StartAsync(options => options with { RetentionBytes = 1 << 30 });

        var result = await NodeScript.RunAsync("kafka-topic-settings.mjs", broker.Bootstrap);

        var retention = result.GetProperty("atFirst").GetProperty("retention.ms");
        Text(retention, "value").ShouldBe("60000");
        Number(retention, "configSource").ShouldBe(TopicSource);
        retention.GetProperty("readOnly").GetBoolean().ShouldBeFalse();
        Number(retention, "configType").ShouldBe(5);
        Text(retention, "documentation").ShouldNotBeNullOrEmpty();
        Synonyms(retention).ShouldBe([("retention.ms", "60000", TopicSource), ("log.retention.ms", "-1", DefaultSource)]);
        var bytes = result.GetProperty("atFirst").GetProperty("retention.bytes");
        Number(bytes, "configSource").ShouldBe(StaticSource);
        Synonyms(bytes).ShouldBe([("log.retention.bytes", "1073741824", StaticSource), ("log.retention.bytes", "-1", DefaultSource)]);
        Number(result.GetProperty("atFirst").GetProperty("cleanup.policy"), "configSource").ShouldBe(DefaultSource);

        Text(result, "checkedOnly").ShouldBe("done");
        Text(result, "afterCheck").ShouldBe("60000");
        Text(result, "changed").ShouldBe("done");
        var changed = result.GetProperty("afterChange");
        Text(changed.GetProperty("max.message.bytes"), "value").ShouldBe("2000");
        Text(changed.GetProperty("cleanup.policy"), "value").ShouldBe("delete,compact");
        Number(changed.GetProperty("retention.ms"), "configSource").ShouldBe(DefaultSource);
        Text(result, "afterSubtract").ShouldBe("compact");
        Error(result, "wrongValue").ShouldContain("INVALID_CONFIG");
        Error(result, "wrongName").ShouldContain("INVALID_CONFIG");
        Error(result, "notAList").ShouldContain("INVALID_CONFIG");
        Error(result, "twice").ShouldContain("INVALID_REQUEST");
        Error(result, "noTopic").ShouldContain("UNKNOWN_TOPIC_OR_PARTITION");
        Error(result, "logger").ShouldContain("INVALID_REQUEST");
        result.GetProperty("oneKey").GetRawText().ShouldBe("""["segment.bytes"]""");
        var brokerSettings = result.GetProperty("broker").EnumerateArray().ToDictionary(setting => Text(setting, "name")!);
        Text(brokerSettings["log.retention.bytes"], "value").ShouldBe("1073741824");
        brokerSettings["log.retention.bytes"].GetProperty("readOnly").GetBoolean().ShouldBeFalse();
        brokerSettings["node.id"].GetProperty("readOnly").GetBoolean().ShouldBeTrue();

        // AlterConfigs replaces everything, unlike the incremental form.
        var replaced = result.GetProperty("afterReplace");
        Text(replaced.GetProperty("retention.bytes"), "value").ShouldBe("5000");
        Text(replaced.GetProperty("cleanup.policy"), "value").ShouldBe("delete");
        Number(replaced.GetProperty("max.message.bytes"), "configSource").ShouldBe(DefaultSource);
        result.GetProperty("kafkajs").GetArrayLength().ShouldBe(2);

        Number(result, "partitionsAfterCheck").ShouldBe(2);
        Number(result, "partitions").ShouldBe(5);
        Number(result, "partitionsByKafkajs").ShouldBe(6);
        Error(result, "fewer").ShouldContain("INVALID_PARTITIONS");
        Error(result, "ofNothing").ShouldContain("UNKNOWN_TOPIC_OR_PARTITION");
        result.GetProperty("topics").GetRawText().ShouldBe("""["t"]""");
        result.GetProperty("topicsAtLast").GetRawText().ShouldBe("[]");
    }

    [Fact]
    public async Task Python_changes_settings_and_partitions_in_the_oldest_versions_of_the_requests()
    {
        Require.AtLeast(TestLevel.Default);
        await using var broker = await TestBroker.StartAsync();

        using var result = JsonDocument.Parse(await ToolProcess.RunAsync("/usr/bin/python3", Path.Combine(Repository.Root, "tests", "foreign", "kafka-admin.py"), broker.Bootstrap));

        var root = result.RootElement;
        Text(root.GetProperty("first").GetProperty("retention.ms"), "value").ShouldBe("60000");
        Number(root.GetProperty("first").GetProperty("retention.ms"), "source").ShouldBe(TopicSource);
        Text(root.GetProperty("second").GetProperty("max.message.bytes"), "value").ShouldBe("4000");
        Number(root.GetProperty("second").GetProperty("retention.ms"), "source").ShouldBe(DefaultSource);
        root.GetProperty("altered")[0][0].GetInt32().ShouldBe(0);
        Number(root, "partitions").ShouldBe(4);
        root.GetProperty("topics").GetRawText().ShouldBe("[]");
    }

    [Fact]
    public async Task Settings_and_partitions_that_were_changed_survive_a_restart_and_have_their_effect()
    {
        await using var broker = await TestBroker.StartAsync();
        using (var wire = await WireClient.ConnectAsync(broker.Broker))
        {
            await CreateAsync(wire, "t");
            (await IncrementalAsync(wire, "t", (0, "max.message.bytes", "100"))).ShouldBe(ErrorCode.None);
            (await AddPartitionsAsync(wire, "t", 3)).ShouldBe(ErrorCode.None);
        }

        await broker.RestartAsync();

        using var again = await WireClient.ConnectAsync(broker.Broker);
        (await AddPartitionsAsync(again, "t", 3)).ShouldBe(ErrorCode.InvalidPartitions);
        await again.SendAsync(Requests.Produce(3, 1, Batches.One(new string('x', 200))));
        var answer = new ProtocolReader(await again.ReceiveAsync());
        answer.Int32();
        answer.Array(static topic =>
        {
            topic.String();
            return topic.Array(static partition =>
            {
                partition.Int32();
                var error = (ErrorCode)partition.Int16();
                partition.Int64();
                partition.Int64();
                return error;
            }).Single();
        }).Single().ShouldBe(ErrorCode.MessageTooLarge);
    }

    [Theory]
    [InlineData(0, "retention.ms", null, (short)ErrorCode.InvalidRequest)]
    [InlineData(4, "retention.ms", "1", (short)ErrorCode.InvalidRequest)]
    [InlineData(1, "no.such.setting", null, (short)ErrorCode.InvalidConfig)]
    [InlineData(2, "no.such.setting", "1", (short)ErrorCode.InvalidConfig)]
    [InlineData(2, "cleanup.policy", "shred", (short)ErrorCode.InvalidConfig)]
    [InlineData(3, "cleanup.policy", "delete", (short)ErrorCode.InvalidConfig)]
    [InlineData(1, "retention.ms", null, (short)ErrorCode.None)]
    internal async Task A_change_that_is_none_is_refused_as_Kafka_does(int operation, string name, string? value, short expected)
    {
        await using var broker = await TestBroker.StartAsync();
        using var wire = await WireClient.ConnectAsync(broker.Broker);
        await CreateAsync(wire, "t");

        (await IncrementalAsync(wire, "t", ((sbyte)operation, name, value))).ShouldBe((ErrorCode)expected);
    }

    [Fact]
    public async Task A_topic_named_twice_in_one_request_is_neither_created_nor_deleted()
    {
        await using var broker = await TestBroker.StartAsync();
        using var wire = await WireClient.ConnectAsync(broker.Broker);

        (await CreateAsync(wire, "t", "t")).ShouldBe([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest]);
        broker.Broker.Describe().Topics.ShouldBeEmpty();
        (await CreateAsync(wire, "t")).ShouldBe([ErrorCode.None]);
        await wire.SendAsync(WireClient.Request(ApiKey.DeleteTopics, 1, 1, writer =>
        {
            writer.Array(["t", "t"], static (inner, name) => inner.String(name));
            writer.Int32(1_000);
        }));
        var answer = new ProtocolReader(await wire.ReceiveAsync());
        answer.Int32();
        answer.Int32();
        answer.Array(static topic => (topic.String(), (ErrorCode)topic.Int16()).Item2).ShouldBe([ErrorCode.InvalidRequest, ErrorCode.InvalidRequest]);
        broker.Broker.Describe().Topics.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Metadata_tells_the_leader_epoch_which_a_restart_raises()
    {
        await using var broker = await TestBroker.StartAsync();
        using (var wire = await WireClient.ConnectAsync(broker.Broker)) await CreateAsync(wire, "t");
        int before = await EpochAsync(broker);
        await broker.RestartAsync();
        (await EpochAsync(broker)).ShouldBeGreaterThan(before);
    }

    private static async Task<int> EpochAsync(TestBroker broker)
    {
        using var wire = await WireClient.ConnectAsync(broker.Broker);
        await wire.SendAsync(WireClient.Request(ApiKey.Metadata, 7, 1, writer =>
        {
            writer.Array(["t"], static (inner, name) => inner.String(name));
            writer.Boolean(false);
        }));
        var answer = new ProtocolReader(await wire.ReceiveAsync());
        answer.Int32();
        answer.Int32();
        answer.Array(static node => (node.Int32(), node.String(), node.Int32(), node.NullableString()));
        answer.NullableString();
        answer.Int32();
        return answer.Array(static topic =>
        {
            topic.Int16();
            topic.String();
            topic.Boolean();
            return topic.Array(static partition =>
            {
                partition.Int16();
                partition.Int32();
                partition.Int32();
                int epoch = partition.Int32();
                for (int i = 0; i < 3; i++) partition.Array(static replica => replica.Int32());
                return epoch;
            }).Single();
        }).Single();
    }

    private static async Task<List<ErrorCode>> CreateAsync(WireClient wire, params string[] names)
    {
        await wire.SendAsync(WireClient.Request(ApiKey.CreateTopics, 1, 1, writer =>
        {
            writer.Array(names, static (inner, name) =>
            {
                inner.String(name);
                inner.Int32(1);
                inner.Int16(1);
                inner.ArrayLength(0);
                inner.ArrayLength(0);
            });
            writer.Int32(1_000);
            writer.Boolean(false);
        }));
        var answer = new ProtocolReader(await wire.ReceiveAsync());
        answer.Int32();
        return answer.Array(static topic => (topic.String(), (ErrorCode)topic.Int16(), topic.NullableString()).Item2);
    }

    private static async Task<ErrorCode> IncrementalAsync(WireClient wire, string topic, params (sbyte Operation, string Name, string? Value)[] changes)
    {
        await wire.SendAsync(WireClient.Request(ApiKey.IncrementalAlterConfigs, 0, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.Int8(2);
            writer.String(topic);
            writer.Array(changes, static (inner, change) =>
            {
                inner.String(change.Name);
                inner.Int8(change.Operation);
                inner.NullableString(change.Value);
            });
            writer.Boolean(false);
        }));
        var answer = new ProtocolReader(await wire.ReceiveAsync());
        answer.Int32();
        answer.Int32();
        return answer.Array(static resource => (resource.Int16(), resource.NullableString(), resource.Int8(), resource.String()).Item1).Select(error => (ErrorCode)error).Single();
    }

    private static async Task<ErrorCode> AddPartitionsAsync(WireClient wire, string topic, int count)
    {
        await wire.SendAsync(WireClient.Request(ApiKey.CreatePartitions, 0, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.String(topic);
            writer.Int32(count);
            writer.NullArray();
            writer.Int32(1_000);
            writer.Boolean(false);
        }));
        var answer = new ProtocolReader(await wire.ReceiveAsync());
        answer.Int32();
        answer.Int32();
        return answer.Array(static result => (result.String(), (ErrorCode)result.Int16(), result.NullableString()).Item2).Single();
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private static long Number(JsonElement element, string name) => element.GetProperty(name).GetInt64();

    private static string Error(JsonElement result, string step) => result.GetProperty(step).GetProperty("error").GetRawText();

    private static List<(string Name, string Value, int Source)> Synonyms(JsonElement setting) =>
        [.. setting.GetProperty("synonyms").EnumerateArray().Select(synonym => (Text(synonym, "name")!, Text(synonym, "value")!, (int)Number(synonym, "source")))];
}
