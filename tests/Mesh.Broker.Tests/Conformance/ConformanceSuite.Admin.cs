namespace Mesh.Broker.Tests.Conformance;

internal sealed partial class ConformanceSuite
{
    private async Task TopicsAsync()
    {
        string topic = $"made-{Interlocked.Increment(ref topics)}";

        await AskAsync(new { @do = "createTopic", topic, partitions = 2 });
        (await TopicNamesAsync()).ShouldContain(topic);
        (await AskAsync(new { @do = "partitions", topic })).GetProperty("count").GetInt32().ShouldBe(2);
        await AskAsync(new { @do = "createPartitions", topic, total = 5 });
        (await AskAsync(new { @do = "partitions", topic })).GetProperty("count").GetInt32().ShouldBe(5);
        await AskAsync(new { @do = "produce", topic, records = new[] { ForeignRecord.Of("in the new one", partition: 4) } });
        await AskAsync(new { @do = "deleteTopic", topic });

        (await TopicNamesAsync()).ShouldNotContain(topic);
    }

    private async Task ConfigsAsync()
    {
        string topic = $"made-{Interlocked.Increment(ref topics)}";
        await AskAsync(new { @do = "createTopic", topic, partitions = 1, configs = new Dictionary<string, string> { ["retention.ms"] = "3600000" } });

        var configs = (await AskAsync(new { @do = "describeConfigs", topic })).GetProperty("configs");
        configs.GetProperty("retention.ms").GetString().ShouldBe("3600000");
        configs.GetProperty("cleanup.policy").GetString().ShouldBe("delete");
        await AskAsync(new { @do = "alterConfigs", topic, configs = new Dictionary<string, string> { ["retention.ms"] = "7200000" } });

        (await AskAsync(new { @do = "describeConfigs", topic })).GetProperty("configs").GetProperty("retention.ms").GetString().ShouldBe("7200000");
        var refused = await Should.ThrowAsync<ForeignClientException>(() => AskAsync(new { @do = "alterConfigs", topic, configs = new Dictionary<string, string> { ["retention.ms"] = "soon" } }));
        Normal(refused.Message).ShouldMatch("invalid|config|novalue");
    }

    private async Task DeleteRecordsAsync()
    {
        string topic = await NewTopicAsync();
        await AskConfluentAsync(new { @do = "produce", topic, records = Numbered(0, 10, partitions: 1) });

        await AskAsync(new { @do = "deleteRecords", topic, partition = 0, before = 6 });

        var read = ForeignRecord.From(await AskAsync(new { @do = "consume", topic, count = 4, from = new[] { new[] { 0, 6 } } }));
        read.Select(record => record.Text).ShouldBe(["6", "7", "8", "9"]);
        (await AskConfluentAsync(new { @do = "start", topic, partition = 0 })).GetProperty("offset").GetInt64().ShouldBe(6);
    }

    private async Task ErrorsAsync()
    {
        string topic = await NewTopicAsync();

        var exists = await Should.ThrowAsync<ForeignClientException>(() => AskAsync(new { @do = "createTopic", topic, partitions = 1, mustBeNew = true }));
        var unknown = await Should.ThrowAsync<ForeignClientException>(() => AskAsync(new { @do = "deleteTopic", topic = "there-is-no-such-topic" }));

        Normal(exists.Message).ShouldMatch("alreadyexists|topicalready");
        Normal(unknown.Message).ShouldMatch("unknowntopic|doesnothost|unknown");
    }

    private async Task<List<string>> TopicNamesAsync() => [.. (await AskAsync(new { @do = "topics" })).GetProperty("topics").EnumerateArray().Select(each => each.GetString()!)];
}
