using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mesh.Broker;
using Mesh.Catalogue;
using Mesh.Commands;
using Mesh.Commands.Configuration;
using Mesh.Commands.Ingest;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Console;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.DeadLetters;
using Mesh.Training;
using Mesh.Trigger;
using Mesh.Upload;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>Everything in one process: event log, registry, uploads, stages, API; on one state directory.</summary>
internal sealed class MeshServer : IAsyncDisposable
{
    private readonly Stack<Func<Task>> cleanup = new();

    private MeshServer(string dataFolder) => DataFolder = dataFolder;

    /// <summary>State directory.</summary>
    public string DataFolder { get; }

    /// <summary>Where it listens.</summary>
    public ServerEndpoints Endpoints { get; private set; } = null!;

    /// <summary>Answers questions without HTTP.</summary>
    public IMeshQueries Queries { get; private set; } = null!;

    /// <summary>Fired rules.</summary>
    public TriggerLedger Triggers { get; private set; } = null!;

    /// <summary>Starts everything; when a part cannot start, what was started is stopped again.</summary>
    /// <exception cref="MeshException">A port is taken, the directory is in use, the topology is wrong ...</exception>
    public static async Task<MeshServer> StartAsync(
        string dataFolder, Settings settings, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var topology = TopologyPlan.Load(settings.Text(SettingKeys.IngestTopology));
        var state = StateDirectory.Open(dataFolder);
        var plan = topology with { Ingest = topology.Ingest with { SpillFolder = state.Spill } };
        var server = new MeshServer(state.Root);
        server.OnStop(state.Dispose);
        try
        {
            await server.StartPartsAsync(state, plan, settings, loggers, time, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Drains and stops, last started first.</summary>
    public async ValueTask DisposeAsync()
    {
        while (cleanup.TryPop(out var stop)) await stop().ConfigureAwait(false);
    }

    private async Task StartPartsAsync(
        StateDirectory state, TopologyPlan plan, Settings settings, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Mesh");
        var access = ServerAccess.Read(settings);
        RunningTopology.Write(state, plan.Topology);

        var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text);
        OnStop(database.Dispose);
        await database.PrepareAsync(cancellationToken).ConfigureAwait(false);
        var storage = await LakeStorage.OpenAsync(state, settings, time, cancellationToken).ConfigureAwait(false);
        OnStop(storage.Dispose);
        var (lake, landing) = (storage.Lake, storage.Landing);
        var outbox = new Outbox(database);
        OnStop(outbox.Dispose);
        var recordings = new RecordingStore(database, time);
        var reads = new TableAccess(database, time);
        var tables = new TableCatalogue(database, lake, time) { Access = reads };

        var (kafka, broker) = await StartKafkaAsync(state, settings, access, loggers, time, cancellationToken).ConfigureAwait(false);
        var admin = new TopicAdmin(kafka, loggers.CreateLogger<TopicAdmin>());
        OnStop(admin);
        await admin.EnsureAsync(MeshTopics.Partitions(settings), cancellationToken).ConfigureAwait(false);
        var producer = new EventProducer(kafka, loggers.CreateLogger<EventProducer>(), time);
        OnStop(producer);
        var letters = new DeadLetterSink(producer);

        var processor = new UploadProcessor(plan.Ingest, landing, lake, tables, recordings, letters.WriteAsync, time, loggers.CreateLogger<UploadProcessor>());
        OnStop(processor.Dispose);
        var ingest = new IngestWorker(plan.Ingest, kafka, processor, producer, recordings, time, loggers.CreateLogger<IngestWorker>());
        OnStop(ingest.Dispose);
        var catalogue = new CatalogueStage(kafka, tables, recordings, database, lake, letters, loggers.CreateLogger<CatalogueStage>(), time);
        var trigger = new TriggerStage(kafka, database, plan.Triggers, plan.Products.TableOf, loggers.CreateLogger<TriggerStage>(), time);
        Triggers = trigger.Ledger;
        var training = new TrainingOptions
        {
            JobsFolder = state.Jobs,
            ModelsFolder = state.Models,
            CodeVersion = MeshVersion.Text,
            MaxDuration = settings.Duration(SettingKeys.TrainingMaxDuration),
        };
        var jobs = new JobStage(kafka, database, tables, lake, training, TrainerCommand.Resolve, loggers.CreateLogger<JobStage>(), time);
        OnStop(jobs.Dispose);
        var retention = new LandingRetention(landing, recordings, settings.Duration(SettingKeys.LandingRetention), loggers.CreateLogger<LandingRetention>(), time);
        var tasks = new LakeMaintenance(
            tables, lake, MaintenanceSettings.Read(settings) with { SpillFolder = state.Spill }, new SnapshotProtection(database).ListAsync, time);
        OnStop(tasks.Dispose);
        var upkeep = new MaintenanceService(tasks, tables, lake, database, reads, plan.Products.TiersOf, loggers.CreateLogger<MaintenanceService>(), time);
        var maintenance = new LocalMaintenance(tasks, tables, reads, plan.Products, time);
        var relay = new OutboxRelay(outbox, producer, loggers.CreateLogger<OutboxRelay>());

        // They stop in this order, each drained before the next; the outbox last, because the others write to it until the end.
        var stages = new StageSupervisor(logger, time);
        OnStop(stages.StopAsync);
        stages.Start("ingest", ingest.RunAsync);
        stages.Start("catalogue", catalogue.RunAsync);
        stages.Start("trigger", trigger.RunAsync);
        stages.Start("training", jobs.RunAsync);
        stages.Start("retention", retention.RunAsync);
        stages.Start("maintenance", upkeep.RunAsync);
        stages.Start("outbox", relay.RunAsync);

        var receiver = new UploadReceiver(
            new UploadOptions
            {
                PartsFolder = state.UploadParts,
                MaxBytes = settings.Bytes(SettingKeys.UploadMaxBytes),
                MinFreeBytes = settings.Bytes(SettingKeys.UploadMinFreeBytes),
                VinKey = settings.Text(SettingKeys.PrivacyVinKey),
            },
            landing, recordings, loggers.CreateLogger<UploadReceiver>(), time);
        OnStop(receiver.Dispose);
        await receiver.RecoverAsync(cancellationToken).ConfigureAwait(false);
        var facts = new RunningServer(state, plan, recordings, admin, stages, broker, logger, time);
        Queries = new LocalQueries(database, tables, recordings, plan.Products, facts);
        string http = await StartHttpAsync(settings, access, loggers, receiver, tables, storage.ClientSettings, Queries, maintenance, cancellationToken).ConfigureAwait(false);
        Endpoints = new ServerEndpoints(http, kafka.Bootstrap, kafka.SchemaRegistryUrl, Environment.ProcessId);
        facts.Endpoints = Endpoints;
        Endpoints.Write(state);
        OnStop(() => ServerEndpoints.Remove(state));
        HostLog.Started(logger, Endpoints.Http, Endpoints.Kafka, Endpoints.SchemaRegistry, state.Root);
    }

    private async Task<(KafkaOptions Kafka, KafkaBroker? Broker)> StartKafkaAsync(
        StateDirectory state, Settings settings, ServerAccess access, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        if (settings.Text(SettingKeys.KafkaBootstrap) is { } bootstrap) return (KafkaSettings.ReadPublisher(settings, bootstrap), null);

        // Where others have to log in, Mesh has to as well; without a token with a password that lives as long as the process.
        bool hasUsers = access.Token is not null || settings.Text(SettingKeys.KafkaUsers) is not null;
        string? password = access.Token ?? (hasUsers ? Convert.ToHexString(RandomNumberGenerator.GetBytes(32)) : null);
        var broker = await KafkaBroker.StartAsync(
            BrokerSettings.Read(settings, access, state.Broker, password) with { TlsCertificate = access.IsLoopback(access.KafkaListen) ? null : access.Certificate },
            loggers.CreateLogger<KafkaBroker>(), time, cancellationToken).ConfigureAwait(false);
        OnStop(broker);

        string registry = settings.Text(SettingKeys.SchemaRegistryUrl) ?? await StartRegistryAsync(broker, settings, access, loggers, cancellationToken).ConfigureAwait(false);
        bool ownRegistry = settings.Text(SettingKeys.SchemaRegistryUrl) is null;
        return (KafkaSettings.ReadCommon(settings) with
        {
            Bootstrap = broker.Bootstrap,
            SchemaRegistryUrl = registry,
            SchemaRegistryUser = ownRegistry ? password is null ? null : BrokerSettings.OwnUser : settings.Text(SettingKeys.SchemaRegistryUser),
            SchemaRegistryPassword = ownRegistry ? password : settings.Text(SettingKeys.SchemaRegistryPassword),
            User = password is null ? null : BrokerSettings.OwnUser,
            Password = password,
            TlsCaFile = access.IsLoopback(access.KafkaListen) ? null : settings.Text(SettingKeys.TlsCertificate),
        }, broker);
    }

    private async Task<string> StartRegistryAsync(
        KafkaBroker broker, Settings settings, ServerAccess access, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var registry = await SchemaRegistry.StartAsync(broker, cancellationToken).ConfigureAwait(false);
        OnStop(registry.Dispose);
        var listener = await HttpListening.StartAsync(registry, settings.Port(SettingKeys.SchemaRegistryPort), access.Token, loggers, cancellationToken).ConfigureAwait(false);
        OnStop(listener);
        return listener.Url;
    }

    private Task<string> StartHttpAsync(
        Settings settings, ServerAccess access, ILoggerFactory loggers, UploadReceiver receiver, TableCatalogue tables, IReadOnlyDictionary<string, string> clientSettings,
        IMeshQueries queries, IMaintenance maintenance, CancellationToken cancellationToken) =>
        ListenAsync(
            access.HttpListen, settings.Port(SettingKeys.HttpPort), SettingKeys.HttpPort, access.IsLoopback(access.HttpListen) ? null : access.Certificate,
            access.Token, loggers,
            app =>
            {
                app.MapUploads(receiver);
                app.MapMeshApi(queries, maintenance);
                app.MapMaintenanceApi(maintenance);
                app.MapRestCatalogue(tables, new RestCatalogueOptions { Token = access.Token, ClientSettings = clientSettings, Announce = SnapshotAnnouncement.AddAsync });
            },
            cancellationToken);

    private async Task<string> ListenAsync(
        IPAddress address, int port, SettingKey portKey, X509Certificate2? certificate, string? token, ILoggerFactory loggers,
        Action<WebApplication> map, CancellationToken cancellationToken)
    {
        var listener = await HttpListening.StartAsync(address, port, portKey, certificate, token, loggers, map, cancellationToken).ConfigureAwait(false);
        OnStop(listener);
        return listener.Url;
    }

    private void OnStop(Action stop) => cleanup.Push(() =>
    {
        stop();
        return Task.CompletedTask;
    });

    private void OnStop(Func<Task> stop) => cleanup.Push(stop);

    private void OnStop(IAsyncDisposable part) => cleanup.Push(() => part.DisposeAsync().AsTask());
}
