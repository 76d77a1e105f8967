using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Mesh.Broker;

/// <summary>How the embedded broker listens, what it accepts and where it keeps the log.</summary>
public sealed record BrokerOptions
{
    /// <summary>Folder of the broker alone (topics, group offsets, lock); created when absent. One broker per folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Address to listen on (default: loopback). Beyond loopback <see cref="TlsCertificate"/> and <see cref="Users"/> are demanded.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port (default: 9092); 0 takes a free one, which <see cref="KafkaBroker.Port"/> then tells.</summary>
    public int Port { get; init; } = 9092;

    /// <summary>Host that clients are told to connect to; null for the listening address, or the machine's name when that is a wildcard.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Server certificate with its private key; null for plain text (default).</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>Users and passwords for SASL PLAIN; when empty (default) nobody has to authenticate.</summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>Largest record batch accepted, in bytes (default: 16 MiB).</summary>
    public int MaxMessageBytes { get; init; } = 16 << 20;

    /// <summary>Largest request accepted, in bytes (default: 64 MiB). A longer one is refused before anything is allocated for it.</summary>
    public int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>Memory that requests and fetched data of all connections may hold, in bytes (default: 512 MiB). Beyond it large requests are refused and fetches get smaller.</summary>
    public long MaxBufferedBytes { get; init; } = 512L << 20;

    /// <summary>Open connections (default: 1000); further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>Silence after which a connection is closed (default: 10 minutes); in the middle of a request or of authentication 30 seconds do.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>When a produced batch counts as written (default: in the page cache).</summary>
    public FlushPolicy Flush { get; init; } = FlushPolicy.PageCache;

    /// <summary>Size at which a partition starts a new segment file, in bytes (default: 256 MiB).</summary>
    public long SegmentBytes { get; init; } = 256L << 20;

    /// <summary>Age at which closed segments are deleted; null (default) keeps them. The topic setting <c>retention.ms</c> overrides it.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>Size of a partition beyond which closed segments are deleted, in bytes; null (default) for no limit. The topic setting <c>retention.bytes</c> overrides it.</summary>
    public long? RetentionBytes { get; init; }

    /// <summary>How often retention and compaction look at every partition (default: 30 seconds).</summary>
    public TimeSpan UpkeepInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Silence after which an idempotent producer is forgotten, unless it has a transaction open (default: 1 day).</summary>
    public TimeSpan ProducerIdExpiration { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether asking for a topic that does not exist creates it, when the client allows that (default: true).</summary>
    public bool AutoCreateTopics { get; init; } = true;

    /// <summary>Partitions of a topic whose creator does not say (default: 1).</summary>
    public int DefaultPartitions { get; init; } = 1;

    /// <summary>Partitions of all topics together (default: 10,000).</summary>
    public int MaxPartitions { get; init; } = 10_000;

    /// <summary>How long the first member of a consumer group waits for others (default: 100 ms).</summary>
    public TimeSpan InitialRebalanceDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Members of one consumer group (default: 1000).</summary>
    public int MaxGroupMembers { get; init; } = 1000;

    /// <summary>How long the offsets of a group are kept that has no members and commits nothing (default: 7 days, as Kafka).</summary>
    public TimeSpan OffsetsRetention { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Longest transaction timeout that a producer may ask for (default: 15 minutes); an overdue transaction is aborted.</summary>
    public TimeSpan MaxTransactionTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Silence after which a transactional id is forgotten (default: 7 days); its producer is then no longer known and must begin anew.</summary>
    public TimeSpan TransactionalIdExpiration { get; init; } = TimeSpan.FromDays(7);
}
