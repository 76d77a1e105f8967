using Confluent.Kafka;
using Mesh.Model;

namespace Mesh.Kafka;

/// <summary>The settings of the native client that follow from <see cref="KafkaOptions"/>.</summary>
internal static class ClientSettings
{
    private static readonly string[] SecurityProtocols = ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"];
    private static readonly string[] SaslMechanisms = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

    /// <summary>What has a setting of Mesh's own.</summary>
    private static readonly Dictionary<string, string> Named = new(StringComparer.Ordinal)
    {
        ["bootstrap.servers"] = "kafka.bootstrap",
        ["metadata.broker.list"] = "kafka.bootstrap",
        ["client.rack"] = "kafka.rack",
        ["security.protocol"] = "kafka.securityProtocol",
        ["sasl.mechanism"] = "kafka.saslMechanism",
        ["sasl.mechanisms"] = "kafka.saslMechanism",
        ["sasl.username"] = "kafka.user",
        ["sasl.password"] = "kafka.password",
        ["ssl.ca.location"] = "kafka.tlsCaFile",
        ["ssl.certificate.location"] = "kafka.tlsCertificateFile",
        ["ssl.key.location"] = "kafka.tlsKeyFile",
    };

    /// <summary>What delivery, order and offsets rest on.</summary>
    private static readonly HashSet<string> Reserved = new(StringComparer.Ordinal)
    {
        "acks", "request.required.acks", "enable.idempotence", "enable.gapless.guarantee", "transactional.id", "transaction.timeout.ms", "partitioner",
        "max.in.flight", "max.in.flight.requests.per.connection", "message.timeout.ms", "delivery.timeout.ms", "retries", "message.send.max.retries",
        "delivery.report.only.error", "client.id", "group.id", "group.instance.id", "group.protocol", "group.protocol.type", "enable.auto.commit", "auto.commit.enable",
        "auto.commit.interval.ms", "enable.auto.offset.store", "auto.offset.reset", "isolation.level", "enable.partition.eof",
        "partition.assignment.strategy", "allow.auto.create.topics", "max.poll.interval.ms", "offset.store.method", "enabled_events", "opaque", "plugin.library.paths",
    };

    /// <summary>Applies what producers, consumers and admin clients have in common.</summary>
    /// <exception cref="MeshException"><c>MESH7106</c>: a setting is not one of its values, or may not be set.</exception>
    public static T For<T>(KafkaOptions options, T config)
        where T : ClientConfig
    {
        config.BootstrapServers = options.Bootstrap;
        config.ClientId = options.ClientId;
        config.SocketNagleDisable = true;
        // A broker that comes back is found within a second or two: uploads must flow again within a minute of a fault's end.
        config.ReconnectBackoffMs = 100;
        config.ReconnectBackoffMaxMs = 1_000;
        if (options.Rack is not null) config.ClientRack = options.Rack;

        bool usesTls = options.TlsCaFile is not null || options.TlsCertificateFile is not null;
        string protocol = OneOf(
            "kafka.securityProtocol", options.SecurityProtocol ?? (usesTls, options.User) switch
            {
                (false, null) => "PLAINTEXT",
                (false, _) => "SASL_PLAINTEXT",
                (true, null) => "SSL",
                _ => "SASL_SSL",
            },
            SecurityProtocols);
        config.Set("security.protocol", protocol);
        if (protocol.EndsWith("SSL", StringComparison.Ordinal))
        {
            if (options.TlsCaFile is not null) config.SslCaLocation = options.TlsCaFile;
            if (options.TlsCertificateFile is not null) config.SslCertificateLocation = options.TlsCertificateFile;
            if (options.TlsKeyFile is not null) config.SslKeyLocation = options.TlsKeyFile;
        }

        if (protocol.StartsWith("SASL", StringComparison.Ordinal))
        {
            if (options.User is null) throw new MeshException("MESH7106", $"`kafka.securityProtocol` is {protocol}, which needs `kafka.user` and `kafka.password`.");
            config.Set("sasl.mechanism", OneOf("kafka.saslMechanism", options.SaslMechanism, SaslMechanisms));
            config.SaslUsername = options.User;
            config.SaslPassword = options.Password ?? "";
        }

        foreach (var (key, value) in options.Client)
        {
            if (Named.TryGetValue(key, out string? own)) throw new MeshException("MESH7106", $"`kafka.client.{key}` cannot be set; it has a setting of its own, `{own}`.");
            if (Reserved.Contains(key) || key.EndsWith("_cb", StringComparison.Ordinal))
            {
                throw new MeshException("MESH7106", $"`kafka.client.{key}` cannot be set: that events are neither lost nor out of order rests on it. Remove it.");
            }

            config.Set(key, value);
        }

        return config;
    }

    /// <summary>Makes a client; what the library says of wrong settings becomes an error that names ours.</summary>
    /// <exception cref="MeshException"><c>MESH7106</c>.</exception>
    public static T Build<T>(KafkaOptions options, Func<T> build)
    {
        try
        {
            return build();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException or KafkaException)
        {
            throw Refused(options, exception);
        }
    }

    /// <summary>The error for settings that the library refuses.</summary>
    public static MeshException Refused(KafkaOptions options, Exception cause) => new(
        "MESH7106",
        $"The Kafka client for {options.Bootstrap} cannot start: {cause.Message}. Check kafka.bootstrap, kafka.tlsCaFile, the other kafka.tls files, kafka.client and the credentials.",
        innerException: cause);

    private static string OneOf(string setting, string value, string[] allowed) =>
        Array.Find(allowed, candidate => candidate.Equals(value, StringComparison.OrdinalIgnoreCase))
        ?? throw new MeshException("MESH7106", $"`{setting}` is '{value}', but should be one of {string.Join(", ", allowed)}.");
}
