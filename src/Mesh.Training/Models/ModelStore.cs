using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Models;

/// <summary>The model registry of mesh.db: versions with metrics, gates and lineage; append-only but for the lifecycle's state, which decisions change.</summary>
public sealed partial class ModelStore
{
    private const string Columns =
        """
        name Name, version Version, state State, reason Reason, job_id JobId, trigger_id TriggerId, trainer Trainer, code_version CodeVersion,
        hyperparameters Hyperparameters, metrics Metrics, gates Gates, inputs Inputs, uri Uri, sha256 Sha256, bytes Bytes, registered_at_us RegisteredAtUs,
        lifecycle_state LifecycleState,
        (SELECT COUNT(*) FROM model_recordings r WHERE r.name = models.name AND r.version = models.version) RecordingCount
        """;

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE models (
            name TEXT NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, job_id TEXT NOT NULL UNIQUE,
            trigger_id TEXT NOT NULL, trainer TEXT NOT NULL, code_version TEXT NOT NULL, hyperparameters TEXT NOT NULL, metrics TEXT NOT NULL,
            gates TEXT NOT NULL, inputs TEXT NOT NULL, uri TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL,
            registered_at_us INTEGER NOT NULL, PRIMARY KEY (name, version));
        CREATE TABLE model_recordings (
            name TEXT NOT NULL, version INTEGER NOT NULL, ingest_id TEXT NOT NULL, PRIMARY KEY (name, version, ingest_id)) WITHOUT ROWID;
        CREATE INDEX model_recordings_by_ingest_id ON model_recordings (ingest_id);
        """,
        """
        ALTER TABLE models ADD COLUMN lifecycle_state TEXT NOT NULL DEFAULT 'candidate';
        UPDATE models SET lifecycle_state = 'rejected' WHERE state = 'rejected';
        """,
        "CREATE INDEX models_by_registration ON models (registered_at_us, name, version)",
    ];

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public ModelStore(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("models", Scripts);
    }

    /// <summary>Versions, newest first.</summary>
    /// <param name="name">Only this model; null for all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<IReadOnlyList<ModelEntry>> ListAsync(string? name, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<ModelEntry>)[.. (await session.QueryAsync<ModelRow>(
            $"SELECT {Columns} FROM models WHERE @name IS NULL OR name = @name ORDER BY registered_at_us DESC, name, version DESC", new { name }).ConfigureAwait(false))
            .Select(row => row.ToEntry([]))],
        cancellationToken);

    /// <summary>A version with the recordings it has seen; null when there is none.</summary>
    /// <param name="name">Name of the model.</param>
    /// <param name="version">The version; null for the newest that is registered, else the newest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<ModelEntry?> FindAsync(string name, int? version, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var row = await session.FirstOrDefaultAsync<ModelRow>(
                $"SELECT {Columns} FROM models WHERE name = @name AND (@version IS NULL OR version = @version) ORDER BY state = 'registered' DESC, version DESC LIMIT 1",
                new { name, version }).ConfigureAwait(false);
            return row?.ToEntry(await session.QueryAsync<string>(
                "SELECT ingest_id FROM model_recordings WHERE name = @Name AND version = @Version ORDER BY ingest_id", new { row.Name, row.Version }).ConfigureAwait(false));
        },
        cancellationToken);

    /// <summary>Models that have seen a recording, as (name, version).</summary>
    public ValueTask<IReadOnlyList<(string Name, int Version)>> ListByRecordingAsync(string ingestId, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<(string, int)>)await session.QueryAsync<(string, int)>(
            "SELECT name, version FROM model_recordings WHERE ingest_id = @ingestId ORDER BY name, version", new { ingestId }).ConfigureAwait(false),
        cancellationToken);

    /// <summary>A version with the recordings it has seen; null when there is none.</summary>
    internal static async Task<ModelEntry?> LoadAsync(MetadataSession session, string name, int version)
    {
        var row = await session.FirstOrDefaultAsync<ModelRow>(
            $"SELECT {Columns} FROM models WHERE name = @name AND version = @version", new { name, version }).ConfigureAwait(false);
        return row?.ToEntry(await session.QueryAsync<string>(
            "SELECT ingest_id FROM model_recordings WHERE name = @name AND version = @version ORDER BY ingest_id", new { name, version }).ConfigureAwait(false));
    }

    /// <summary>The released version, without its recordings; null when there is none.</summary>
    internal static async Task<ModelEntry?> ReleasedAsync(MetadataSession session, string name) => (await session.FirstOrDefaultAsync<ModelRow>(
        $"SELECT {Columns} FROM models WHERE name = @name AND lifecycle_state = @state", new { name, state = Lifecycle.Released }).ConfigureAwait(false))?.ToEntry([]);

    /// <summary>Moves a version from one state to another.</summary>
    /// <returns>False when it was not in the first.</returns>
    internal static async Task<bool> MoveAsync(MetadataTransaction transaction, string name, int version, string from, string to) => await transaction.ExecuteAsync(
        "UPDATE models SET lifecycle_state = @to WHERE name = @name AND version = @version AND lifecycle_state = @from", new { name, version, from, to }).ConfigureAwait(false) == 1;

    /// <summary>The newest registered version that nobody has rejected since, without its recordings.</summary>
    internal static async Task<ModelEntry?> LatestAsync(MetadataSession session, string name) => (await session.FirstOrDefaultAsync<ModelRow>(
        $"SELECT {Columns} FROM models WHERE name = @name AND state = 'registered' AND lifecycle_state <> 'rejected' ORDER BY version DESC LIMIT 1", new { name }).ConfigureAwait(false))?.ToEntry([]);

    /// <summary>The version the next model gets.</summary>
    internal static Task<int> NextVersionAsync(MetadataSession session, string name) =>
        session.ScalarAsync<int>("SELECT COALESCE(MAX(version), 0) + 1 FROM models WHERE name = @name", new { name });

    /// <summary>Adds a version.</summary>
    internal static async Task AddAsync(MetadataTransaction transaction, ModelEntry entry)
    {
        await transaction.ExecuteAsync(
            """
            INSERT INTO models (
                name, version, state, reason, job_id, trigger_id, trainer, code_version, hyperparameters, metrics, gates, inputs, uri, sha256, bytes,
                registered_at_us, lifecycle_state)
            VALUES (@Name, @Version, @State, @Reason, @JobId, @TriggerId, @Trainer, @CodeVersion, @Hyperparameters, @Metrics, @Gates, @Inputs, @Uri, @Sha256,
                @Bytes, @RegisteredAtUs, @LifecycleState)
            """,
            new
            {
                entry.Name,
                entry.Version,
                State = entry.State.ToString().ToLowerInvariant(),
                entry.Reason,
                entry.JobId,
                entry.TriggerId,
                entry.Trainer,
                entry.CodeVersion,
                Hyperparameters = Json(entry.Hyperparameters),
                Metrics = Json(entry.Metrics),
                Gates = Json(entry.Gates),
                Inputs = Json(entry.Inputs),
                entry.Uri,
                entry.Sha256,
                entry.Bytes,
                RegisteredAtUs = UnixMicros.Of(entry.RegisteredAt),
                entry.LifecycleState,
            }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO model_recordings VALUES (@Name, @Version, @IngestId)",
            entry.IngestIds.Select(id => new { entry.Name, entry.Version, IngestId = id })).ConfigureAwait(false);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, TrainingJson.Options);

    private sealed class ModelRow
    {
        public string Name { get; init; } = "";
        public int Version { get; init; }
        public string State { get; init; } = "";
        public string Reason { get; init; } = "";
        public string JobId { get; init; } = "";
        public string TriggerId { get; init; } = "";
        public string Trainer { get; init; } = "";
        public string CodeVersion { get; init; } = "";
        public string Hyperparameters { get; init; } = "";
        public string Metrics { get; init; } = "";
        public string Gates { get; init; } = "";
        public string Inputs { get; init; } = "";
        public string Uri { get; init; } = "";
        public string Sha256 { get; init; } = "";
        public long Bytes { get; init; }
        public long RegisteredAtUs { get; init; }
        public int RecordingCount { get; init; }
        public string LifecycleState { get; init; } = "";

        public ModelEntry ToEntry(IReadOnlyList<string> ingestIds) => new()
        {
            Name = Name,
            Version = Version,
            State = Enum.Parse<ModelState>(State, ignoreCase: true),
            Reason = Reason,
            JobId = JobId,
            TriggerId = TriggerId,
            Trainer = Trainer,
            CodeVersion = CodeVersion,
            Hyperparameters = Parse<Dictionary<string, string>>(Hyperparameters),
            Metrics = Parse<Dictionary<string, double>>(Metrics),
            Gates = Parse<List<GateResult>>(Gates),
            Inputs = Parse<List<ModelInput>>(Inputs),
            IngestIds = ingestIds,
            RecordingCount = RecordingCount,
            Uri = Uri,
            Sha256 = Sha256,
            Bytes = Bytes,
            RegisteredAt = UnixMicros.ToTime(RegisteredAtUs),
            LifecycleState = LifecycleState,
        };

        private static T Parse<T>(string json) => JsonSerializer.Deserialize<T>(json, TrainingJson.Options)!;
    }
}
