namespace Mesh.Broker.Tests.Conformance;

internal sealed partial class ConformanceSuite
{
    private async Task TransactionsAsync()
    {
        string topic = await NewTopicAsync(2);
        string id = $"{topic}-txn";
        await AskAsync(new { @do = "transaction", id, topic, end = "commit", records = Two("a") });
        await AskAsync(new { @do = "transaction", id, topic, end = "abort", records = Two("aborted") });
        await AskAsync(new { @do = "transaction", id, topic, end = "commit", records = Two("b") });

        // The plain record behind them shows that nothing before it was still to come.
        await AskAsync(new { @do = "produce", topic, records = new[] { ForeignRecord.Of("end", 0), ForeignRecord.Of("end", 1) } });
        foreach (var reader in new[] { client, await clients.GetAsync(ClientMatrix.Confluent) })
        {
            var committed = ForeignRecord.From(await reader.AskAsync(new { @do = "consume", topic, count = 6, isolation = "read_committed" }, Stop));
            committed.OrderBy(record => (record.Partition, record.Offset)).Select(record => record.Text).ShouldBe(["a0", "b0", "end", "a1", "b1", "end"]);
            var all = ForeignRecord.From(await reader.AskAsync(new { @do = "consume", topic, count = 8, isolation = "read_uncommitted" }, Stop));
            all.OrderBy(record => (record.Partition, record.Offset)).Select(record => record.Text).ShouldBe(["a0", "aborted0", "b0", "end", "a1", "aborted1", "b1", "end"]);
        }
    }

    private async Task TransactionOffsetsAsync()
    {
        string topic = await NewTopicAsync(2);
        string offsetTopic = await NewTopicAsync();
        string group = $"g-{topic}";
        string @do = name == ClientMatrix.Platformatic ? "transactionWithOffset" : "transaction";
        await AskConfluentAsync(new { @do = "produce", topic = offsetTopic, records = Numbered(0, 10, partitions: 1) });

        await AskAsync(new { @do, id = $"{topic}-txn", topic, end = "commit", records = Two("a"), group, offsetTopic, offsetPartition = 0, offset = 4 });
        (await CommittedAsync(group, offsetTopic)).ShouldBe(4);
        await AskAsync(new { @do, id = $"{topic}-txn", topic, end = "abort", records = Two("b"), group, offsetTopic, offsetPartition = 0, offset = 8 });

        (await CommittedAsync(group, offsetTopic)).ShouldBe(4);
        (await ConsumeAsync(topic, 2)).Select(record => record.Text).Order().ShouldBe(["a0", "a1"]);
    }

    private static ForeignRecord[] Two(string value) => [ForeignRecord.Of(value + "0", 0), ForeignRecord.Of(value + "1", 1)];
}
