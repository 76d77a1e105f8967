using Confluent.Kafka;

namespace Mesh.BrokerWorkload;

/// <summary>Names and settings that all clients of the run share.</summary>
internal static class Workload
{
    public const int Partitions = 3;
    public const string Input = "in";
    public const string Output = "out";
    public const string Readers = "readers";
    public const string Copiers = "copiers";

    /// <summary>Patience for one answer, shorter than the longest pause of the broker, so that clients give up and send again.</summary>
    private const int RequestTimeoutMs = 1_500;

    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(5);

    public static IEnumerable<TopicPartition> AllPartitions => new[] { Input, Output }.SelectMany(topic => Enumerable.Range(0, Partitions).Select(p => new TopicPartition(topic, p)));

    /// <summary>A seed that the same name gives in every process.</summary>
    public static int SeedOf(string name) => name.Aggregate(17, (hash, letter) => unchecked((hash * 31) + letter));

    public static ProducerConfig Producer(string bootstrap) => Common(new ProducerConfig
    {
        Acks = Acks.All,
        LingerMs = 2,
        RequestTimeoutMs = RequestTimeoutMs,
        MessageTimeoutMs = 120_000,
        RetryBackoffMs = 50,
    }, bootstrap);

    public static ConsumerConfig Consumer(string bootstrap, string? group, string isolation) => Common(new ConsumerConfig
    {
        GroupId = group ?? "assigned-by-hand",
        IsolationLevel = isolation == "read_uncommitted" ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted,
        EnableAutoCommit = false,
        AutoOffsetReset = group is null ? AutoOffsetReset.Error : AutoOffsetReset.Earliest,
        SessionTimeoutMs = 6_000,
        HeartbeatIntervalMs = 500,
        FetchWaitMaxMs = 100,
    }, bootstrap);

    public static T Common<T>(T config, string bootstrap)
        where T : ClientConfig
    {
        config.BootstrapServers = bootstrap;
        config.SocketTimeoutMs = RequestTimeoutMs;
        config.ReconnectBackoffMs = 20;
        config.ReconnectBackoffMaxMs = 300;
        config.TopicMetadataRefreshIntervalMs = 5_000;
        return config;
    }
}
