namespace Mesh.Kafka;

/// <summary>Where the event log and its schema registry are, and how to speak to them.</summary>
public sealed record KafkaOptions
{
    /// <summary>Addresses of brokers, <c>host:port</c> separated by commas (default: the embedded broker).</summary>
    public string Bootstrap { get; init; } = "127.0.0.1:9092";

    /// <summary>
    /// Base address of a schema registry that speaks Confluent's REST interface (default: the embedded one). Several, separated by commas,
    /// stand in for each other; an address may hold its own user and password.
    /// </summary>
    public string SchemaRegistryUrl { get; init; } = "http://127.0.0.1:8081";

    /// <summary>User for the registry; null for none.</summary>
    public string? SchemaRegistryUser { get; init; }

    /// <summary>Password for the registry.</summary>
    public string? SchemaRegistryPassword { get; init; }

    /// <summary>Name the clients announce (default: <c>mesh</c>).</summary>
    public string ClientId { get; init; } = "mesh";

    /// <summary>Rack or zone of this process, so that it reads from a replica nearby (KIP-392); null for none.</summary>
    public string? Rack { get; init; }

    /// <summary>Replicas of topics that are created; -1 (default) takes the cluster's own default.</summary>
    public short ReplicationFactor { get; init; } = -1;

    /// <summary>
    /// PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; null (default): SASL when there is a <see cref="User"/>, TLS when there is a
    /// <see cref="TlsCaFile"/> or <see cref="TlsCertificateFile"/>.
    /// </summary>
    public string? SecurityProtocol { get; init; }

    /// <summary>PLAIN (default), SCRAM-SHA-256 or SCRAM-SHA-512.</summary>
    public string SaslMechanism { get; init; } = "PLAIN";

    /// <summary>User for SASL; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password for SASL.</summary>
    public string? Password { get; init; }

    /// <summary>PEM file of the certificate authority of brokers and registry; null: the system's.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary>PEM file of the certificate that this client shows; null for none.</summary>
    public string? TlsCertificateFile { get; init; }

    /// <summary>PEM file of that certificate's private key.</summary>
    public string? TlsKeyFile { get; init; }

    /// <summary>Settings handed to librdkafka as they are, by its names; those that Mesh relies on are refused (<c>MESH7106</c>).</summary>
    public IReadOnlyDictionary<string, string> Client { get; init; } = new Dictionary<string, string>();
}
