using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Mesh.Kafka;

/// <summary>HTTP to the schema registry of <see cref="KafkaOptions"/>: its credentials, and trust in its certificate.</summary>
internal static class RegistryHttp
{
    public static HttpClient Create(KafkaOptions options)
    {
        var handler = new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (options.TlsCaFile is not null) handler.SslOptions = TrustOnly(options.TlsCaFile);
        var http = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
        if (options.SchemaRegistryUser is not null)
        {
            string credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.SchemaRegistryUser}:{options.SchemaRegistryPassword}"));
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", credentials);
        }

        return http;
    }

    private static SslClientAuthenticationOptions TrustOnly(string caFile)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(caFile);
        return new SslClientAuthenticationOptions { CertificateChainPolicy = policy };
    }
}
