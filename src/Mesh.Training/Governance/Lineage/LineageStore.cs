using System.Globalization;
using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;

namespace Mesh.Training.Governance.Lineage;

/// <summary>
/// Lineage both ways. It goes by the ids of recordings, snapshots and jobs, never by data files, so that compaction and the expiry of
/// snapshots take nothing from it.
/// </summary>
public sealed class LineageStore
{
    private const long MaxCardBytes = 64L << 20;

    // Releases first: they are what an answer is needed for at once.
    private const string ByState =
        "CASE m.lifecycle_state WHEN 'released' THEN 0 WHEN 'approved' THEN 1 WHEN 'validated' THEN 2 WHEN 'candidate' THEN 3 WHEN 'retired' THEN 5 WHEN 'rejected' THEN 6 ELSE 4 END";

    private readonly MetadataDatabase database;

    /// <param name="database">Registry, recordings and jobs.</param>
    /// <param name="time">Clock.</param>
    public LineageStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        GovernanceSchema.Migrate(database);
        _ = new ModelStore(database);
        _ = new JobStore(database);
        _ = new RecordingStore(database, time);
    }

    /// <summary>Where a version comes from; null when there is none.</summary>
    public ValueTask<ModelLineage?> FindAsync(string name, int version, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            if (await ModelStore.LoadAsync(session, name, version).ConfigureAwait(false) is not { } model) return null;
            var known = (await session.QueryAsync<RecordingRow>(
                """
                SELECT s.ingest_id IngestId, r.vehicle_id VehicleId, r.session AS Session, r.file_name FileName, r.content_sha256 ContentSha256, w.reason Withdrawn
                FROM model_recordings s LEFT JOIN recordings r ON r.ingest_id = s.ingest_id LEFT JOIN withdrawals w ON w.ingest_id = s.ingest_id
                WHERE s.name = @name AND s.version = @version ORDER BY s.ingest_id
                """, new { name, version }).ConfigureAwait(false)).Select(row => row.ToRecording());
            var request = await JobStore.FindRequestAsync(session, model.JobId).ConfigureAwait(false);
            return new ModelLineage
            {
                Model = ModelReference.Text(name, version),
                State = model.LifecycleState,
                RegisteredAt = model.RegisteredAt,
                Recordings = [.. known],
                Inputs = [.. model.Inputs.Select(input => new LineageInput(input.Product, input.Table, Text(input.SnapshotId), Text(input.FromSnapshotId), input.Rows))],
                Job = new LineageJob(
                    model.JobId, model.TriggerId, request?.Rule ?? "", request is null ? "" : $"{request.Topology}@{request.TopologyVersion}", request?.Reason ?? "",
                    request is null ? null : UnixMicros.ToTime(request.RequestedAtUs), model.Trainer, model.CodeVersion, model.Hyperparameters),
                Sha256 = model.Sha256,
                Artifacts = ReadArtifacts(model),
            };
        },
        cancellationToken);

    /// <summary>Versions that have seen a recording, released ones first.</summary>
    public ValueTask<IReadOnlyList<AffectedModel>> ListByRecordingAsync(string ingestId, CancellationToken cancellationToken) =>
        ListAsync("s.ingest_id = @value", ingestId, cancellationToken);

    /// <summary>Versions that have seen a recording of a vehicle, released ones first.</summary>
    /// <param name="vehicleId">Its pseudonym, as recordings have it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public ValueTask<IReadOnlyList<AffectedModel>> ListByVehicleAsync(string vehicleId, CancellationToken cancellationToken) =>
        ListAsync("s.ingest_id IN (SELECT r.ingest_id FROM recordings r WHERE r.vehicle_id = @value)", vehicleId, cancellationToken);

    /// <summary>Number of recordings of a vehicle.</summary>
    public ValueTask<long> CountRecordingsAsync(string vehicleId, CancellationToken cancellationToken) => database.ReadAsync(
        session => session.ScalarAsync<long>("SELECT count(*) FROM recordings WHERE vehicle_id = @vehicleId", new { vehicleId }), cancellationToken);

    private ValueTask<IReadOnlyList<AffectedModel>> ListAsync(string condition, string value, CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyList<AffectedModel>>(
        async session =>
        {
            var rows = await session.QueryAsync<ModelRow>(
                $"""
                SELECT m.name AS Name, m.version AS Version, m.lifecycle_state State, m.sha256 Sha256, m.registered_at_us RegisteredAtUs, s.ingest_id IngestId
                FROM model_recordings s JOIN models m ON m.name = s.name AND m.version = s.version
                WHERE {condition} ORDER BY {ByState}, m.name, m.version DESC, s.ingest_id
                """, new { value }).ConfigureAwait(false);
            return
            [
                .. rows.GroupBy(row => (row.Name, row.Version)).Select(group => new AffectedModel(
                    ModelReference.Text(group.Key.Name, group.Key.Version), group.First().State, group.First().Sha256, UnixMicros.ToTime(group.First().RegisteredAtUs),
                    [.. group.Select(row => row.IngestId)])),
            ];
        },
        cancellationToken);

    private static IReadOnlyList<ModelArtifact> ReadArtifacts(ModelEntry model)
    {
        if (EvaluationFile.FolderOf(model) is not { } folder) return [];
        try
        {
            var file = new FileInfo(Path.Combine(folder, JobOutput.CardFile));
            if (!file.Exists || file.Length > MaxCardBytes) return [];
            return JsonSerializer.Deserialize<ModelCard>(File.ReadAllBytes(file.FullName), TrainingJson.Options)?.Artifacts ?? [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return [];
        }
    }

    private static string Text(long id) => id.ToString(CultureInfo.InvariantCulture);

    private sealed class RecordingRow
    {
        public string IngestId { get; init; } = "";
        public string? VehicleId { get; init; }
        public string? Session { get; init; }
        public string? FileName { get; init; }
        public string? ContentSha256 { get; init; }
        public string? Withdrawn { get; init; }

        public LineageRecording ToRecording() => new(IngestId, VehicleId ?? "", Session ?? "", FileName ?? "", ContentSha256 ?? "", Withdrawn);
    }

    private sealed class ModelRow
    {
        public string Name { get; init; } = "";
        public int Version { get; init; }
        public string State { get; init; } = "";
        public string Sha256 { get; init; } = "";
        public long RegisteredAtUs { get; init; }
        public string IngestId { get; init; } = "";
    }
}
