using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Kubernetes;

public sealed class ClusterAccessTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_client_certificate_is_shown_and_the_servers_is_held_against_the_authority()
    {
        using var authority = Authority("test authority");
        using var serverCertificate = Issue(authority, "server", isServer: true);
        using var clientCertificate = Issue(authority, "mesh", isServer: false);
        using var server = new ApiServer(serverCertificate);
        string data = Convert.ToBase64String(Encoding.UTF8.GetBytes(authority.ExportCertificatePem()));
        File.WriteAllText(folder["client.crt"], clientCertificate.ExportCertificatePem());
        File.WriteAllText(folder["client.key"], clientCertificate.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem());
        WriteConfig($"certificate-authority-data: {data}", "client-certificate: client.crt, client-key: client.key", server.Url);

        using var client = new KubernetesClient(Kubeconfig.Read(folder["config"], null), NullLogger.Instance, TimeProvider.System);

        client.Namespace.ShouldBe("ml");
        (await client.FindJobAsync("ml", "nothing", Stop)).ShouldBeNull();
        server.Clients.ShouldBe(["CN=mesh"]);

        // Another authority's word does not count: the server is never reached.
        using var stranger = Authority("stranger");
        WriteConfig($"certificate-authority-data: {Convert.ToBase64String(Encoding.UTF8.GetBytes(stranger.ExportCertificatePem()))}", "client-certificate: client.crt, client-key: client.key", server.Url);
        using var distrustful = new KubernetesClient(Kubeconfig.Read(folder["config"], null), NullLogger.Instance, TimeProvider.System);
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await Should.ThrowAsync<OperationCanceledException>(distrustful.FindJobAsync("ml", "nothing", soon.Token));
        server.Requests.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("", "exec: { command: aws }", "MESH9111", "`exec` is not supported: a server should not start login programs")]
    [InlineData("", "auth-provider: { name: gcp }", "MESH9111", "`auth-provider`")]
    [InlineData("insecure-skip-tls-verify: true", "token: t", "MESH9111", "`insecure-skip-tls-verify`")]
    [InlineData("", "username: u, password: p", "MESH9111", "`username`")]
    [InlineData("", "client-certificate: nothere.crt", "MESH9110", "nothere.crt")]
    [InlineData("certificate-authority-data: '!'", "token: t", "MESH9110", "Base-64")]
    public void What_is_not_supported_is_refused_with_the_remedy(string cluster, string user, string code, string expected)
    {
        WriteConfig(cluster, user, "https://localhost:1");

        var exception = Should.Throw<MeshException>(() => Kubeconfig.Read(folder["config"], null));

        exception.Code.ShouldBe(code);
        exception.Message.ShouldContain(expected);
    }

    [Fact]
    public void A_context_that_is_not_there_is_told()
    {
        WriteConfig("", "token: t", "https://localhost:1");

        Should.Throw<MeshException>(() => Kubeconfig.Read(folder["config"], "production")).Message.ShouldContain("it has no context 'production'");
        Should.Throw<MeshException>(() => Kubeconfig.Read(folder["nothere"], null)).Code.ShouldBe("MESH9110");
    }

    [Fact]
    public void A_service_accounts_token_is_read_anew_because_it_is_replaced()
    {
        File.WriteAllText(folder["token"], "first\n");
        File.WriteAllText(folder["namespace"], "mesh");

        var access = ServiceAccount.Read(folder.Path, "fd00::1", "6443");

        (access.Server.AbsoluteUri, access.Namespace, access.Token()).ShouldBe(("https://[fd00::1]:6443/", "mesh", "first"));
        File.WriteAllText(folder["token"], "second");
        access.Token().ShouldBe("second");
        Should.Throw<MeshException>(() => ServiceAccount.Read(folder.Path, null, null)).Message.ShouldContain("Set pools.NAME.kubeconfig");
    }

    private void WriteConfig(string cluster, string user, string server) => File.WriteAllText(folder["config"],
        $$"""
        apiVersion: v1
        kind: Config
        current-context: test
        clusters: [{ name: c, cluster: { server: "{{server}}", {{cluster}} } }]
        users: [{ name: u, user: { {{user}} } }]
        contexts: [{ name: test, context: { cluster: c, user: u, namespace: ml } }]
        """);

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 Issue(X509Certificate2 authority, string name, bool isServer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        if (isServer)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddIpAddress(IPAddress.Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), RandomNumberGenerator.GetBytes(8));
        using var withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }
}
