using System.Globalization;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Commands.Configuration;

/// <summary>How the settings say to speak to a Kafka cluster and its schema registry.</summary>
public static class KafkaSettings
{
    /// <summary>What holds for any log, also the embedded one: rack and the client's own settings.</summary>
    public static KafkaOptions ReadCommon(Settings settings) => new()
    {
        Rack = settings.Text(SettingKeys.KafkaRack),
        Client = settings.Map(SettingKeys.KafkaClient),
    };

    /// <summary>Where the cluster is and how to get in.</summary>
    /// <param name="settings">Settings.</param>
    /// <param name="bootstrap">Brokers, <c>host:port,...</c>.</param>
    /// <exception cref="MeshException"><c>MESH11001</c>: the number of replicas is none.</exception>
    public static KafkaOptions ReadCluster(Settings settings, string bootstrap)
    {
        var options = ReadCommon(settings);
        return options with
        {
            Bootstrap = bootstrap,
            SchemaRegistryUrl = settings.Text(SettingKeys.SchemaRegistryUrl) ?? options.SchemaRegistryUrl,
            SchemaRegistryUser = settings.Text(SettingKeys.SchemaRegistryUser),
            SchemaRegistryPassword = settings.Text(SettingKeys.SchemaRegistryPassword),
            ReplicationFactor = Replication(settings),
            SecurityProtocol = settings.Text(SettingKeys.KafkaSecurityProtocol),
            SaslMechanism = settings[SettingKeys.KafkaSaslMechanism].Text,
            User = settings.Text(SettingKeys.KafkaUser),
            Password = settings.Text(SettingKeys.KafkaPassword),
            TlsCaFile = settings.Text(SettingKeys.KafkaTlsCaFile),
            TlsCertificateFile = settings.Text(SettingKeys.KafkaTlsCertificateFile),
            TlsKeyFile = settings.Text(SettingKeys.KafkaTlsKeyFile),
        };
    }

    /// <summary>As <see cref="ReadCluster"/>, for a process that publishes events: it needs a registry.</summary>
    /// <exception cref="MeshException"><c>MESH11070</c>: no registry is named, and the embedded one keeps its schemas in the embedded broker.</exception>
    public static KafkaOptions ReadPublisher(Settings settings, string bootstrap) => settings.Text(SettingKeys.SchemaRegistryUrl) is not null
        ? ReadCluster(settings, bootstrap)
        : throw new MeshException(
            "MESH11070",
            $"`kafka.bootstrap` is {bootstrap}, so no broker is embedded, and the embedded schema registry lives in that. Name the cluster's registry in `schemaRegistry.url` (--schema-registry URL).");

    private static short Replication(Settings settings)
    {
        if (settings.Text(SettingKeys.KafkaReplication) is not { } text) return -1;
        return short.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out short replicas) && replicas > 0
            ? replicas
            : throw new MeshException("MESH11001", $"`{SettingKeys.KafkaReplication.Name}` is '{text}' ({settings[SettingKeys.KafkaReplication].Source}), but should be a number from 1 to 32767.");
    }
}
