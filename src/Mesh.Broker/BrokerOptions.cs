using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace Mesh.Broker;

/// <summary>How the embedded broker listens, what it accepts and where it keeps the log.</summary>
public sealed record BrokerOptions
{
    /// <summary>Folder of the broker alone (topics, group offsets, lock); created when absent. One broker per folder.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Address to listen on (default: loopback). Beyond loopback <see cref="TlsCertificate"/> and users are demanded.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>TCP port (default: 9092); 0 takes a free one, which <see cref="KafkaBroker.Port"/> then tells.</summary>
    public int Port { get; init; } = 9092;

    /// <summary>Host that clients are told to connect to; null for the listening address, or the machine's name when that is a wildcard.</summary>
    public string? AdvertisedHost { get; init; }

    /// <summary>Server certificate with its private key; null for plain text (default).</summary>
    public X509Certificate2? TlsCertificate { get; init; }

    /// <summary>
    /// Authorities (and intermediates) that clients' certificates must come from; null (default) asks for none. The certificate's subject
    /// is the client's principal (<c>User:CN=…</c>) unless SASL names another.
    /// </summary>
    public X509Certificate2Collection? TlsClientAuthorities { get; init; }

    /// <summary>
    /// Users and passwords for SASL PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; when empty (default), and without <see cref="UsersFile"/>,
    /// nobody has to authenticate.
    /// </summary>
    public IReadOnlyDictionary<string, string> Users { get; init; } = new Dictionary<string, string>();

    /// <summary>
    /// File with further users, one a line: <c>name: password</c>, or with derived keys only
    /// <c>name: SCRAM-SHA-256 salt=…,stored_key=…,server_key=…,iterations=4096</c>. Read again when it changes. Null (default) for none.
    /// </summary>
    public string? UsersFile { get; init; }

    /// <summary>Users who may do everything, whatever the access control entries say (default: none).</summary>
    public IReadOnlyCollection<string> SuperUsers { get; init; } = [];

    /// <summary>
    /// Whether a topic, group or the cluster is open to everybody (who has authenticated) as long as no access control entry is about it
    /// (default: true); false is Kafka's default, and needs <see cref="SuperUsers"/>, or nobody could make the first entry.
    /// </summary>
    public bool AllowWithoutAcl { get; init; } = true;

    /// <summary>Whether it listens beyond loopback even without TLS and users (default: false). Everybody on the network can then read and write everything.</summary>
    public bool AllowInsecure { get; init; }

    /// <summary>Time before a failed login is answered (default: 100 ms), against guessing.</summary>
    public TimeSpan FailedAuthenticationDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Largest record batch accepted, in bytes (default: 16 MiB).</summary>
    public int MaxMessageBytes { get; init; } = 16 << 20;

    /// <summary>Largest request accepted, in bytes (default: 64 MiB). A longer one is refused before anything is allocated for it.</summary>
    public int MaxRequestBytes { get; init; } = 64 << 20;

    /// <summary>Memory that requests and answers of all connections may hold, in bytes (default: 512 MiB); beyond it large ones are refused. Fetched records do not count: they go from the files to the sockets in pieces.</summary>
    public long MaxBufferedBytes { get; init; } = 512L << 20;

    /// <summary>Open connections (default: 1000); further ones are closed at once.</summary>
    public int MaxConnections { get; init; } = 1000;

    /// <summary>Open connections from one address (default: no limit of its own); further ones are closed at once.</summary>
    public int MaxConnectionsPerAddress { get; init; } = int.MaxValue;

    /// <summary>New connections a second from one address; null (default) for no limit. Further ones wait.</summary>
    public int? MaxConnectionsPerSecond { get; init; }

    /// <summary>Bytes a second that a user (an address, where nobody authenticates) may produce; null (default) for no limit. Who produces more is told to wait and not heard meanwhile.</summary>
    public long? ProduceBytesPerSecond { get; init; }

    /// <summary>Bytes a second that a user (an address, where nobody authenticates) may fetch; null (default) for no limit. Who fetches more is told to wait and not heard meanwhile.</summary>
    public long? FetchBytesPerSecond { get; init; }

    /// <summary>Silence after which a connection is closed (default: 10 minutes); in the middle of a request or before authentication 30 seconds do.</summary>
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
