using Confluent.Kafka;
using Mesh.Broker.Tests.Clients;
using Mesh.Broker.Tests.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests;

public class KafkaBrokerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_second_broker_on_the_same_folder_is_refused()
    {
        await using var broker = await TestBroker.StartAsync();

        var refused = await Should.ThrowAsync<MeshException>(() => StartAsync(new BrokerOptions { DataFolder = broker.DataFolder, Port = 0 }));

        refused.Code.ShouldBe("MESH7003");
        refused.Message.ShouldContain(broker.DataFolder);
    }

    [Fact]
    public async Task A_taken_port_names_the_option_and_leaves_the_folder_free()
    {
        await using var broker = await TestBroker.StartAsync();
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"], Port = broker.Broker.Port };

        var refused = await Should.ThrowAsync<MeshException>(() => StartAsync(options));
        refused.Code.ShouldBe("MESH7002");
        refused.Message.ShouldContain("kafka.port");

        await using var elsewhere = await StartAsync(options with { Port = 0 });
        elsewhere.Port.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_an_error_with_a_remedy()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "", Cancellation);

        var refused = await Should.ThrowAsync<MeshException>(() => StartAsync(new BrokerOptions { DataFolder = folder["file", "broker"], Port = 0 }));

        refused.Code.ShouldBe("MESH7003");
    }

    [Fact]
    public async Task Damaged_topic_metadata_is_an_error_not_an_empty_broker()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["broker"]);
        await File.WriteAllTextAsync(folder["broker", "topics.json"], "{ \"ClusterId\": ", Cancellation);

        var refused = await Should.ThrowAsync<MeshException>(() => StartAsync(new BrokerOptions { DataFolder = folder["broker"], Port = 0 }));

        refused.Code.ShouldBe("MESH7004");
    }

    [Fact]
    public async Task A_partition_folder_without_a_topic_is_moved_aside_and_not_taken_over()
    {
        await using var broker = await TestBroker.StartAsync();
        string stray = Path.Combine(broker.DataFolder, "topics", "returning-0");
        Directory.CreateDirectory(stray);
        await File.WriteAllTextAsync(Path.Combine(stray, "00000000000000000000.log"), "left over", Cancellation);

        await broker.RestartAsync();
        using var producer = ConfluentClientTests.Producer(broker);
        var delivered = await producer.ProduceAsync("returning", new Message<string, string> { Value = "v" }, Cancellation);

        delivered.Offset.Value.ShouldBe(0);
        Directory.GetFiles(Path.Combine(broker.DataFolder, "stray"), "*.log", SearchOption.AllDirectories).Length.ShouldBe(1);
    }

    [Fact]
    public async Task Stopping_twice_is_stopping_once_and_clients_get_in_again_afterwards()
    {
        await using var broker = await TestBroker.StartAsync();
        using var producer = ConfluentClientTests.Producer(broker);
        await producer.ProduceAsync("t", new Message<string, string> { Value = "1" }, Cancellation);
        await Task.WhenAll(broker.Broker.StopAsync(), broker.Broker.StopAsync());
        await broker.RestartAsync();

        (await producer.ProduceAsync("t", new Message<string, string> { Value = "2" }, Cancellation)).Offset.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_copy_of_the_folder_at_any_moment_holds_everything_acknowledged_by_then()
    {
        Require.AtLeast(TestLevel.Default);
        await using var broker = await TestBroker.StartAsync(options => options with { SegmentBytes = 20_000 });
        using var producer = ConfluentClientTests.Producer(broker);
        int acknowledged = 0;
        int next = 0;
        using var enough = new CancellationTokenSource();
        var producing = Task.Run(async () =>
        {
            while (!enough.IsCancellationRequested)
            {
                string value = (next++).ToString();
                await producer.ProduceAsync("t", new Message<string, string> { Value = value }, Cancellation);
                Volatile.Write(ref acknowledged, int.Parse(value) + 1);
            }
        }, Cancellation);

        var copies = new List<(string Folder, int Acknowledged)>();
        for (int i = 0; i < 6; i++)
        {
            int goal = Volatile.Read(ref acknowledged) + 100;
            while (Volatile.Read(ref acknowledged) < goal && !producing.IsFaulted) await Task.Delay(1, Cancellation);
            int known = Volatile.Read(ref acknowledged);
            string copy = Path.Combine(broker.ScratchFolder, $"copy-{i}");
            Copy(broker.DataFolder, copy);
            copies.Add((copy, known));
        }

        await enough.CancelAsync();
        await producing;
        foreach (var (folder, known) in copies)
        {
            await using var survivor = await StartAsync(new BrokerOptions { DataFolder = folder, Port = 0, SegmentBytes = 20_000 });
            var values = await PartitionLogTests.ValuesAsync(survivor.State.Topics.FindPartition("t", 0)!);
            values.Count.ShouldBeGreaterThanOrEqualTo(known);
            values.ShouldBe(Enumerable.Range(0, values.Count).Select(i => i.ToString()));
        }

        // The newest file first, as nothing stops the broker meanwhile and files only grow.
        static void Copy(string from, string to)
        {
            foreach (string file in Directory.GetFiles(from, "*", SearchOption.AllDirectories).OrderDescending(StringComparer.Ordinal))
            {
                if (Path.GetFileName(file) == "lock" || file.EndsWith(".tmp", StringComparison.Ordinal)) continue;
                string target = Path.Combine(to, Path.GetRelativePath(from, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target);
            }
        }
    }

    private static Task<KafkaBroker> StartAsync(BrokerOptions options) => KafkaBroker.StartAsync(options, NullLogger.Instance, TimeProvider.System, Cancellation);
}
