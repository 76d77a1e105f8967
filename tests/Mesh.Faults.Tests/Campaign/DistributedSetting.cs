using Mesh.Kafka;
using Mesh.Testing;
using Mesh.Testing.Faults;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Every part that can be somebody else's server is one, and behind a proxy: the event log, S3, PostgreSQL.</summary>
internal sealed class DistributedSetting : CampaignSetting
{
    private readonly TemporaryFolder folder = new();
    private readonly CephGateway gateway;
    private readonly PostgresServer postgres = new();
    private readonly BrokerProcess broker;
    private readonly KafkaFaultProxy kafka;
    private readonly HttpFaultProxy s3;
    private readonly PostgresFaultProxy database;

    private DistributedSetting(CephGateway gateway, string uri)
    {
        this.gateway = gateway;
        broker = new BrokerProcess(folder["broker"]);
        kafka = new KafkaFaultProxy(broker.Advertised, broker.Address);
        s3 = new HttpFaultProxy(() => new Uri(gateway.Endpoint), "s3");
        database = new PostgresFaultProxy(postgres);
        Place = new S3Place(folder["data"], folder["copy"], uri + "/lake", gateway.Endpoint, postgres.Connection);
        Directory.CreateDirectory(folder["copy"]);
        var environment = new Dictionary<string, string>
        {
            ["MESH_UPLOAD__MINFREEBYTES"] = "0",
            ["MESH_STORAGE__URI"] = uri,
            ["MESH_STORAGE__ENDPOINT"] = s3.Endpoint,
            ["MESH_STORAGE__ACCESSKEY"] = CephGateway.AccessKey,
            ["MESH_STORAGE__SECRETKEY"] = CephGateway.SecretKey,
            ["MESH_CATALOGUE__CONNECTION"] = database.Connection,
        };
        Server = new CampaignServer(
            folder["data"], environment, "--topology", CampaignTopology.Write(folder.Path), "--kafka", broker.Advertised.ToString(), "--schema-registry", broker.RegistryUrl);
    }

    public override CampaignPlace Place { get; }

    public override CampaignServer Server { get; }

    public override IReadOnlyList<string> Required =>
    [
        "s3-SlowDown", "s3-Reset", "s3-AnswerLost", "s3-complete-AnswerLost", "s3-PartialAnswer", "s3-SlowAnswer",
        "postgres-CommitAnswerLost", "postgres-CommitNotSent", "postgres-cut",
        "kafka-Disconnect", "kafka-AnswerLost", "kafka-Error", "kafka-blackhole", "broker-killed", "rebalance", "offset-rewound",
    ];

    /// <summary>Makes one. Skipped where its servers are not installed.</summary>
    public static async Task<CampaignSetting> CreateAsync()
    {
        var gateway = await CephGateway.StartAsync("memstore");
        return new DistributedSetting(gateway, $"s3://{await gateway.NewBucketAsync()}/fleet");
    }

    public override KafkaOptions Kafka() => new() { Bootstrap = broker.Advertised.ToString(), SchemaRegistryUrl = broker.RegistryUrl };

    public override async Task PrepareAsync()
    {
        await broker.StartAsync();
        ArmComplete();
    }

    public override IReadOnlyList<CampaignFault> Faults(CampaignRun run) =>
    [
        .. StorageFaults.Of(run, s3), .. DatabaseFaults.Of(run, database), .. LogFaults.Of(run, kafka, broker),
    ];

    public override void Heal()
    {
        s3.Disarm();
        database.Disarm();
        kafka.Disarm();
    }

    public override IEnumerable<KeyValuePair<string, int>> Occurred
    {
        get
        {
            foreach (var (kind, times) in s3.Occurred.Concat(database.Occurred)) yield return new(kind == "blackhole" ? "postgres-blackhole" : kind, times);
            foreach (var (kind, times) in kafka.Occurred)
            {
                // By fault and API, and by fault.
                string name = kind == "blackhole" ? "kafka-blackhole" : kind;
                yield return new(name, times);
                if (name.Count(letter => letter == '-') == 2) yield return new(name[..name.LastIndexOf('-')], times);
            }
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await broker.DisposeAsync();
        await kafka.DisposeAsync();
        await s3.DisposeAsync();
        await database.DisposeAsync();
        postgres.Dispose();
        await gateway.DisposeAsync();
        folder.Dispose();
    }

    /// <summary>Objects of many parts are rare: the next of them suffer, whenever they come.</summary>
    private void ArmComplete() =>
        s3.Arm(HttpFault.AnswerLost, line => line.StartsWith("POST", StringComparison.Ordinal) && line.Contains("uploadId=", StringComparison.Ordinal), 2, "s3-complete-AnswerLost");
}
