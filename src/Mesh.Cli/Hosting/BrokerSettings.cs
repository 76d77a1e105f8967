using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mesh.Broker;
using Mesh.Commands.Configuration;
using Mesh.Model;

namespace Mesh.Cli.Hosting;

/// <summary>The embedded broker's options from the settings <c>kafka.*</c>.</summary>
internal static class BrokerSettings
{
    /// <summary>The user of <c>http.token</c>, and of Mesh itself.</summary>
    public const string OwnUser = "mesh";

    /// <param name="settings">The settings.</param>
    /// <param name="access">Addresses, certificate.</param>
    /// <param name="folder">The broker's data folder.</param>
    /// <param name="ownPassword">Password of <see cref="OwnUser"/>; null for no such user.</param>
    /// <exception cref="MeshException"><c>MESH11001</c> a setting is not what it should be, <c>MESH11053</c> the authorities cannot be read.</exception>
    public static BrokerOptions Read(Settings settings, ServerAccess access, string folder, string? ownPassword) => new()
    {
        DataFolder = folder,
        Listen = access.KafkaListen,
        Port = settings.Port(SettingKeys.KafkaPort),
        AdvertisedHost = settings.Text(SettingKeys.KafkaAdvertisedHost),
        Flush = settings.Choice<FlushPolicy>(SettingKeys.KafkaFlush),
        TlsCertificate = access.Certificate,
        TlsClientAuthorities = ReadAuthorities(settings.Text(SettingKeys.KafkaTlsClientAuthorities)),
        Users = ownPassword is null ? new Dictionary<string, string>() : new Dictionary<string, string> { [OwnUser] = ownPassword },
        UsersFile = settings.Text(SettingKeys.KafkaUsers),
        SuperUsers =
        [
            .. ownPassword is null ? [] : (string[])[OwnUser],
            .. settings[SettingKeys.KafkaSuperUsers].Text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        ],
        AllowWithoutAcl = settings.Flag(SettingKeys.KafkaAllowWithoutAcl),
        AllowInsecure = settings.Flag(SettingKeys.KafkaAllowInsecure),
        Retention = settings.Text(SettingKeys.KafkaRetention) is null ? null : settings.Duration(SettingKeys.KafkaRetention),
        RetentionBytes = Bytes(settings, SettingKeys.KafkaRetentionBytes),
        SegmentBytes = settings.Bytes(SettingKeys.KafkaSegmentBytes),
        AutoCreateTopics = settings.Flag(SettingKeys.KafkaAutoCreateTopics),
        MaxConnections = settings.Count(SettingKeys.KafkaMaxConnections),
        MaxConnectionsPerAddress = Count(settings, SettingKeys.KafkaMaxConnectionsPerAddress) ?? int.MaxValue,
        MaxConnectionsPerSecond = Count(settings, SettingKeys.KafkaMaxConnectionsPerSecond),
        ProduceBytesPerSecond = Bytes(settings, SettingKeys.KafkaProduceBytesPerSecond),
        FetchBytesPerSecond = Bytes(settings, SettingKeys.KafkaFetchBytesPerSecond),
    };

    private static long? Bytes(Settings settings, SettingKey key) => settings.Text(key) is null ? null : settings.Bytes(key);

    private static int? Count(Settings settings, SettingKey key) => settings.Text(key) is null ? null : settings.Count(key);

    private static X509Certificate2Collection? ReadAuthorities(string? path)
    {
        if (path is null) return null;
        try
        {
            var authorities = new X509Certificate2Collection();
            authorities.ImportFromPemFile(path);
            return authorities;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11053", $"Cannot read the authorities of `{SettingKeys.KafkaTlsClientAuthorities.Name}`: {exception.Message}", innerException: exception);
        }
    }
}
