using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Network;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using AclOperation = Confluent.Kafka.Admin.AclOperation;
using AclPermissionType = Confluent.Kafka.Admin.AclPermissionType;

namespace Mesh.Broker.Tests.Access;

/// <summary>Clients that nobody here wrote log in over TLS, with each mechanism.</summary>
public sealed class LoginTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly X509Certificate2 certificate = Certificates.Server();

    public static TheoryData<string> Mechanisms => ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];

    private string CaFile => folder["ca.pem"];

    public void Dispose()
    {
        certificate.Dispose();
        folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task Kcat_logs_in_with_the_right_password_only(string mechanism)
    {
        string kcat = Require.Program("kcat", "apt-get install kcat");
        await using var broker = await StartAsync();
        string[] login = ["-b", broker.Bootstrap, "-X", "security.protocol=sasl_ssl", "-X", $"ssl.ca.location={CaFile}", "-X", $"sasl.mechanisms={mechanism}", "-X", "sasl.username=alice"];

        await Command.RunAsync(kcat, "hello", ["-P", "-t", "logins", .. login, "-X", "sasl.password=wonder=land,"]);
        string read = await Command.RunAsync(kcat, null, ["-C", "-t", "logins", "-e", "-q", .. login, "-X", "sasl.password=wonder=land,"]);
        using var wrong = Process.Start(new ProcessStartInfo(kcat, ["-L", "-m", "3", .. login, "-X", "sasl.password=looking glass"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        string errors = await wrong.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await wrong.WaitForExitAsync(TestContext.Current.CancellationToken);

        read.Trim().ShouldBe("hello");
        wrong.ExitCode.ShouldNotBe(0);
        errors.ShouldContain("User or password is wrong");
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task Kafkajs_logs_in_with_the_right_password_only(string mechanism)
    {
        await using var broker = await StartAsync();

        var welcome = await NodeScript.RunAsync("kafka-login.mjs", broker.Bootstrap, mechanism, "alice", "wonder=land,", CaFile);
        var wrong = await NodeScript.RunAsync("kafka-login.mjs", broker.Bootstrap, mechanism, "alice", "looking glass", CaFile);
        var unknown = await NodeScript.RunAsync("kafka-login.mjs", broker.Bootstrap, mechanism, "dodo", "wonder=land,", CaFile);

        welcome.GetProperty("offset").GetInt64().ShouldBe(0, welcome.ToString());
        wrong.GetProperty("error").GetString().ShouldBe("KafkaJSSASLAuthenticationError");
        unknown.GetProperty("message").GetString().ShouldBe(wrong.GetProperty("message").GetString());
        broker.Broker.Describe().Topics.Single().Partitions.Single().EndOffset.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Mechanisms))]
    public async Task Python_kafka_logs_in(string mechanism)
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python) && Directory.Exists("/usr/lib/python3/dist-packages/kafka"), "needs python3-kafka: apt-get install python3-kafka");
        await using var broker = await StartAsync();

        string printed = await Command.RunAsync(python, null, Path.Combine(Repository.Root, "tests", "foreign", "kafka-login.py"), broker.Bootstrap, mechanism, "alice", "wonder=land,", CaFile);

        printed.ShouldContain("\"offset\": 0");
    }

    [Fact]
    public async Task Entries_made_through_confluents_admin_client_open_and_close_topics()
    {
        await using var broker = await StartAsync(options => options with { SuperUsers = ["root"], AllowWithoutAcl = false });
        using var admin = new AdminClientBuilder(Login(broker, "root", "super")).SetLogHandler(static (_, _) => { }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = "logins", NumPartitions = 1 }]);
        using var alice = new ProducerBuilder<Null, string>(new ProducerConfig(Login(broker, "alice", "wonder=land,")) { MessageTimeoutMs = 5_000, EnableIdempotence = true })
            .SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();
        (await Should.ThrowAsync<ProduceException<Null, string>>(() => alice.ProduceAsync("logins", new Message<Null, string> { Value = "no" }))).Error.Code
            .ShouldBeOneOf(Confluent.Kafka.ErrorCode.TopicAuthorizationFailed, Confluent.Kafka.ErrorCode.ClusterAuthorizationFailed);

        var binding = new AclBinding
        {
            Pattern = new ResourcePattern { Type = ResourceType.Topic, Name = "log", ResourcePatternType = ResourcePatternType.Prefixed },
            Entry = new AccessControlEntry { Principal = "User:alice", Host = "*", Operation = AclOperation.Write, PermissionType = AclPermissionType.Allow },
        };
        await admin.CreateAclsAsync([binding]);
        using var allowed = new ProducerBuilder<Null, string>(new ProducerConfig(Login(broker, "alice", "wonder=land,")) { EnableIdempotence = true }).SetLogHandler(static (_, _) => { }).Build();
        (await allowed.ProduceAsync("logins", new Message<Null, string> { Value = "yes" }, TestContext.Current.CancellationToken)).Offset.Value.ShouldBe(0);

        var everything = new AclBindingFilter
        {
            PatternFilter = new ResourcePatternFilter { Type = ResourceType.Any, ResourcePatternType = ResourcePatternType.Any },
            EntryFilter = new AccessControlEntryFilter { Operation = AclOperation.Any, PermissionType = AclPermissionType.Any },
        };
        (await admin.DescribeAclsAsync(everything)).AclBindings.ShouldBe([binding]);
        (await admin.DeleteAclsAsync([everything]))[0].AclBindings.ShouldBe([binding]);
        (await Should.ThrowAsync<ProduceException<Null, string>>(() => allowed.ProduceAsync("logins", new Message<Null, string> { Value = "no" }))).Error.Code
            .ShouldBe(Confluent.Kafka.ErrorCode.TopicAuthorizationFailed);
        broker.Broker.Describe().Topics.Single().Partitions.Single().EndOffset.ShouldBe(1);
    }

    [Fact]
    public async Task A_clients_certificate_names_it_and_without_one_nobody_is_heard()
    {
        using var client = Certificates.Client("CN=truck-7, O=Fleet", certificate);
        await using var broker = await StartAsync(options => options with { UsersFile = null, TlsClientAuthorities = [certificate], AllowWithoutAcl = false, SuperUsers = ["CN=truck-7,O=Fleet"] });
        using var known = new ProducerBuilder<Null, string>(Config(client)).SetLogHandler(static (_, _) => { }).Build();
        using var unknown = new ProducerBuilder<Null, string>(Config(null)).SetLogHandler(static (_, _) => { }).SetErrorHandler(static (_, _) => { }).Build();

        (await known.ProduceAsync("t", new Message<Null, string> { Value = "v" }, TestContext.Current.CancellationToken)).Offset.Value.ShouldBe(0);
        await Should.ThrowAsync<ProduceException<Null, string>>(() => unknown.ProduceAsync("t", new Message<Null, string> { Value = "v" }));
        broker.Broker.Describe().Topics.Single().Partitions.Single().EndOffset.ShouldBe(1);

        ProducerConfig Config(X509Certificate2? shown) => new()
        {
            BootstrapServers = broker.Bootstrap,
            SecurityProtocol = SecurityProtocol.Ssl,
            SslCaPem = certificate.ExportCertificatePem(),
            MessageTimeoutMs = 5_000,
            SslCertificatePem = shown?.ExportCertificatePem(),
            SslKeyPem = shown?.KeyPem(),
        };
    }

    [Fact]
    public async Task Old_clients_exchange_bare_tokens_after_the_first_handshake()
    {
        await using var broker = await TestBroker.StartAsync(WithUsers);
        using var client = await WireClient.ConnectAsync(broker.Broker);
        await client.SendAsync(WireClient.Request(ApiKey.SaslHandshake, 0, 1, writer => writer.String("PLAIN")));
        new ProtocolReader((await client.ReceiveAsync())!).Int32().ShouldBe(1);

        await client.SendAsync(Framed("\0alice\0wonder=land,"u8));
        (await client.ReceiveAsync())!.Length.ShouldBe(0);

        await client.SendAsync(WireClient.Request(ApiKey.ListGroups, 0, 2, _ => { }));
        (await client.ReceiveAsync()).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_failed_login_is_answered_late_and_ends_the_connection()
    {
        await using var broker = await TestBroker.StartAsync(options => WithUsers(options) with { FailedAuthenticationDelay = TimeSpan.FromMilliseconds(300) });
        using var client = await WireClient.ConnectAsync(broker.Broker);
        await client.SendAsync(WireClient.Request(ApiKey.SaslHandshake, 1, 1, writer => writer.String("PLAIN")));
        await client.ReceiveAsync();

        long sent = Stopwatch.GetTimestamp();
        await client.SendAsync(WireClient.Request(ApiKey.SaslAuthenticate, 1, 2, writer => writer.Bytes("\0alice\0guess"u8)));
        var reader = new ProtocolReader((await client.ReceiveAsync())!);
        Stopwatch.GetElapsedTime(sent).ShouldBeGreaterThan(TimeSpan.FromMilliseconds(290));
        reader.Int32();
        reader.Int16().ShouldBe((short)58);
        (await client.ReceiveAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task Nobody_becomes_somebody_else_on_the_same_connection()
    {
        await using var broker = await TestBroker.StartAsync(WithUsers);
        using var client = await WireClient.ConnectAsync(broker.Broker);
        await client.SendAsync(WireClient.Request(ApiKey.SaslHandshake, 1, 1, writer => writer.String("PLAIN")));
        await client.ReceiveAsync();
        await client.SendAsync(WireClient.Request(ApiKey.SaslAuthenticate, 1, 2, writer => writer.Bytes("\0alice\0wonder=land,"u8)));
        var welcome = new ProtocolReader((await client.ReceiveAsync())!);
        welcome.Int32();
        welcome.Int16().ShouldBe((short)0);
        welcome.NullableString().ShouldBeNull();
        welcome.Bytes().Length.ShouldBe(0);
        welcome.Int64().ShouldBe(0, "the session does not end by itself");

        await client.SendAsync(WireClient.Request(ApiKey.SaslHandshake, 1, 3, writer => writer.String("PLAIN")));
        var again = new ProtocolReader((await client.ReceiveAsync())!);
        again.Int32();
        again.Int16().ShouldBe((short)34);
        again.Array(static reader => reader.String()).ShouldBe(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]);
    }

    private static byte[] Framed(ReadOnlySpan<byte> token)
    {
        byte[] frame = new byte[4 + token.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, token.Length);
        token.CopyTo(frame.AsSpan(4));
        return frame;
    }

    private BrokerOptions WithUsers(BrokerOptions options)
    {
        File.WriteAllText(folder["users"], "alice: wonder=land,\nroot: super\n", new UTF8Encoding(false));
        return options with { UsersFile = folder["users"] };
    }

    private Task<TestBroker> StartAsync(Func<BrokerOptions, BrokerOptions>? configure = null)
    {
        File.WriteAllText(CaFile, certificate.ExportCertificatePem());
        return TestBroker.StartAsync(options =>
        {
            options = WithUsers(options) with { Listen = IPAddress.Any, AdvertisedHost = "127.0.0.1", TlsCertificate = certificate };
            return configure?.Invoke(options) ?? options;
        });
    }

    private ClientConfig Login(TestBroker broker, string user, string password) => new()
    {
        BootstrapServers = broker.Bootstrap,
        SecurityProtocol = SecurityProtocol.SaslSsl,
        SaslMechanism = SaslMechanism.ScramSha512,
        SaslUsername = user,
        SaslPassword = password,
        SslCaPem = certificate.ExportCertificatePem(),
    };
}
