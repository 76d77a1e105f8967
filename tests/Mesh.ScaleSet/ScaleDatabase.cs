using System.Security.Cryptography;
using Google.Protobuf;
using Mesh.Columnar;
using Mesh.Commands.Configuration;
using Mesh.Commands.Replay;
using Mesh.Commands.State;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;
using Mesh.Training.Tracking;
using Mesh.Trigger;

namespace Mesh.ScaleSet;

/// <summary>Fills a metadata database. What there is depends on the size alone; the newest of everything is of <see cref="Now"/>.</summary>
public static class ScaleDatabase
{
    private static readonly string[] Stages = ["decode", "synchronise", "partition", "catalogue"];
    private static readonly string[] Codes = ["MESH2103", "MESH2107", "MESH2201", "MESH3104", "MESH4102", "MESH8106"];
    private static readonly string[] JobStates = ["succeeded", "succeeded", "succeeded", "failed", "cancelled", "queued"];
    private static readonly string[] Lifecycle = ["candidate", "candidate", "staging", "released", "retired", "rejected"];
    private static readonly string[] Outcomes = ["waiting", "waiting", "waiting", "fired", "covered", "cooldown"];

    /// <summary>The moment everything leads up to.</summary>
    public static DateTimeOffset Now { get; } = new(2026, 11, 30, 12, 0, 0, TimeSpan.Zero);

