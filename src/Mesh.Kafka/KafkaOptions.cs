namespace Mesh.Kafka;

/// <summary>Where the event log and its schema registry are.</summary>
public sealed record KafkaOptions
{
    /// <summary>Addresses of brokers, <c>host:port</c> separated by commas (default: the embedded broker).</summary>
    public string Bootstrap { get; init; } = "127.0.0.1:9092";

    /// <summary>Base address of a schema registry that speaks Confluent's REST interface (default: the embedded one).</summary>
    public string SchemaRegistryUrl { get; init; } = "http://127.0.0.1:8081";

    /// <summary>Name the clients announce (default: <c>mesh</c>).</summary>
    public string ClientId { get; init; } = "mesh";

    /// <summary>User for SASL PLAIN; null for none.</summary>
    public string? User { get; init; }

    /// <summary>Password for SASL PLAIN and the registry.</summary>
    public string? Password { get; init; }

    /// <summary>PEM file of the certificate authority when the brokers use TLS; null for plain text.</summary>
    public string? TlsCaFile { get; init; }
}
