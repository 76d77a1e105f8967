using Confluent.Kafka;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Clients;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Transactions;

/// <summary>
/// A whole broker killed between any two of the writes that end a transaction: decision, markers one after the other, offsets, completion.
/// Its files only grow, so each moment is put together from those before the end and those after it.
/// </summary>
public class BrokerKilledTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Whatever_was_written_when_it_died_the_transaction_is_everywhere_or_nowhere(bool commit)
    {
        await using var broker = await TestBroker.StartAsync();
        foreach (string topic in new[] { "a", "b" }) await broker.Broker.State.Topics.CreateAsync(topic, 1, new Dictionary<string, string>());
        using var producer = TransactionTests.Producer(broker, "tx");
        producer.InitTransactions(Patience);
        producer.BeginTransaction();
        await producer.ProduceAsync("a", TransactionTests.Message("one"), TestContext.Current.CancellationToken);
        await producer.ProduceAsync("b", TransactionTests.Message("two"), TestContext.Current.CancellationToken);
        using (var consumer = ConfluentClientTests.Consumer(broker, "g"))
        {
            consumer.Subscribe("a");
            while (consumer.Assignment.Count == 0) consumer.Consume(TimeSpan.FromMilliseconds(20));
            producer.SendOffsetsToTransaction([new TopicPartitionOffset("a", 0, 5)], consumer.ConsumerGroupMetadata, Patience);
            consumer.Close();
        }

        using var folder = new TemporaryFolder();
        Copy(broker.DataFolder, folder["before"]);
        if (commit) producer.CommitTransaction(Patience);
        else producer.AbortTransaction(Patience);
        Copy(broker.DataFolder, folder["after"]);

        string decisions = Path.Combine("transactions", "transactions.log");
        string offsets = Path.Combine("groups", "offsets.log");
        string[] logs = [.. new[] { "a", "b" }.Select(topic => Path.GetRelativePath(folder["after"], Directory.GetFiles(folder["after", "topics", $"{topic}-0"], "*.log").Single()))];
        long begun = new FileInfo(folder["before", decisions]).Length;
        byte[] ended = await File.ReadAllBytesAsync(folder["after", decisions], TestContext.Current.CancellationToken);
        long decided = begun + 8 + BitConverter.ToInt32(ended, (int)begun);
        decided.ShouldBeLessThan(ended.Length, "the decision and the completion are two entries");

        // Which files had what was written to them at each step; the length is that of the log of transactions.
        (string Name, long Length, string[] Written)[] steps =
        [
            ("nothing", begun, []),
            ("half the decision", begun + 9, []),
            ("the decision", decided, []),
            ("one marker", decided, [logs[0]]),
            ("the other marker", decided, [logs[1]]),
            ("both markers", decided, logs),
            ("the offsets", decided, [.. logs, offsets]),
            ("half the completion", decided + 9, [.. logs, offsets]),
            ("everything", ended.Length, [.. logs, offsets]),
        ];
        foreach (var (name, length, written) in steps)
        {
            string data = folder[name];
            Copy(folder["before"], data);
            foreach (string file in written) File.Copy(folder["after", file], Path.Combine(data, file), overwrite: true);
            await File.WriteAllBytesAsync(Path.Combine(data, decisions), ended[..(int)length], TestContext.Current.CancellationToken);
            await using var started = await KafkaBroker.StartAsync(new BrokerOptions { DataFolder = data, Port = 0 }, NullLogger.Instance, TimeProvider.System, TestContext.Current.CancellationToken);

            bool isDecided = length >= decided;
            string[] values = isDecided && commit ? ["one", "two"] : [];
            string[] read = [.. TransactionTests.ReadAll(started, "a", IsolationLevel.ReadCommitted), .. TransactionTests.ReadAll(started, "b", IsolationLevel.ReadCommitted)];
            read.ShouldBe(values, $"killed after {name}");
            (started.State.Offsets.Find("g", "a", 0)?.Offset).ShouldBe(isDecided && commit ? 5 : null, $"killed after {name}");
            started.State.Offsets.IsPending("g", "a", 0).ShouldBe(!isDecided);
            foreach (var log in new[] { "a", "b" }.Select(topic => started.State.Topics.FindPartition(topic, 0)!))
            {
                if (isDecided) log.LastStableOffset.ShouldBe(log.HighWatermark, $"killed after {name}");
                else log.LastStableOffset.ShouldBe(0, $"killed after {name}");
                log.HighWatermark.ShouldBe(isDecided ? 2 : 1, $"killed after {name}: one record and at most one marker");
            }
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == "lock") continue;
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var copy = File.Create(target);
            source.CopyTo(copy);
        }
    }
}
