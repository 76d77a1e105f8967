using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mesh.Commands.Configuration;
using Mesh.Model;

namespace Mesh.Cli.Hosting;

/// <summary>Who may connect, and how: loopback freely, from elsewhere only with TLS and a token (Kafka: or users).</summary>
internal sealed record ServerAccess(IPAddress HttpListen, IPAddress KafkaListen, string? Token, X509Certificate2? Certificate)
{
    /// <summary>Names beside those of loopback that listeners on loopback answer to.</summary>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Reads and checks the settings.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH11051</c> an address is none, <c>MESH11052</c> beyond loopback without certificate or token, <c>MESH11053</c> the certificate cannot be read.
    /// </exception>
    public static ServerAccess Read(Settings settings)
    {
        var access = new ServerAccess(Address(settings, SettingKeys.HttpListen), Address(settings, SettingKeys.KafkaListen), settings.Text(SettingKeys.HttpToken), ReadCertificate(settings))
        {
            AllowedHosts = settings.Text(SettingKeys.HttpAllowedHosts)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        };
        bool kafkaKnows = access.Token is not null || settings.Text(SettingKeys.KafkaUsers) is not null || settings.Text(SettingKeys.KafkaTlsClientAuthorities) is not null;
        if (!access.IsLoopback(access.HttpListen) && (access.Token is null || access.Certificate is null)) throw Open(SettingKeys.HttpListen, access.HttpListen, "`tls.certificate`, `tls.key` and `http.token`");
        if (!access.IsLoopback(access.KafkaListen) && (!kafkaKnows || access.Certificate is null) && !settings.Flag(SettingKeys.KafkaAllowInsecure))
        {
            throw Open(SettingKeys.KafkaListen, access.KafkaListen, "`tls.certificate`, `tls.key`, and `http.token`, `kafka.users` or `kafka.tlsClientAuthorities` (or `kafka.allowInsecure: true`, which lets everybody in)");
        }

        return access;
    }

    /// <summary>Whether only this machine can reach the address.</summary>
    public bool IsLoopback(IPAddress address) => IPAddress.IsLoopback(address);

    private static MeshException Open(SettingKey key, IPAddress address, string needed) =>
        new("MESH11052", $"`{key.Name}` is {address}, beyond loopback: that needs {needed}.");

    private static IPAddress Address(Settings settings, SettingKey key) => settings[key].Text switch
    {
        "localhost" => IPAddress.Loopback,
        "*" => IPAddress.IPv6Any,
        var text when IPAddress.TryParse(text, out var address) => address,
        var text => throw new MeshException("MESH11051", $"`{key.Name}` is '{text}', but should be an IP address, `localhost` or `*`."),
    };

    private static X509Certificate2? ReadCertificate(Settings settings)
    {
        if (settings.Text(SettingKeys.TlsCertificate) is not { } certificate) return null;
        try
        {
            return X509Certificate2.CreateFromPemFile(certificate, settings.Text(SettingKeys.TlsKey));
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new MeshException("MESH11053", $"Cannot read the certificate of `tls.certificate` and `tls.key`: {exception.Message}", innerException: exception);
        }
    }
}
