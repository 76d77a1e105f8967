using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mesh.Broker;
using Mesh.Catalogue;
using Mesh.Commands;
using Mesh.Commands.Compression;
using Mesh.Commands.Configuration;
using Mesh.Commands.DeadLetters;
using Mesh.Commands.EventLog;
using Mesh.Commands.Flow;
using Mesh.Commands.Governance;
using Mesh.Commands.Ingest;
using Mesh.Commands.Jobs;
using Mesh.Commands.Live;
using Mesh.Commands.Maintenance;
using Mesh.Commands.Media;
using Mesh.Commands.Observability;
using Mesh.Commands.Publishing;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Commands.Signals;
using Mesh.Commands.Signals.Building;
using Mesh.Commands.State;
using Mesh.Commands.Studies;
using Mesh.Commands.Topologies;
using Mesh.Commands.Tracking;
using Mesh.Commands.Tracking.Mlflow;
using Mesh.Commands.Triggers;
using Mesh.Console;
using Mesh.Console.Api;
using Mesh.Console.Hosting;
using Mesh.Console.Safety;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Maintenance;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming;
using Mesh.Streaming.DeadLetters;
using Mesh.Training;
using Mesh.Training.Compression;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Pools;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;
using Mesh.Trigger;
using Mesh.Upload;
using Mesh.Upload.Chunks;
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
        var topologies = settings.Text(SettingKeys.IngestTopology)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        var pools = PoolSettings.Read(settings);
        TopologyPlan[] plans = [.. topologies.Select(file => TopologyPlan.Load(file, pools))];
        var state = StateDirectory.Open(dataFolder);
        var server = new MeshServer(state.Root);
        server.OnStop(state.Dispose);
        try
        {
            await server.StartPartsAsync(state, plans, pools, settings, loggers, time, cancellationToken).ConfigureAwait(false);
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
        StateDirectory state, IReadOnlyList<TopologyPlan> given, PoolSet pools, Settings settings, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger("Mesh");
        var access = ServerAccess.Read(settings);
        var duties = settings.Choices<ServerStages>(SettingKeys.Stages);

        var database = MetadataDatabase.Open(state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text);
        OnStop(database.Dispose);
        var metrics = new MetricsCollector();
        OnStop(metrics.Dispose);
        if (TelemetryExport.Start(settings) is { } export) OnStop(export.Dispose);
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
        var topics = MeshTopics.Partitions(settings);
        await admin.EnsureAsync(topics, MeshTopics.Settings, cancellationToken).ConfigureAwait(false);
        var producer = new EventProducer(kafka, loggers.CreateLogger<EventProducer>(), time);
        OnStop(producer);
        var letters = new DeadLetterSink(producer);

        var stages = new StageSupervisor(logger, time);
        var products = ProductNames.Of([]);
        var memory = new IngestMemory(settings.Bytes(SettingKeys.IngestMemory));
        OnStop(memory.Dispose);
        var pipelines = new IngestPipelines
        {
            State = state, Storage = storage, Tables = tables, Recordings = recordings, Kafka = kafka, Admin = admin, Producer = producer, WriteLetter = letters.WriteAsync,
            Stages = stages, Partitions = topics[Topics.Uploads], Loggers = loggers, Time = time, Database = database,
            VinKey = settings.Text(SettingKeys.PrivacyVinKey), Memory = memory, IsIngesting = duties.HasFlag(ServerStages.Ingest),
        };
        OnStop(pipelines.Dispose);
        var topologies = new ActiveTopologies(new TopologyStore(database), pipelines, products, time, pools);
        OnStop(topologies);
        var catalogue = new CatalogueStage(kafka, tables, recordings, database, lake, letters, loggers.CreateLogger<CatalogueStage>(), time);
        var trigger = new TriggerStage(kafka, database, () => topologies.Triggers, products.TableOf, loggers.CreateLogger<TriggerStage>(), time, tables, new FiredJobs(database, time),
            new TriggerOptions { KeepDecisions = settings.Duration(SettingKeys.TriggersKeepDecisions) });
        Triggers = trigger.Ledger;
        var publisher = new ProductPublisher(kafka, tables, topologies.TopicsOf, loggers.CreateLogger<ProductPublisher>());
        var training = new TrainingOptions
        {
            JobsFolder = state.Jobs,
            ModelsFolder = state.Models,
            CodeVersion = MeshVersion.Text,
            MaxDuration = settings.Duration(SettingKeys.TrainingMaxDuration),
            Pools = pools,
        };
        var tracker = new JobTracker(database, training, loggers.CreateLogger<JobTracker>(), time);
        var jobs = new JobStage(kafka, database, tables, lake, training, TrainerCommand.Resolve, loggers.CreateLogger<JobStage>(), time, tracker);
        OnStop(jobs.Dispose);
        var compression = new CompressionStage(
            kafka, database, tables, lake, CompressionSettings.Read(settings, Commands.CommonOptions.EnvironmentVariables()), state.Jobs, loggers.CreateLogger<CompressionStage>(), time);
        OnStop(compression.Dispose);
        var studies = new StudyRunner(database, state.Jobs, jobs.Runner.CancelTrialAsync, jobs.Runner.Look, loggers.CreateLogger<StudyRunner>(), time);
        OnStop(studies.Dispose);
        var longestNeed = settings.Duration(SettingKeys.LandingRetentionInNeed);
        var replay = new ReplayParts(
            database, recordings, products, tables, landing, lake, kafka, admin, producer, letters, () => pipelines.IsBusy, state.Spill, longestNeed, loggers, time);
        OnStop(replay.Dispose);
        var letterTable = new DeadLetterTableStage(admin, tables, lake, loggers.CreateLogger<DeadLetterTableStage>(), time);
        OnStop(letterTable.Dispose);
        var retention = new LandingRetention(
            landing, recordings, settings.Duration(SettingKeys.LandingRetention), longestNeed, replay.ListRecordingsInNeedAsync, loggers.CreateLogger<LandingRetention>(), time);
        var tasks = new LakeMaintenance(
            tables, lake, MaintenanceSettings.Read(settings) with { SpillFolder = state.Spill }, new SnapshotProtection(database).ListAsync, time);
        OnStop(tasks.Dispose);
        var upkeep = new MaintenanceService(tasks, tables, lake, database, reads, products.TiersOf, loggers.CreateLogger<MaintenanceService>(), time);
        var pyramids = new PyramidStore(tables, recordings, lake);
        var pyramidBuilder = new PyramidBuilder(tables, pyramids, state.Spill);
        OnStop(pyramidBuilder.Dispose);
        var pyramidStage = new PyramidStage(kafka, tables, pyramids, pyramidBuilder, loggers.CreateLogger<PyramidStage>(), time);
        var signals = new LocalSignals(tables, recordings, pyramids, pyramidBuilder, pyramidStage.Request);
        var maintenance = new LocalMaintenance(tasks, tables, reads, products, time) { Pyramids = pyramids };
        var serverKey = SigningKey.ReadOrCreate(state.ServerKey);
        OnStop(serverKey.Dispose);
        var governance = LocalGovernance.Create(database, storage, tables, recordings, products, serverKey, state.Jobs, settings, time);
        var tracking = LocalTracking.Create(database, storage.Experiments, settings.Bytes(SettingKeys.TrackingMaxArtifactBytes), time);
        var mlflow = new MlflowProtocol(
            tracking.Store, tracking.Artifacts, jobs.Models, async (model, token) => (await governance.GetHistoryAsync(model, token).ConfigureAwait(false)).Aliases);
        var relay = new OutboxRelay(outbox, producer, loggers.CreateLogger<OutboxRelay>());

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
        var chunks = new ChunkedUploads(receiver, kafka, letters, loggers.CreateLogger<ChunkedUploads>(), time);

        var health = new ServerHealth(
            [
                HealthProbes.Stages(() => stages.Views), HealthProbes.Progress(() => [.. pipelines.Heartbeats, catalogue.Heartbeat, letterTable.Heartbeat], settings.Duration(SettingKeys.HealthMaxSilence)),
                HealthProbes.EventLog(admin), HealthProbes.Database(database), HealthProbes.Storage(storage.Lake, time), HealthProbes.Disk(() => state.FreeBytes, settings.Bytes(SettingKeys.UploadMinFreeBytes)),
                HealthProbes.Uploads(recordings, settings.Duration(SettingKeys.HealthMaxLag), time), HealthProbes.Telemetry(() => pipelines.Telemetry, admin, time),
            ], time);
        OnStop(health.Dispose);
        var observer = new ServerObserver(admin, broker, recordings, health, () => stages.Views, () => state.FreeBytes, time, logger);
        OnStop(observer.Dispose);
        var meter = new FlowMeter(admin, broker, metrics, time, logger);
        var eventLog = new LocalTopics(kafka, admin, broker, meter, logger);
        OnStop(eventLog.Dispose);
        var live = new LiveSource(database, metrics, recordings, observer, health, broker, () => stages.Views, () => state.FreeBytes, time);
        OnStop(live.Dispose);

        // They stop in this order, the topologies' ingest pipelines before them, each drained before the next; the outbox last of those
        // that write, because the others write to it until the end.
        OnStop(stages.StopAsync);
        // Before any job can begin: its results are judged by criteria that the log shows to be older.
        await governance.AnnouncePolicyAsync(cancellationToken).ConfigureAwait(false);
        await topologies.StartAsync(given, cancellationToken).ConfigureAwait(false);
        stages.Start("topologies", topologies.FollowAsync, stopsFirst: true);
        foreach (var (duty, name, run) in new (ServerStages, string, Func<CancellationToken, Task>)[]
        {
            (ServerStages.Upload, "chunks", chunks.RunAsync),
            (ServerStages.Catalogue, "catalogue", catalogue.RunAsync),
            (ServerStages.Trigger, "trigger", trigger.RunAsync),
            (ServerStages.Publish, "publish", publisher.RunAsync),
            (ServerStages.Training, "training", jobs.RunAsync),
            (ServerStages.Compression, "compression", compression.RunAsync),
            (ServerStages.Training, "studies", studies.RunAsync),
            (ServerStages.Maintenance, "retention", retention.RunAsync),
            (ServerStages.Maintenance, "maintenance", upkeep.RunAsync),
            (ServerStages.Replay, "replay", replay.Stage.RunAsync),
            (ServerStages.Replay, "dead-letters", replay.Indexer.RunAsync),
            (ServerStages.Replay, "dead-letter table", letterTable.RunAsync),
            (ServerStages.Maintenance, "signals", pyramidStage.RunAsync),
            (ServerStages.Outbox, "outbox", relay.RunAsync),
        })
        {
            if (duties.HasFlag(duty)) stages.Start(name, run);
        }

        stages.Start("observer", observer.RunAsync);
        stages.Start("flow", meter.RunAsync);
        stages.Start("live", live.RunAsync);

        var facts = new RunningServer(state, topologies, recordings, replay.Indexer, stages, broker, health, time);
        Queries = new LocalQueries(database, tables, recordings, products, landing, facts);
        var media = new LocalRecordingMedia(recordings, tables, Queries);
        OnStop(media.Dispose);
        var localJobs = new LocalJobs(jobs.Runner, state.Jobs);
        var services = new ConsoleServices
        {
            Queries = Queries, Maintenance = maintenance, Replays = replay.Requests, Topologies = topologies,
            Triggers = new LocalTriggers(trigger.Evaluator, () => topologies.Triggers, pools), Jobs = localJobs, Studies = new LocalStudies(studies, () => topologies.Triggers, products, tables, time),
            Tracking = tracking, Governance = governance, Compression = LocalCompression.Within(compression.Runner), Handoff = governance.Handoff, Media = media, Signals = signals,
            Flow = new LocalFlow(topologies, () => stages.Views, tables, localJobs.ListPoolsAsync, new DeadLetterStore(database, time), meter), Topics = eventLog,
            Settings = settings, Time = time, Live = live, Login = access.Token is null ? null : new ConsoleLogin(access.Token, time), Logger = loggers.CreateLogger("Mesh.Console"),
        };
        string http = await StartHttpAsync(
            services, access, loggers, duties.HasFlag(ServerStages.Upload) ? receiver : null, UploadQuotaSettings.Read(settings, time), tables, storage.ClientSettings, governance, mlflow, metrics, health,
            cancellationToken).ConfigureAwait(false);
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
        var listener = await HttpListening.StartAsync(registry, settings.Port(SettingKeys.SchemaRegistryPort), access.Token, access.AllowedHosts, loggers, cancellationToken).ConfigureAwait(false);
        OnStop(listener);
        return listener.Url;
    }

    private Task<string> StartHttpAsync(
        ConsoleServices services, ServerAccess access, ILoggerFactory loggers, UploadReceiver? receiver, UploadGate quotas, TableCatalogue tables, IReadOnlyDictionary<string, string> clientSettings,
        LocalGovernance governance, MlflowProtocol mlflow, MetricsCollector metrics, ServerHealth health, CancellationToken cancellationToken) => ListenAsync(
            access.HttpListen, services.Settings.Port(SettingKeys.HttpPort), SettingKeys.HttpPort, access.IsLoopback(access.HttpListen) ? null : access.Certificate,
            new HttpLogin(access.Token, null, services.Login), access.AllowedHosts, loggers,
            app =>
            {
                if (receiver is null) app.MapNoUploads();
                else app.MapUploads(receiver, quotas);
                app.MapMeshApi(services.Queries);
                app.MapSignalApi(services.Signals);
                app.MapMediaApi(services.Media);
                app.MapObservation(metrics, health, services.Maintenance);
                app.MapMaintenanceApi(services.Maintenance);
                app.MapReplayApi(services.Queries, services.Replays);
                app.MapTopologyApi(services.Topologies);
                app.MapTriggerApi(services.Triggers);
                app.MapJobApi(services.Jobs);
                app.MapStudyApi(services.Studies);
                app.MapGovernanceApi(governance);
                app.MapCompressionApi(services.Compression);
                app.MapTrackingApi(services.Tracking);
                app.MapMlflow(mlflow);
                app.MapHandoffApi(services.Handoff);
                app.MapApiDescription();
                app.MapRestCatalogue(tables, new RestCatalogueOptions { Token = access.Token, ClientSettings = clientSettings, Announce = SnapshotAnnouncement.AddAsync });
                app.MapConsole(services);
            },
            cancellationToken);

    private async Task<string> ListenAsync(
        IPAddress address, int port, SettingKey portKey, X509Certificate2? certificate, HttpLogin login, IReadOnlyList<string> allowedHosts, ILoggerFactory loggers,
        Action<WebApplication> map, CancellationToken cancellationToken)
    {
        var listener = await HttpListening.StartAsync(address, port, portKey, certificate, login, allowedHosts, loggers, map, cancellationToken).ConfigureAwait(false);
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