    /// <summary>Makes a state directory, which <c>mesh up --data FOLDER</c> then serves.</summary>
    public static async Task FillStateAsync(string folder, ScaleSize size, CancellationToken cancellationToken)
    {
        using var state = StateDirectory.Open(folder);
        var settings = Settings.Read(new Dictionary<SettingKey, (string, string)>(), new Dictionary<string, string>(), null);
        using var storage = await LakeStorage.OpenAsync(state, settings, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        using var database = MetadataDatabase.Open(state.Database);
        await FillAsync(database, storage.Lake, size, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Fills an empty database.</summary>
    public static async Task FillAsync(MetadataDatabase database, IObjectStore lake, ScaleSize size, CancellationToken cancellationToken)
    {
        await FillRecordingsAsync(database, size, cancellationToken).ConfigureAwait(false);
        await FillProductsAsync(database, lake, size, cancellationToken).ConfigureAwait(false);
        await FillLettersAsync(database, size, cancellationToken).ConfigureAwait(false);
        await FillJobsAsync(database, size, cancellationToken).ConfigureAwait(false);
        await FillRunsAsync(database, size, cancellationToken).ConfigureAwait(false);
        await FillReplaysAsync(database, size, cancellationToken).ConfigureAwait(false);
        _ = new TriggerLedger(database);
        await Rows.InsertAsync(
            database, "trigger_decisions (rule, product, snapshot_id, outcome, reason, trigger_id, decided_at_us)", size.TriggerDecisions,
            i => [$"rule-{i % 40}", $"raw.t{i % 1000:D4}", 1_000_000L + i, Of(Outcomes, i), $"{i % 977} of 1000 new rows", i % 6 == 3 ? Hash("trigger", i) : null, Ago(size.TriggerDecisions - i, 60)],
            null, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillRecordingsAsync(MetadataDatabase database, ScaleSize size, CancellationToken cancellationToken)
    {
        var store = new RecordingStore(database, TimeProvider.System);
        await Rows.InsertAsync(
            database, "recordings (ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at)", size.Recordings,
            i => [Hash("recording", i), Vehicle(i, size), $"drive-{i / 3}", $"drive-{i / 3}-{i % 3}.mcap", $"file:///landing/{i:D6}.mcap", 1_000_000L + (i * 7919L % 4_000_000_000L), Hash("content", i), AcceptedAt(i, size)],
            null, cancellationToken).ConfigureAwait(false);

        // The newest hundredth has not been begun, one in fifty is under way, one in two hundred could not be read.
        int begun = size.Recordings - (size.Recordings / 100);
        await Rows.InsertAsync(
            database, "recording_runs (ingest_id, topology, topology_version, digest, state, has_account, reason, committed_at, messages_in, rows_out, dead_letters, not_selected, frames_out)", begun,
            i =>
            {
                var state = i % 200 == 7 ? RecordingState.DeadLettered : i % 50 == 3 ? RecordingState.Written : RecordingState.Committed;
                long messages = 10_000 + (i * 31 % 90_000);
                return
                [
                    Hash("recording", i), "fleet-ingest", "1", "digest", (int)state, state == RecordingState.DeadLettered ? 0 : 1, state == RecordingState.DeadLettered ? "MESH10001 at byte 0: not an MCAP" : null,
                    state == RecordingState.Committed ? AcceptedAt(i, size) + 30_000_000 : null, messages, messages - (i % 40), i % 40, 0, messages / 100,
                ];
            },
            null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "run_losses (ingest_id, topology, topology_version, ordinal, code, \"offset\", bytes, expected, found)", begun / 8,
            i => [Hash("recording", i / 2 * 16), "fleet-ingest", "1", i % 2, "MESH10001", 4096L * i, 512, "a record", "zeros"], null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "run_tables (ingest_id, topology, topology_version, table_name)", begun, i => [Hash("recording", i), "fleet-ingest", "1", $"raw.t{i % size.Products:D4}"], null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "recording_times (ingest_id, min_log_time_ns, max_log_time_ns)", begun,
            i => [Hash("recording", i), (AcceptedAt(i, size) - 3_600_000_000L) * 1000, (AcceptedAt(i, size) - 3_600_000_000L + (600_000_000L * (1 + (i % 6)))) * 1000], null, cancellationToken).ConfigureAwait(false);
        await store.RebuildListAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillProductsAsync(MetadataDatabase database, IObjectStore lake, ScaleSize size, CancellationToken cancellationToken)
    {
        var catalogue = new TableCatalogue(database, lake, TimeProvider.System);
        var schema = new Schema(
        [
            new Field("recording_id", DataType.Utf8, Nullable: false), new Field("vehicle_id", DataType.Utf8, Nullable: false), new Field("log_time", DataType.TimestampMicros, Nullable: false),
            new Field("value", DataType.Float64),
        ]);
        var first = new TableIdentifier("raw", "t0000");
        var table = await catalogue.EnsureAsync(first, new TableDefinition(schema, [], ["log_time"], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, cancellationToken).ConfigureAwait(false);
        string key = "raw/t0000/data/none.parquet";
        await lake.PutAsync(key, new byte[65_536], PutMode.IfAbsent, cancellationToken).ConfigureAwait(false);
        await catalogue.AppendAsync(
            first,
            new AppendRequest
            {
                Sets = [new IngestSet(IngestId.Parse(Hash("recording", 0)), "fleet-ingest", "1", "attempt", [new Lakehouse.Iceberg.DataFile { Uri = lake.UriOf(key), RowCount = 1_000, FileBytes = 65_536, Partition = [] }])],
            },
            cancellationToken).ConfigureAwait(false);
        table = await catalogue.LoadAsync(first, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "tables (uuid, namespace, name, metadata_uri, version, figures_uri, location, snapshot_id, snapshot_at_ms, row_count, data_files, data_bytes, snapshots)", size.Products - 1,
            i =>
            [
                Hash("table", i + 1)[..32], "raw", $"t{i + 1:D4}", table.MetadataUri, 1, table.MetadataUri, table.LocationUri, table.CurrentSnapshot!.SnapshotId, (Now - TimeSpan.FromMinutes(i * 37 % 10_000)).ToUnixTimeMilliseconds(),
                1_000L + (i * 7919L % 5_000_000), 1 + (i % 500), 65_536L * (1 + (i * 31 % 10_000)), 1 + (i % 90),
            ],
            null, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillLettersAsync(MetadataDatabase database, ScaleSize size, CancellationToken cancellationToken)
    {
        _ = new DeadLetterStore(database, TimeProvider.System);
        await Rows.InsertAsync(
            database,
            """
            dead_letters (id, stage, code, reason, ingest_id, vehicle_id, channel, sequence, last_sequence, count, log_time_ns, schema_name, payload_uri, payload_offset, payload_bytes, attempts,
                topology, topology_version, source_topic, source_partition, source_offset, letter_topic, letter_partition, letter_offset, created_at, changed_at, state)
            """, size.DeadLetters,
            i =>
            {
                string stage = Of(Stages, i * 7 % 11);
                int recording = i % size.Recordings;
                return
                [
                    Hash("letter", i), stage, Of(Codes, i * 5 % 17), $"message {i} does not fit its schema", Hash("recording", recording), Vehicle(recording, size), $"/channel/{i % 30}", i, i + (i % 5), 1 + (i % 5),
                    AcceptedAt(recording, size) * 1000, "sensor_msgs/msg/Imu", $"file:///landing/{recording:D6}.mcap", 4096L * i, 100 + (i % 1000), 1 + (i % 3), "fleet-ingest", "1", "fleet.uploads.v1", 0, i,
                    $"mesh.{stage}.dead-letters.v1", 0, i, Ago(size.DeadLetters - i, 120), Ago(size.DeadLetters - i, 120), i % 10 < 7 ? 0 : i % 10 - 6,
                ];
            },
            null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "dead_letter_changes (letter_id, at, action, detail)", size.DeadLetters, i => [Hash("letter", i), Ago(size.DeadLetters - i, 120), "written", Of(Codes, i * 5 % 17)], null, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillJobsAsync(MetadataDatabase database, ScaleSize size, CancellationToken cancellationToken)
    {
        _ = new JobStore(database);
        _ = new ModelStore(database);
        _ = new StudyStore(database);
        byte[] request = new JobRequested { Rule = "rule-1", Trainer = "builtin/manoeuvre", Model = "manoeuvre-1", Pool = "cpu" }.ToByteArray();
        await Rows.InsertAsync(
            database,
            """
            jobs (job_id, trigger_id, rule, trainer, pool, model, model_version, state, attempts, failures, code, reason, request, requested_at_us, started_at_us, finished_at_us, kind, team, priority, queued_at_us)
            """, size.Jobs,
            i =>
            {
                string state = Of(JobStates, i);
                long at = Ago(size.Jobs - i, 600);
                return
                [
                    Hash("job", i), Hash("trigger", i), $"rule-{i % 40}", "builtin/manoeuvre", i % 3 == 0 ? "gpu" : "cpu", $"manoeuvre-{i % 50}", state == "succeeded" ? 1 + (i / 50) : null, state, 1 + (i % 3), i % 3,
                    state == "failed" ? "MESH9105" : null, state == "failed" ? "the trainer ended with exit code 1" : "attempt 1 on cpu", "@request", at, state == "queued" ? null : at + 5_000_000,
                    state == "queued" ? null : at + 300_000_000, "train", $"team-{i % 7}", i % 5, at,
                ];
            },
            new { request }, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database,
            """
            models (name, version, state, reason, job_id, trigger_id, trainer, code_version, hyperparameters, metrics, gates, inputs, uri, sha256, bytes, registered_at_us, lifecycle_state)
            """, size.Models,
            i =>
            [
                $"manoeuvre-{i % 50}", 1 + (i / 50), i % 6 == 5 ? "rejected" : "registered", "gates held", Hash("job", i), Hash("trigger", i), "builtin/manoeuvre", "1.0.0", "{\"epochs\":\"27\"}",
                $"{{\"accuracy\":0.{800 + (i % 199)}}}", "[]", "[]", $"file:///models/{i}", Hash("model", i), 400_000L + (i * 37), Ago(size.Models - i, 3000), Of(Lifecycle, i),
            ],
            null, cancellationToken).ConfigureAwait(false);

        string yaml = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "studies", "manoeuvre-search.yaml"), cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "studies (name, yaml, request, state, reason, created_at_us, clock_from_us, ended_at_us, revision)", size.Studies,
            i => [$"search-{i:D4}", yaml.Replace("manoeuvre-search, owner", $"search-{i:D4}, owner", StringComparison.Ordinal), "@request", "finished", "all trials have ended", Ago(size.Studies - i, 9000), Ago(size.Studies - i, 9000), Ago(size.Studies - i, 9000) + 600_000_000, 1],
            new { request }, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "study_trials (study, number, state, parameters, value, trigger_id, round, has_ended, seconds, asked_at_us)", size.Studies * 12,
            i =>
            [
                $"search-{i / 12:D4}", i % 12, "complete", $"{{\"learningRate\":\"0.00{1 + (i % 8)}\",\"batchSize\":\"{16 + (i % 12)}\",\"noise\":\"0.1\",\"labelSmoothing\":\"0.05\"}}", 0.8 + (i % 12 * 0.01), Hash("trial", i), 1, 1,
                30.0, Ago(size.Studies - (i / 12), 9000),
            ],
            null, cancellationToken).ConfigureAwait(false);
    }

    private static async Task FillRunsAsync(MetadataDatabase database, ScaleSize size, CancellationToken cancellationToken)
    {
        var store = new TrackingStore(database, TimeProvider.System);
        var experiments = new List<long>();
        for (int i = 0; i < 20; i++)
        {
            string id = await store.CreateExperimentAsync($"experiment-{i:D2}", null, new Dictionary<string, string>(), cancellationToken).ConfigureAwait(false);
            experiments.Add(long.Parse(id, System.Globalization.CultureInfo.InvariantCulture));
        }

        await Rows.InsertAsync(
            database, "tracking_runs (run_id, experiment_id, name, status, user_id, start_ms, end_ms, artifact_uri, origin)", size.Runs,
            i => [Hash("run", i)[..32], experiments[i % 20], $"run-{i}", i % 9 == 4 ? "FAILED" : "FINISHED", $"user-{i % 12}", StartMs(i, size), StartMs(i, size) + 90_000, $"mlflow-artifacts:/{i}", "client"],
            null, cancellationToken).ConfigureAwait(false);
        string[] parameters = ["learning_rate", "batch_size", "epochs", "noise", "seed"];
        await Rows.InsertAsync(
            database, "tracking_parameters (run_id, key, value)", size.Runs * 5, i => [Hash("run", i / 5)[..32], parameters[i % 5], $"{i % 97}"], null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "tracking_tags (run_id, key, value)", size.Runs, i => [Hash("run", i)[..32], "mlflow.runName", $"run-{i}"], null, cancellationToken).ConfigureAwait(false);
        string[] metrics = ["accuracy", "loss", "seconds"];
        foreach (string table in new[] { "tracking_latest", "tracking_metrics" })
        {
            await Rows.InsertAsync(
                database, $"{table} (run_id, key, step, time_ms, value, is_nan)", size.Runs * 3,
                i => [Hash("run", i / 3)[..32], metrics[i % 3], 27, StartMs(i / 3, size) + 80_000, (i * 7919L % 100_000) / 100_000.0, 0], null, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task FillReplaysAsync(MetadataDatabase database, ScaleSize size, CancellationToken cancellationToken)
    {
        _ = new ReplayStore(database, TimeProvider.System);
        await Rows.InsertAsync(
            database, "replays (id, kind, topology, topology_version, state, created_at, changed_at, description, parallelism, worked_ms)", size.Replays,
            i => [Hash("replay", i)[..20], i % 2, "fleet-ingest", "1", 2 + (i % 2), Ago(size.Replays - i, 3600), Ago(size.Replays - i, 3600) + 60_000_000, $"replay number {i}", 1, 60_000],
            null, cancellationToken).ConfigureAwait(false);
        await Rows.InsertAsync(
            database, "replay_items (replay_id, ordinal, ingest_id, topology, topology_version, size_bytes, mode, state, row_count)", size.Replays * 20,
            i => [Hash("replay", i / 20)[..20], i % 20, Hash("recording", i % size.Recordings), "fleet-ingest", "1", 1_000_000, 0, 1, 500], null, cancellationToken).ConfigureAwait(false);
    }

    private static string Vehicle(int recording, ScaleSize size) => $"VH-{recording * 31L % size.Vehicles:D4}";

    private static long AcceptedAt(int recording, ScaleSize size) => Ago(size.Recordings - recording, 300);

    private static long StartMs(int run, ScaleSize size) => Ago(size.Runs - run, 600) / 1000;

    private static long Ago(int steps, int secondsPerStep) => UnixMicros.Of(Now - TimeSpan.FromSeconds((double)steps * secondsPerStep));

    private static string Of(string[] words, int i) => words[i % words.Length];

    private static string Hash(string kind, int i) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes($"{kind} {i}")));
}
