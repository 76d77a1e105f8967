using System.Text;
using System.Text.Json;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>Shows that one client can do one thing with the broker. Whatever is asserted is asserted here, the scripts only do and tell.</summary>
internal sealed partial class ConformanceSuite(ForeignClients clients, string name)
{
    private const int Partitions = 3;
    private static int topics;
    private IForeignClient client = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async Task ShowAsync(string capability)
    {
        client = await clients.GetAsync(name);
        await (capability switch
        {
            Capability.None => CompressedAsync("none"),
            Capability.Gzip or Capability.Snappy or Capability.Lz4 or Capability.Zstd => CompressedAsync(capability),
            Capability.Records => RecordsAsync(),
            Capability.Large => LargeAsync(),
            Capability.Others => ReadByOthersAsync(),
            Capability.Idempotence => IdempotenceAsync(),
            Capability.Groups => GroupsAsync("eager"),
            Capability.Cooperative => GroupsAsync("cooperative"),
            Capability.Static => StaticAsync(),
            Capability.Resume => ResumeAsync(),
            Capability.Time => ByTimeAsync(),
            Capability.Topics => TopicsAsync(),
            Capability.Configs => ConfigsAsync(),
            Capability.DeleteRecords => DeleteRecordsAsync(),
            Capability.GroupAdmin => GroupAdminAsync(),
            Capability.OffsetAdmin => OffsetAdminAsync(),
            Capability.Transactions => TransactionsAsync(),
            Capability.TransactionOffsets => TransactionOffsetsAsync(),
            Capability.AutoCreation => AutoCreationAsync(),
            Capability.Errors => ErrorsAsync(),
            Capability.TooLarge => TooLargeAsync(),
            _ => throw new ArgumentOutOfRangeException(nameof(capability), capability, null),
        });
    }

    private Task<JsonElement> AskAsync(object command) => client.AskAsync(command, Stop);

    private async Task<JsonElement> AskConfluentAsync(object command) => await (await clients.GetAsync(ClientMatrix.Confluent)).AskAsync(command, Stop);

    /// <summary>A topic of its own, made by a client that can.</summary>
    private async Task<string> NewTopicAsync(int partitions = 1, Dictionary<string, string>? configs = null)
    {
        string topic = $"t{Interlocked.Increment(ref topics)}";
        await AskConfluentAsync(new { @do = "createTopic", topic, partitions, configs });
        return topic;
    }

    private static List<ForeignRecord> Texts(int count, int partitions = Partitions) =>
        [.. Enumerable.Range(0, count).Select(i => ForeignRecord.Of($"value {i} {new string('x', i % 50)}", i % partitions, $"k{i % 7}"))];

    private async Task<List<ForeignRecord>> ConsumeAsync(string topic, int count, string isolation = "read_committed") =>
        ForeignRecord.From(await AskAsync(new { @do = "consume", topic, count, isolation }));

    private static void ShouldBeTheSame(IEnumerable<ForeignRecord> read, IEnumerable<ForeignRecord> written)
    {
        read.OrderBy(record => (record.Partition, record.Offset)).Select(record => record.Content)
            .ShouldBe(written.Select((record, i) => (record, i)).OrderBy(each => (each.record.Partition, each.i)).Select(each => each.record.Content));
    }

    private async Task CompressedAsync(string compression)
    {
        string topic = await NewTopicAsync(Partitions);
        var records = Texts(200);

        await AskAsync(new { @do = "produce", topic, compression, records });
        var read = await ConsumeAsync(topic, records.Count);

        ShouldBeTheSame(read, records);
        if (name != ClientMatrix.Confluent) ShouldBeTheSame(ForeignRecord.From(await AskConfluentAsync(new { @do = "consume", topic, count = records.Count })), records);
    }

