using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Confluent.Kafka;
using Mesh.Broker.Tests.Support;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Clients;

public class SecurityTests
{
    private static readonly Dictionary<string, string> Users = new() { ["mesh"] = "correct horse" };

    [Fact]
    public async Task With_users_configured_only_the_right_password_gets_in()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { Users = Users });

        using var welcome = Producer(broker, SecurityProtocol.SaslPlaintext, "correct horse");
        var delivered = await welcome.ProduceAsync("t", new Message<Null, string> { Value = "v" }, TestContext.Current.CancellationToken);
        using var wrong = Producer(broker, SecurityProtocol.SaslPlaintext, "battery staple");
        await Should.ThrowAsync<ProduceException<Null, string>>(() => wrong.ProduceAsync("t", new Message<Null, string> { Value = "v" }));
        using var anonymous = Producer(broker, SecurityProtocol.Plaintext, "");
        await Should.ThrowAsync<ProduceException<Null, string>>(() => anonymous.ProduceAsync("t", new Message<Null, string> { Value = "v" }));

        delivered.Offset.Value.ShouldBe(0);
        broker.Broker.Describe().Topics.Single().Partitions.Single().EndOffset.ShouldBe(1);
    }

    [Fact]
    public async Task Tls_with_users_works_on_all_addresses()
    {
        using var certificate = SelfSigned();
        await using var broker = await TestBroker.StartAsync(options => options with { Listen = IPAddress.Any, AdvertisedHost = "127.0.0.1", TlsCertificate = certificate, Users = Users });

        using var producer = Producer(broker, SecurityProtocol.SaslSsl, "correct horse", certificate.ExportCertificatePem());
        var delivered = await producer.ProduceAsync("t", new Message<Null, string> { Value = "v" }, TestContext.Current.CancellationToken);

        delivered.Offset.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Beyond_loopback_it_does_not_start_without_both_tls_and_users(bool tls, bool users)
    {
        using var certificate = SelfSigned();
        var options = new BrokerOptions
        {
            DataFolder = "/nonexistent/never-created",
            Listen = IPAddress.Any,
            Port = 0,
            TlsCertificate = tls ? certificate : null,
            Users = users ? Users : new Dictionary<string, string>(),
        };

        var refused = await Should.ThrowAsync<MeshException>(() => KafkaBroker.StartAsync(options, NullLogger.Instance, TimeProvider.System, TestContext.Current.CancellationToken));

        refused.Code.ShouldBe("MESH7001");
        refused.Message.ShouldContain("http.token");
    }

    private static IProducer<Null, string> Producer(TestBroker broker, SecurityProtocol protocol, string password, string? ca = null)
    {
        var config = new ProducerConfig { BootstrapServers = broker.Bootstrap, SecurityProtocol = protocol, MessageTimeoutMs = 3_000, SocketConnectionSetupTimeoutMs = 3_000 };
        if (protocol != SecurityProtocol.Plaintext)
        {
            config.SaslMechanism = SaslMechanism.Plain;
            config.SaslUsername = "mesh";
            config.SaslPassword = password;
        }

        if (ca is not null) config.SslCaPem = ca;
        return new ProducerBuilder<Null, string>(config).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
    }
}
