using Mesh.Broker.Tests.Support;
using Mesh.Testing;

namespace Mesh.Broker.Tests.Clients;

/// <summary>kafkajs, which shares no code with librdkafka.</summary>
public class KafkaJsTests
{
    [Fact]
    public async Task Kafkajs_creates_a_topic_produces_and_consumes_in_a_group()
    {
        await using var broker = await TestBroker.StartAsync();

        var result = await NodeScript.RunAsync("kafka-kafkajs.mjs", broker.Bootstrap, "500");

        result.GetProperty("values").EnumerateArray().Select(value => value.GetString()).Order(StringComparer.Ordinal)
            .ShouldBe(Enumerable.Range(0, 500).Select(i => $"v{i}").Order(StringComparer.Ordinal));
        result.GetProperty("headersMatch").GetBoolean().ShouldBeTrue();
        result.GetProperty("end").GetInt64().ShouldBe(500);
        result.GetProperty("groups").EnumerateArray().Select(group => group.GetString()).ShouldContain("js-readers");
        var topic = broker.Broker.Describe().Topics.Single();
        topic.Partitions.Count.ShouldBe(3);
        topic.Partitions.Sum(partition => partition.EndOffset).ShouldBe(500);
    }

    [Fact]
    public async Task Kafkajs_commits_aborts_and_fences_transactions()
    {
        await using var broker = await TestBroker.StartAsync();

        var result = await NodeScript.RunAsync("kafka-kafkajs-transactions.mjs", broker.Bootstrap);

        result.GetProperty("values").EnumerateArray().Select(value => value.GetString()).ShouldBe(Enumerable.Range(10, 30).Select(i => $"v{i}"), ignoreOrder: true);
        result.GetProperty("offsetAfterAbort").GetString().ShouldBe("-1");
        result.GetProperty("offsetAfterCommit").GetString().ShouldBe("9");
        result.GetProperty("fenced").GetString().ShouldBe("INVALID_PRODUCER_EPOCH");
        result.GetProperty("groups").EnumerateArray().Select(group => group.GetString()).ShouldNotContain("js-copiers");
    }
}
