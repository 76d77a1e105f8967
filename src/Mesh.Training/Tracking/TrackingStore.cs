using System.Globalization;
using System.Text.Json;
using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Tracking;

/// <summary>Experiments and runs of mesh.db. Everything a client sends at once is one transaction, and saying the same again changes nothing.</summary>
/// <remarks>What is refused is a <see cref="TrackingException"/>, which lists the codes.</remarks>
public sealed partial class TrackingStore
{
    /// <summary>The experiment of runs that name none.</summary>
    public const string DefaultExperimentId = "0";

    /// <summary>Tag that holds a run's name, as MLflow has it.</summary>
    public const string RunNameTag = "mlflow.runName";

    /// <summary>Beginning of the tags that Mesh alone sets.</summary>
    public const string OwnTags = "mesh.";

    /// <summary>What artefact locations on this server begin with.</summary>
    public const string ArtifactScheme = "mlflow-artifacts:/";

    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE tracking_experiments (
            id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, artifact_location TEXT NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
            created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL);
        INSERT INTO tracking_experiments (id, name, artifact_location, created_ms, updated_ms) VALUES (0, 'Default', 'mlflow-artifacts:/0', 0, 0);
        CREATE TABLE tracking_experiment_tags (experiment_id INTEGER NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (experiment_id, key)) WITHOUT ROWID;
        CREATE TABLE tracking_runs (
            run_id TEXT NOT NULL PRIMARY KEY, experiment_id INTEGER NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL, is_deleted INTEGER NOT NULL DEFAULT 0,
            user_id TEXT NOT NULL, start_ms INTEGER NOT NULL, end_ms INTEGER, artifact_uri TEXT NOT NULL, origin TEXT NOT NULL, job_id TEXT, attempt INTEGER,
            output_folder TEXT, metrics_offset INTEGER NOT NULL DEFAULT 0);
        CREATE UNIQUE INDEX tracking_runs_by_attempt ON tracking_runs (job_id, attempt);
        CREATE INDEX tracking_runs_by_experiment ON tracking_runs (experiment_id, start_ms);
        CREATE TABLE tracking_parameters (run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)) WITHOUT ROWID;
        CREATE TABLE tracking_tags (run_id TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (run_id, key)) WITHOUT ROWID;
        CREATE TABLE tracking_metrics (
            run_id TEXT NOT NULL, key TEXT NOT NULL, step INTEGER NOT NULL, time_ms INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,
            PRIMARY KEY (run_id, key, step, time_ms, value, is_nan)) WITHOUT ROWID;
        CREATE TABLE tracking_latest (
            run_id TEXT NOT NULL, key TEXT NOT NULL, step INTEGER NOT NULL, time_ms INTEGER NOT NULL, value DOUBLE PRECISION NOT NULL, is_nan INTEGER NOT NULL,
            PRIMARY KEY (run_id, key)) WITHOUT ROWID;
        CREATE TABLE tracking_inputs (
            run_id TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, context TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (run_id, name, digest)) WITHOUT ROWID;
        """,
        "CREATE INDEX tracking_runs_by_start ON tracking_runs (start_ms, run_id)",
    ];

    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock of what clients give no time for.</param>
    public TrackingStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        database.Migrate("tracking", Scripts);
    }

    private static long ToMs(DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    private static DateTimeOffset ToTime(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, -62_135_596_800_000, 253_402_300_799_999));

    private static string Text(RunStatus status) => status.ToString().ToUpperInvariant();

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    private static TrackingException NoExperiment(string id) =>
        new("MESH9301", $"There is no experiment '{TrackingLimits.Printable(id)}'. `mesh runs list` shows the runs with their experiments.", TrackingFault.Missing);

    private static TrackingException NoRun(string runId) => new("MESH9303", $"There is no run '{TrackingLimits.Printable(runId)}'. `mesh runs list` shows those there are.", TrackingFault.Missing);

    // A run's rows of one kind, in pieces: databases limit the number of parameters.
    private static async Task<ILookup<string, T>> ByRunAsync<T>(MetadataSession session, string sql, IReadOnlyList<string> ids, Func<T, string> runOf)
    {
        var rows = new List<T>();
        foreach (string[] piece in ids.Chunk(500))
        {
            var parameters = new Dictionary<string, object>();
            for (int i = 0; i < piece.Length; i++) parameters[FormattableString.Invariant($"r{i}")] = piece[i];
            rows.AddRange(await session.QueryAsync<T>(sql.Replace("@ids", $"(@{string.Join(", @", parameters.Keys)})", StringComparison.Ordinal), parameters).ConfigureAwait(false));
        }

        return rows.ToLookup(runOf);
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, TrainingJson.Options);

    private sealed class RunRow
    {
        public const string Columns =
            """
            r.run_id RunId, r.experiment_id ExperimentId, e.name Experiment, r.name Name, r.status Status, r.is_deleted IsDeleted, r.user_id UserId, r.start_ms StartMs,
            r.end_ms EndMs, r.artifact_uri ArtifactUri, r.origin Origin, r.job_id JobId, r.attempt Attempt
            """;

        public const string From = "FROM tracking_runs r JOIN tracking_experiments e ON e.id = r.experiment_id";

        public string RunId { get; init; } = "";
        public long ExperimentId { get; init; }
        public string Experiment { get; init; } = "";
        public string Name { get; init; } = "";
        public string Status { get; init; } = "";
        public long IsDeleted { get; init; }
        public string UserId { get; init; } = "";
        public long StartMs { get; init; }
        public long? EndMs { get; init; }
        public string ArtifactUri { get; init; } = "";
        public string Origin { get; init; } = "";
        public string? JobId { get; init; }
        public int? Attempt { get; init; }

        public TrackedRun ToRun() => new()
        {
            RunId = RunId,
            ExperimentId = Text(ExperimentId),
            Experiment = Experiment,
            Name = Name,
            Status = Enum.Parse<RunStatus>(Status, ignoreCase: true),
            IsDeleted = IsDeleted != 0,
            User = UserId,
            StartedAt = ToTime(StartMs),
            EndedAt = EndMs is { } end ? ToTime(end) : null,
            ArtifactUri = ArtifactUri,
            Origin = Enum.Parse<RunOrigin>(Origin, ignoreCase: true),
            JobId = JobId,
            Attempt = Attempt,
        };
    }

    private sealed class PairRow
    {
        public string RunId { get; init; } = "";
        public string Key { get; init; } = "";
        public string Value { get; init; } = "";
    }

    private sealed class MetricRow
    {
        public const string Columns = "run_id RunId, key Key, step Step, time_ms TimeMs, value Value, is_nan IsNan";

        public string RunId { get; init; } = "";
        public string Key { get; init; } = "";
        public long Step { get; init; }
        public long TimeMs { get; init; }
        public double Value { get; init; }
        public long IsNan { get; init; }

        public LoggedMetric ToMetric() => new(Key, IsNan != 0 ? double.NaN : Value, TimeMs, Step);
    }

    private sealed class InputRow
    {
        public string RunId { get; init; } = "";
        public string Content { get; init; } = "";
    }
}