    private async Task RecordsAsync()
    {
        string topic = await NewTopicAsync();
        byte[] allBytes = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        var records = new List<ForeignRecord>
        {
            new() { Key = allBytes, Value = allBytes, Timestamp = 1_600_000_000_001 },
            new() { Key = "k"u8.ToArray(), Value = "with headers"u8.ToArray(), Timestamp = 1_600_000_000_002, Headers = [["one", Convert.ToBase64String(allBytes)], ["two", ""], ["ümlaut", "eA=="]] },
            new() { Value = [], Timestamp = 1_600_000_000_003 },
            new() { Key = "tombstone"u8.ToArray(), Value = null, Timestamp = 1_600_000_000_004 },
        };

        await AskAsync(new { @do = "produce", topic, records });
        var read = await ConsumeAsync(topic, records.Count);

        ShouldBeTheSame(read, records);
        read.OrderBy(record => record.Offset).Select(record => record.Timestamp).ShouldBe(records.Select(record => record.Timestamp));
    }

    private async Task LargeAsync()
    {
        string topic = await NewTopicAsync();

        // kcat takes lines, so these bytes are letters.
        var random = new Random(7);
        List<ForeignRecord> records = [ForeignRecord.Of(new string([.. Enumerable.Range(0, 1_500_000).Select(_ => (char)('a' + random.Next(26)))])), ForeignRecord.Of("small")];

        await AskAsync(new { @do = "produce", topic, records });

        ShouldBeTheSame(await ConsumeAsync(topic, records.Count), records);
    }

    private async Task ReadByOthersAsync()
    {
        string topic = await NewTopicAsync(Partitions);
        var records = Texts(60);
        await AskAsync(new { @do = "produce", topic, compression = "gzip", records });

        foreach (string other in ClientMatrix.Names.Where(each => each != name))
        {
            ShouldBeTheSame(ForeignRecord.From(await (await clients.GetAsync(other)).AskAsync(new { @do = "consume", topic, count = records.Count }, Stop)), records);
        }
    }

    private async Task IdempotenceAsync()
    {
        string topic = await NewTopicAsync();
        var records = Texts(300, partitions: 1);

        await AskAsync(new { @do = "produce", topic, records, idempotent = true });

        ShouldBeTheSame(await ConsumeAsync(topic, records.Count), records);
    }

    private async Task ByTimeAsync()
    {
        string topic = await NewTopicAsync();
        const long Start = 1_600_000_000_000;
        var records = Enumerable.Range(0, 50).Select(i => ForeignRecord.Of($"{i}") with { Timestamp = Start + (i * 1_000) }).ToList();
        await AskConfluentAsync(new { @do = "produce", topic, records });

        (await AskAsync(new { @do = "offsetForTime", topic, partition = 0, timestamp = Start + 20_500 })).GetProperty("offset").GetInt64().ShouldBe(21);
        (await AskAsync(new { @do = "offsetForTime", topic, partition = 0, timestamp = Start })).GetProperty("offset").GetInt64().ShouldBe(0);
    }

    private async Task AutoCreationAsync()
    {
        string topic = $"made-by-asking-{Interlocked.Increment(ref topics)}";
        List<ForeignRecord> records = [ForeignRecord.Of("first")];

        await AskAsync(new { @do = "produce", topic, records });

        ShouldBeTheSame(ForeignRecord.From(await AskConfluentAsync(new { @do = "consume", topic, count = 1 })), records);
    }

    private async Task TooLargeAsync()
    {
        string topic = await NewTopicAsync(configs: new() { ["max.message.bytes"] = "1000" });

        var refused = await Should.ThrowAsync<ForeignClientException>(() => AskAsync(new { @do = "produce", topic, records = new[] { ForeignRecord.Of(Noise(5_000)) } }));
        await AskAsync(new { @do = "produce", topic, records = new[] { ForeignRecord.Of("small") } });

        Normal(refused.Message).ShouldMatch("toolarge|sizetoolarge|largerthan|largest");
        (await ConsumeAsync(topic, 1)).Single().Text.ShouldBe("small");
    }

    private static string Noise(int letters)
    {
        var random = new Random(3);
        return new string([.. Enumerable.Range(0, letters).Select(_ => (char)('a' + random.Next(26)))]);
    }

    /// <summary>Clients spell the same error's name in many ways.</summary>
    private static string Normal(string error) => new([.. error.ToLowerInvariant().Where(char.IsAsciiLetterLower)]);
}
