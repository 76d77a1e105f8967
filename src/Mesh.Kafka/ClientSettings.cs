using Confluent.Kafka;

namespace Mesh.Kafka;

/// <summary>The settings of the native client that follow from <see cref="KafkaOptions"/>.</summary>
internal static class ClientSettings
{
    /// <summary>Applies what producers, consumers and admin clients have in common.</summary>
    public static T For<T>(KafkaOptions options, T config)
        where T : ClientConfig
    {
        config.BootstrapServers = options.Bootstrap;
        config.ClientId = options.ClientId;
        config.SocketNagleDisable = true;
        // A broker that comes back is found within a second or two: uploads must flow again within a minute of a fault's end.
        config.ReconnectBackoffMs = 100;
        config.ReconnectBackoffMaxMs = 1_000;
        config.SecurityProtocol = (options.TlsCaFile, options.User) switch
        {
            (null, null) => SecurityProtocol.Plaintext,
            (null, _) => SecurityProtocol.SaslPlaintext,
            (_, null) => SecurityProtocol.Ssl,
            _ => SecurityProtocol.SaslSsl,
        };
        if (options.TlsCaFile is not null) config.SslCaLocation = options.TlsCaFile;
        if (options.User is not null)
        {
            config.SaslMechanism = SaslMechanism.Plain;
            config.SaslUsername = options.User;
            config.SaslPassword = options.Password ?? "";
        }

        return config;
    }
}
