namespace Mesh.Commands.Configuration;

/// <summary>Every setting there is.</summary>
public static class SettingKeys
{
    /// <summary>Brokers of a cluster.</summary>
    public static readonly SettingKey KafkaBootstrap = new("kafka.bootstrap", "", "Brokers of a Kafka cluster, host:port,...; empty: the embedded broker.");
    /// <summary>Listening address of the embedded broker.</summary>
    public static readonly SettingKey KafkaListen = new("kafka.listen", "127.0.0.1", "Address the embedded broker listens on; beyond loopback it needs tls.certificate, and http.token or kafka.users.");
    /// <summary>Port of the embedded broker.</summary>
    public static readonly SettingKey KafkaPort = new("kafka.port", "9092", "Port of the embedded broker; 0 takes a free one.");
    /// <summary>When the embedded broker answers a produce request.</summary>
    public static readonly SettingKey KafkaFlush = new("kafka.flush", "pageCache", "pageCache: answered once the batch survives the process; fsync: once it survives the machine.");
    /// <summary>Rack of this process.</summary>
    public static readonly SettingKey KafkaRack = new("kafka.rack", "", "Rack or zone of this process, so that it reads from a replica nearby; empty: none.");
    /// <summary>Partitions of topics.</summary>
    public static readonly SettingKey KafkaPartitions = new("kafka.partitions", "4", "Partitions of the topics of uploads, written files and snapshots, when they are created.");
    /// <summary>Replicas of topics.</summary>
    public static readonly SettingKey KafkaReplication = new("kafka.replication", "", "Replicas of the topics that are created; empty: the cluster's own default.");
    /// <summary>How to speak to the cluster.</summary>
    public static readonly SettingKey KafkaSecurityProtocol = new("kafka.securityProtocol", "", "PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL; empty: what the user and the certificates of kafka.bootstrap call for.");
    /// <summary>How to authenticate.</summary>
    public static readonly SettingKey KafkaSaslMechanism = new("kafka.saslMechanism", "PLAIN", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512.");
    /// <summary>User at the cluster.</summary>
    public static readonly SettingKey KafkaUser = new("kafka.user", "", "User at the cluster of kafka.bootstrap; empty: none.");
    /// <summary>Password at the cluster.</summary>
    public static readonly SettingKey KafkaPassword = new("kafka.password", "", "Password of kafka.user.") { IsSecret = true };
    /// <summary>Authority of the cluster's certificates.</summary>
    public static readonly SettingKey KafkaTlsCaFile = new("kafka.tlsCaFile", "", "PEM file of the authority that signed the certificates of cluster and registry; empty: the system's authorities.");
    /// <summary>Certificate shown to the cluster.</summary>
    public static readonly SettingKey KafkaTlsCertificateFile = new("kafka.tlsCertificateFile", "", "PEM file of the certificate that is shown to the cluster.");
    /// <summary>Its key.</summary>
    public static readonly SettingKey KafkaTlsKeyFile = new("kafka.tlsKeyFile", "", "PEM file of that certificate's private key.");
    /// <summary>Settings of the Kafka client.</summary>
    public static readonly SettingKey KafkaClient = new("kafka.client", "", "Settings of librdkafka by its own names, one below the other: kafka.client.socket.keepalive.enable; those that delivery rests on are refused.") { IsMap = true };
    /// <summary>Host that clients of the embedded broker are sent to.</summary>
    public static readonly SettingKey KafkaAdvertisedHost = new("kafka.advertisedHost", "", "Host that clients of the embedded broker are told to connect to; empty: kafka.listen, or this machine's name.");
    /// <summary>Users of the embedded broker.</summary>
    public static readonly SettingKey KafkaUsers = new("kafka.users", "", "File with users of the embedded broker, one a line: `name: password` or SCRAM keys; read again when it changes. Empty: only http.token.");
    /// <summary>Authorities of client certificates.</summary>
    public static readonly SettingKey KafkaTlsClientAuthorities = new("kafka.tlsClientAuthorities", "", "PEM file of authorities that certificates of the embedded broker's clients must come from; empty: no certificate is asked for.");
    /// <summary>Super users of the embedded broker.</summary>
    public static readonly SettingKey KafkaSuperUsers = new("kafka.superUsers", "", "Users of the embedded broker who may do everything, comma-separated; `mesh`, the user of http.token, always may.");
    /// <summary>Whether what no access control entry is about is open.</summary>
    public static readonly SettingKey KafkaAllowWithoutAcl = new("kafka.allowWithoutAcl", "true", "Whether topics and groups of the embedded broker are open as long as no access control entry is about them; false is Kafka's way.");
    /// <summary>Whether everybody on the network is let in.</summary>
    public static readonly SettingKey KafkaAllowInsecure = new("kafka.allowInsecure", "false", "Whether the embedded broker listens beyond loopback even without TLS and users; everybody on the network can then read and write everything.");
    /// <summary>Retention by age.</summary>
    public static readonly SettingKey KafkaRetention = new("kafka.retention", "", "Age at which the embedded broker deletes segments of topics that do not say; empty: never.");
    /// <summary>Retention by size.</summary>
    public static readonly SettingKey KafkaRetentionBytes = new("kafka.retentionBytes", "", "Size of a partition beyond which the embedded broker deletes its oldest segments; empty: no limit.");
    /// <summary>Size of segments.</summary>
    public static readonly SettingKey KafkaSegmentBytes = new("kafka.segmentBytes", "256MiB", "Size at which a partition of the embedded broker starts a new segment file.");
    /// <summary>Whether topics are created on demand.</summary>
    public static readonly SettingKey KafkaAutoCreateTopics = new("kafka.autoCreateTopics", "true", "Whether asking the embedded broker for a topic that does not exist creates it.");
    /// <summary>Open connections.</summary>
    public static readonly SettingKey KafkaMaxConnections = new("kafka.maxConnections", "1000", "Open connections of the embedded broker; further ones are closed at once.");
    /// <summary>Open connections of an address.</summary>
    public static readonly SettingKey KafkaMaxConnectionsPerAddress = new("kafka.maxConnectionsPerAddress", "", "Open connections from one address; empty: no limit of its own.");
    /// <summary>New connections of an address.</summary>
    public static readonly SettingKey KafkaMaxConnectionsPerSecond = new("kafka.maxConnectionsPerSecond", "", "New connections a second from one address, further ones wait; empty: no limit.");
    /// <summary>Quota of producers.</summary>
    public static readonly SettingKey KafkaProduceBytesPerSecond = new("kafka.produceBytesPerSecond", "", "Bytes a second that a user (an address, where nobody authenticates) may produce; empty: no limit.");
    /// <summary>Quota of consumers.</summary>
    public static readonly SettingKey KafkaFetchBytesPerSecond = new("kafka.fetchBytesPerSecond", "", "Bytes a second that a user (an address, where nobody authenticates) may fetch; empty: no limit.");
    /// <summary>A schema registry elsewhere.</summary>
    public static readonly SettingKey SchemaRegistryUrl = new("schemaRegistry.url", "", "Address of a schema registry; empty: the embedded one.");
    /// <summary>User at the registry.</summary>
    public static readonly SettingKey SchemaRegistryUser = new("schemaRegistry.user", "", "User at the registry of schemaRegistry.url; empty: none.");
    /// <summary>Password at the registry.</summary>
    public static readonly SettingKey SchemaRegistryPassword = new("schemaRegistry.password", "", "Password of schemaRegistry.user.") { IsSecret = true };
    /// <summary>Port of the embedded registry.</summary>
    public static readonly SettingKey SchemaRegistryPort = new("schemaRegistry.port", "8081", "Port of the embedded schema registry; 0 takes a free one.");
    /// <summary>Listening address of HTTP.</summary>
    public static readonly SettingKey HttpListen = new("http.listen", "127.0.0.1", "Address for HTTP; beyond loopback it needs tls.certificate and http.token.");
    /// <summary>Port of HTTP.</summary>
    public static readonly SettingKey HttpPort = new("http.port", "8480", "Port for uploads, the API and the console; 0 takes a free one.");
    /// <summary>Bearer token.</summary>
    public static readonly SettingKey HttpToken = new("http.token", "", "Token that HTTP and Kafka clients must present; empty: none is asked for (loopback only).") { IsSecret = true };
    /// <summary>Further names of a listener on loopback.</summary>
    public static readonly SettingKey HttpAllowedHosts = new("http.allowedHosts", "", "Names that listeners on loopback answer to beside localhost and 127.0.0.1, comma-separated: what a proxy before them is called.");
    /// <summary>Certificate.</summary>
    public static readonly SettingKey TlsCertificate = new("tls.certificate", "", "PEM file with the server's certificate chain.");
    /// <summary>Key of the certificate.</summary>
    public static readonly SettingKey TlsKey = new("tls.key", "", "PEM file with the certificate's private key.");
    /// <summary>Largest upload.</summary>
    public static readonly SettingKey UploadMaxBytes = new("upload.maxBytes", "1TiB", "Largest recording accepted.");
    /// <summary>Disk-space floor.</summary>
    public static readonly SettingKey UploadMinFreeBytes = new("upload.minFreeBytes", "1GiB", "Free disk space below which uploads are refused.");
    /// <summary>Bytes a vehicle may upload a day.</summary>
    public static readonly SettingKey UploadQuotaVehicleBytesPerDay = new("upload.quota.vehicle.bytesPerDay", "", "Bytes one vehicle may upload over HTTP in 24 hours; empty: no limit.");
    /// <summary>Bytes a vehicle may upload a second.</summary>
    public static readonly SettingKey UploadQuotaVehicleBytesPerSecond = new("upload.quota.vehicle.bytesPerSecond", "", "Bytes one vehicle may upload over HTTP per second; faster ones are read more slowly. Empty: no limit.");
    /// <summary>Uploads of a vehicle at a time.</summary>
    public static readonly SettingKey UploadQuotaVehicleConcurrent = new("upload.quota.vehicle.concurrent", "", "Recordings one vehicle may send over HTTP at a time; empty: no limit.");
    /// <summary>Bytes a producer may upload a day.</summary>
    public static readonly SettingKey UploadQuotaProducerBytesPerDay = new("upload.quota.producer.bytesPerDay", "", "Bytes one producer (one token, else one address) may upload over HTTP in 24 hours; empty: no limit.");
    /// <summary>Bytes a producer may upload a second.</summary>
    public static readonly SettingKey UploadQuotaProducerBytesPerSecond = new("upload.quota.producer.bytesPerSecond", "", "Bytes one producer may upload over HTTP per second; empty: no limit.");
    /// <summary>Uploads of a producer at a time.</summary>
    public static readonly SettingKey UploadQuotaProducerConcurrent = new("upload.quota.producer.concurrent", "", "Recordings one producer may send over HTTP at a time; empty: no limit.");
    /// <summary>Duties of a server.</summary>
    public static readonly SettingKey Stages = new("stages", "all", "What this server does, comma-separated: upload, ingest, catalogue, trigger, publish, training, compression, maintenance, replay, outbox; all of it, or none but queries.");
    /// <summary>PostgreSQL for the catalogue.</summary>
    public static readonly SettingKey CatalogueConnection = new("catalogue.connection", "", "PostgreSQL that holds the catalogue, Host=...;Database=... or postgres://...; empty: the file mesh.db of the state directory.");
    /// <summary>Schema in PostgreSQL.</summary>
    public static readonly SettingKey CatalogueSchema = new("catalogue.schema", "mesh", "Schema of the catalogue in PostgreSQL, created when absent.");
    /// <summary>Where tables and recordings lie.</summary>
    public static readonly SettingKey StorageUri = new("storage.uri", "", "Where tables and recordings lie, s3://BUCKET/PREFIX; empty: folders of the state directory.");
    /// <summary>Server of the storage.</summary>
    public static readonly SettingKey StorageEndpoint = new("storage.endpoint", "", "Address of an S3 server other than AWS; empty: AWS_ENDPOINT_URL, then AWS.");
    /// <summary>Region of the storage.</summary>
    public static readonly SettingKey StorageRegion = new("storage.region", "", "Region of the bucket; empty: AWS_REGION, the AWS profile, us-east-1.");
    /// <summary>Access key of the storage.</summary>
    public static readonly SettingKey StorageAccessKey = new("storage.accessKey", "", "Access key for S3; empty: the credentials that AWS tools take (environment, profile, role).") { IsSecret = true };
    /// <summary>Secret key of the storage.</summary>
    public static readonly SettingKey StorageSecretKey = new("storage.secretKey", "", "Secret of storage.accessKey.") { IsSecret = true };
    /// <summary>Retention of landing objects.</summary>
    public static readonly SettingKey LandingRetention = new("landing.retention", "7d", "How long the landing object of a finished recording is kept.");
    /// <summary>Retention of landing objects that are still needed.</summary>
    public static readonly SettingKey LandingRetentionInNeed = new("landing.retentionInNeed", "90d", "How long it is kept at most while the recording has open dead letters or is to be replayed.");
    /// <summary>Key for pseudonyms.</summary>
    public static readonly SettingKey PrivacyVinKey = new("privacy.vinKey", "", "Key that turns a VIN into a pseudonym; without it, a VIN is refused.") { IsSecret = true };
    /// <summary>Topology file.</summary>
    public static readonly SettingKey IngestTopology = new("ingest.topology", "", "Topology files, separated by commas, which then are the only ones in force; empty: those in force before, else the built-in fleet-ingest.");
    /// <summary>Memory of all topologies.</summary>
    public static readonly SettingKey IngestMemory = new("ingest.memory", "1GiB", "Memory that the uploads under way of all topologies share; one that needs more is worked on alone.");
    /// <summary>Retention of decisions of trigger rules.</summary>
    public static readonly SettingKey TriggersKeepDecisions = new("triggers.keepDecisions", "90d", "How long it is kept why a trigger rule fired or did not; that it fired is kept for good.");
    /// <summary>Where jobs run.</summary>
    public static readonly SettingKey Pools = new("pools", "", "Where jobs run, a pool's keys below its name: pools.gpu.slots; docs/jobs/README.md lists them. A pool cpu of one process is always there.") { IsMap = true };
    /// <summary>What teams may spend.</summary>
    public static readonly SettingKey Budgets = new("budgets", "", "What a team (a topology's owner) may spend in a month, in the pools' currency: budgets.perception. Teams without are not limited.") { IsMap = true };
    /// <summary>Longest run of a job.</summary>
    public static readonly SettingKey TrainingMaxDuration = new("training.maxDuration", "1h", "A job that runs longer is stopped and counted as failed.");
    /// <summary>Profiles of compression.</summary>
    public static readonly SettingKey CompressionTargets = new("compression.targets", "", "File with the profiles that registered models are compressed by; empty: those that Mesh ships.");
    /// <summary>Largest artefact of a run.</summary>
    public static readonly SettingKey TrackingMaxArtifactBytes = new("tracking.maxArtifactBytes", "5GiB", "Largest artefact of a run that is accepted.");
    /// <summary>Where ONNX Runtime lies.</summary>
    public static readonly SettingKey OnnxRuntimePath = new("onnx.runtime.path", "", "Library of ONNX Runtime, its file or folder; empty: MESH_ONNXRUNTIME, what `mesh runtime install` put there, the system's libraries.");
    /// <summary>Lifecycle of models.</summary>
    public static readonly SettingKey GovernanceLifecycle = new("governance.lifecycle", "", "File with the states of a model's version and what is asked on the way; empty: the lifecycle that Mesh ships.");
    /// <summary>Whether tables are maintained.</summary>
    public static readonly SettingKey MaintenanceEnabled = new("maintenance.enabled", "true", "Whether the server compacts tables, expires snapshots and moves old files by itself; orphans are removed either way.");
    /// <summary>Pause between rounds of maintenance.</summary>
    public static readonly SettingKey MaintenanceInterval = new("maintenance.interval", "1h", "Pause between two rounds of maintenance over all tables.");
    /// <summary>Bytes rewritten in a round.</summary>
    public static readonly SettingKey MaintenanceBytesPerRun = new("maintenance.bytesPerRun", "10GiB", "Bytes of files that one round may rewrite; the rest is left to the next.");
    /// <summary>Size of compacted files.</summary>
    public static readonly SettingKey MaintenanceTargetFileBytes = new("maintenance.targetFileBytes", "256MiB", "Size of the files that compaction writes; those below three quarters of it count as small.");
    /// <summary>Age of snapshots.</summary>
    public static readonly SettingKey MaintenanceSnapshotAge = new("maintenance.snapshotAge", "5d", "Age from which snapshots expire; tags, branches and table properties may keep them longer.");
    /// <summary>Number of snapshots.</summary>
    public static readonly SettingKey MaintenanceSnapshotCount = new("maintenance.snapshotCount", "20", "Newest snapshots of a table that stay whatever their age.");
    /// <summary>Grace for readers.</summary>
    public static readonly SettingKey MaintenanceReaderGrace = new("maintenance.readerGrace", "5m", "How long files of expired snapshots are left for readers that had begun.");
    /// <summary>Age of orphans.</summary>
    public static readonly SettingKey MaintenanceOrphanGrace = new("maintenance.orphanGrace", "1d", "Age from which a file that no snapshot refers to is deleted; longer than an upload takes.");
    /// <summary>Age of unfinished uploads that is too much.</summary>
    public static readonly SettingKey HealthMaxLag = new("health.maxLag", "30m", "Age of the oldest unfinished upload from which /health says degraded.");
    /// <summary>Silence of a stage that is too much.</summary>
    public static readonly SettingKey HealthMaxSilence = new("health.maxSilence", "15m", "How long a stage may be at work without getting on before /health/live answers 503.");
    /// <summary>Where traces and metrics are sent.</summary>
    public static readonly SettingKey TelemetryOtlpEndpoint = new("telemetry.otlpEndpoint", "", "OpenTelemetry collector that traces and metrics are sent to, http://HOST:4317 or :4318; empty: OTEL_EXPORTER_OTLP_ENDPOINT, else none.");
    /// <summary>How they are sent.</summary>
    public static readonly SettingKey TelemetryOtlpProtocol = new("telemetry.otlpProtocol", "grpc", "grpc (usually port 4317) or httpProtobuf (usually port 4318); with an endpoint of OTEL_* variables theirs counts.");
    /// <summary>Headers they are sent with.</summary>
    public static readonly SettingKey TelemetryOtlpHeaders = new("telemetry.otlpHeaders", "", "Headers for the collector, such as a key: NAME=VALUE,...") { IsSecret = true };
    /// <summary>Share of traces.</summary>
    public static readonly SettingKey TelemetrySampleRatio = new("telemetry.sampleRatio", "", "Share of the traces begun here that are sent, 0 to 1; those begun by a producer follow the producer. Empty: OTEL_TRACES_SAMPLER, else all.");
    /// <summary>Log level.</summary>
    public static readonly SettingKey LogLevel = new("log.level", "warning", "trace, debug, information, warning, error.");

    /// <summary>All settings, in the order they are shown.</summary>
    public static readonly IReadOnlyList<SettingKey> All =
    [
        KafkaBootstrap, KafkaListen, KafkaPort, KafkaFlush, KafkaAdvertisedHost, KafkaUsers, KafkaTlsClientAuthorities, KafkaSuperUsers,
        KafkaAllowWithoutAcl, KafkaAllowInsecure, KafkaRetention, KafkaRetentionBytes, KafkaSegmentBytes, KafkaAutoCreateTopics, KafkaMaxConnections,
        KafkaMaxConnectionsPerAddress, KafkaMaxConnectionsPerSecond, KafkaProduceBytesPerSecond, KafkaFetchBytesPerSecond, KafkaRack, KafkaPartitions, KafkaReplication, KafkaSecurityProtocol,
        KafkaSaslMechanism, KafkaUser, KafkaPassword, KafkaTlsCaFile, KafkaTlsCertificateFile, KafkaTlsKeyFile, KafkaClient, SchemaRegistryUrl,
        SchemaRegistryUser, SchemaRegistryPassword, SchemaRegistryPort, HttpListen, HttpPort, HttpToken, HttpAllowedHosts, TlsCertificate,
        TlsKey, UploadMaxBytes, UploadMinFreeBytes, UploadQuotaVehicleBytesPerDay, UploadQuotaVehicleBytesPerSecond, UploadQuotaVehicleConcurrent,
        UploadQuotaProducerBytesPerDay, UploadQuotaProducerBytesPerSecond, UploadQuotaProducerConcurrent, Stages, CatalogueConnection, CatalogueSchema, StorageUri, StorageEndpoint, StorageRegion, StorageAccessKey,
        StorageSecretKey, LandingRetention, LandingRetentionInNeed, PrivacyVinKey, IngestTopology, IngestMemory, TriggersKeepDecisions, TrainingMaxDuration, Pools, Budgets, CompressionTargets, TrackingMaxArtifactBytes, OnnxRuntimePath, GovernanceLifecycle, MaintenanceEnabled, MaintenanceInterval,
        MaintenanceBytesPerRun, MaintenanceTargetFileBytes, MaintenanceSnapshotAge, MaintenanceSnapshotCount, MaintenanceReaderGrace,
        MaintenanceOrphanGrace, HealthMaxLag, HealthMaxSilence, TelemetryOtlpEndpoint,
        TelemetryOtlpProtocol, TelemetryOtlpHeaders, TelemetrySampleRatio, LogLevel,
    ];
}
