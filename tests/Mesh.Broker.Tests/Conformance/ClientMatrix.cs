namespace Mesh.Broker.Tests.Conformance;

/// <summary>The clients of the suite and what each of them cannot do; every other cell is a test.</summary>
internal static class ClientMatrix
{
    public const string Confluent = "Confluent.Kafka", Kcat = "kcat", ConfluentPython = "confluent-kafka (Python)", KafkaPython = "kafka-python", KafkaJs = "kafkajs", Platformatic = "@platformatic/kafka";

    private static readonly Dictionary<string, (string Version, Dictionary<string, string> Missing)> Clients = new()
    {
        [Confluent] = ("2.15.1, librdkafka 2.0.2", []),
        [ConfluentPython] = ("1.7.0, librdkafka 2.0.2", new()
        {
            [Capability.DeleteRecords] = "the binding has no call for it",
            [Capability.OffsetAdmin] = "the binding has no call for it",
        }),
        [Kcat] = ("1.7.1, librdkafka 2.0.2", new()
        {
            [Capability.Records] = "cannot set timestamps",
            [Capability.Transactions] = "has no transactional producer",
            [Capability.TransactionOffsets] = "has no transactional producer",
            [Capability.Groups] = "shows no assignment",
            [Capability.Cooperative] = "shows no assignment",
            [Capability.Static] = "shows no assignment",
            [Capability.Configs] = "has no admin calls",
            [Capability.DeleteRecords] = "has no admin calls",
            [Capability.GroupAdmin] = "has no admin calls",
            [Capability.OffsetAdmin] = "has no admin calls",
            [Capability.Topics] = "has no admin calls",
            [Capability.Errors] = "has no admin calls",
        }),
        [KafkaPython] = ("2.0.2", new()
        {
            [Capability.Zstd] = "reads with a Fetch version that is older than zstd",
            [Capability.Cooperative] = "knows eager assignment only",
            [Capability.Static] = "knows no static membership",
            [Capability.DeleteRecords] = "has no call for it",
            [Capability.Idempotence] = "has no idempotent producer",
            [Capability.Transactions] = "has no transactional producer",
            [Capability.TransactionOffsets] = "has no transactional producer",
        }),
        [KafkaJs] = ("2.2.4", new()
        {
            [Capability.Lz4] = "has no codec of its own",
            [Capability.Zstd] = "has no codec of its own",
            [Capability.Cooperative] = "knows eager assignment only",
            [Capability.Static] = "knows no static membership",
        }),
        [Platformatic] = ("2.12.1", new() { [Capability.Zstd] = "needs Node.js 22.15" }),
    };

    /// <summary>Names, in the table's order.</summary>
    public static IEnumerable<string> Names => Clients.Keys;

    public static string VersionOf(string client) => Clients[client].Version;

    /// <summary>Why a client cannot do something; null when it can, which a test then shows.</summary>
    public static string? Missing(string client, string capability) => Clients[client].Missing.GetValueOrDefault(capability);

    /// <summary>Everything a client cannot do.</summary>
    public static IEnumerable<string> MissingOf(string client) => Clients[client].Missing.Keys;

    /// <summary>What a client's tests have to show.</summary>
    public static TheoryData<string> CapabilitiesOf(string client) => [.. Capability.All.Select(each => each.Name).Where(name => Missing(client, name) is null)];
}
