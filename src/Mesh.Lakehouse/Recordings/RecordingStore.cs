using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Recordings and their accounts, in the metadata database.</summary>
public sealed partial class RecordingStore
{
    private const string Columns =
        "ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at, landing_deleted_at, duplicates";

    private const string ActiveTopologies = "SELECT name, version, from_earliest, applied_at FROM topologies WHERE active = 1 AND awaited = 1 ORDER BY name, version";

    private readonly MetadataDatabase database;
    private readonly TimeProvider time;

    /// <param name="database">Where; the store creates its tables.</param>
    /// <param name="time">Clock.</param>
    public RecordingStore(MetadataDatabase database, TimeProvider time)
    {
        this.database = database;
        this.time = time;
        LakeSchema.Migrate(database);
        database.Migrate("recordings", RecordingSchema.Scripts);
        database.Migrate("recording-times", TimesScripts);
    }

    /// <summary>Adds a recording that has just become durable.</summary>
    /// <param name="entry">The recording; its runs are left aside.</param>
    /// <param name="inSameTransaction">Adds the event to the outbox; not called for a duplicate.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when the ingest id is known: the duplicate is counted instead.</returns>
    public ValueTask<bool> TryAddAsync(RecordingEntry entry, Func<MetadataTransaction, Task> inSameTransaction, CancellationToken cancellationToken) =>
        database.WriteAsync(async transaction =>
        {
            int added = await transaction.ExecuteAsync(
                """
                INSERT INTO recordings (ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at)
                VALUES (@id, @VehicleId, @Session, @FileName, @Uri, @SizeBytes, @ContentSha256, @acceptedAt)
                ON CONFLICT (ingest_id) DO NOTHING
                """,
                new
                {
                    id = entry.IngestId.ToString(), entry.VehicleId, entry.Session, entry.FileName, entry.Uri, entry.SizeBytes, entry.ContentSha256,
                    acceptedAt = UnixMicros.Of(entry.AcceptedAt),
                }).ConfigureAwait(false);
            if (added == 0)
            {
                await transaction.ExecuteAsync("UPDATE recordings SET duplicates = duplicates + 1 WHERE ingest_id = @id", new { id = entry.IngestId.ToString() })
                    .ConfigureAwait(false);
                return false;
            }

            await inSameTransaction(transaction).ConfigureAwait(false);
            return true;
        }, cancellationToken);

    /// <summary>A recording with its runs and their details, or null.</summary>
    public ValueTask<RecordingEntry?> FindAsync(IngestId id, CancellationToken cancellationToken) => database.ReadAsync(async session =>
    {
        var row = await session.FirstOrDefaultAsync<RecordingRow>($"SELECT {Columns} FROM recordings WHERE ingest_id = @id", new { id = id.ToString() }).ConfigureAwait(false);
        if (row is null) return null;
        var runs = await ReadRunsAsync(session, id).ConfigureAwait(false);
        return row.ToEntry(runs, await session.QueryAsync<ActiveTopologyRow>(ActiveTopologies).ConfigureAwait(false));
    }, cancellationToken);

    /// <summary>Recordings, newest first, with their runs; without losses, channels and tables.</summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListAsync(int limit, CancellationToken cancellationToken) =>
        Query("ORDER BY accepted_at DESC, ingest_id DESC LIMIT @limit", new { limit }, cancellationToken);

    /// <summary>Numbers of recordings by the state of their runs, and since when the oldest waits of those that have none or unfinished ones.</summary>
    public ValueTask<RecordingSummary> SummariseAsync(CancellationToken cancellationToken) => database.ReadAsync(async session =>
    {
        var states = await session.QueryAsync<StateRow>(
            
            """
            SELECT state AS State, count(*) AS Recordings, min(accepted_at) AS OldestAt FROM (
                SELECT r.accepted_at, CASE
                    WHEN count(run.ingest_id) = 0 THEN @accepted
                    WHEN sum(CASE WHEN run.state IN (@committed, @deadLettered) THEN 0 ELSE 1 END) > 0 THEN @written
                    WHEN sum(CASE WHEN run.state = @deadLettered THEN 1 ELSE 0 END) > 0 THEN @deadLettered
                    ELSE @committed END AS state
                FROM recordings r LEFT JOIN recording_runs run ON run.ingest_id = r.ingest_id
                GROUP BY r.ingest_id, r.accepted_at) AS latest
            GROUP BY state ORDER BY state
            """,
            new
            {
                accepted = (int)RecordingState.Accepted, written = (int)RecordingState.Written, committed = (int)RecordingState.Committed,
                deadLettered = (int)RecordingState.DeadLettered,
            }).ConfigureAwait(false);
        var unfinished = states.Where(row => (RecordingState)row.State is RecordingState.Accepted or RecordingState.Written).ToList();
        return new RecordingSummary(
            states.ToDictionary(row => (RecordingState)row.State, row => row.Recordings), unfinished.Count == 0 ? null : UnixMicros.ToTime(unfinished.Min(row => row.OldestAt)));
    }, cancellationToken);

    /// <summary>
    /// Recordings whose landing object may go: accepted before <paramref name="before"/>, not yet deleted, finished in at least one topology,
    /// under way in none, and finished in every active one that reads it.
    /// </summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken) => Query(
        """
        WHERE accepted_at < @before AND landing_deleted_at IS NULL
            AND EXISTS (SELECT 1 FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id)
            AND NOT EXISTS (SELECT 1 FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id AND run.state NOT IN (@committed, @deadLettered))
            AND NOT EXISTS (
                SELECT 1 FROM topologies t WHERE t.active = 1 AND t.awaited = 1 AND (t.from_earliest = 1 OR t.applied_at <= recordings.accepted_at) AND NOT EXISTS (
                    SELECT 1 FROM recording_runs run
                    WHERE run.ingest_id = recordings.ingest_id AND run.topology = t.name AND run.topology_version = CAST(t.version AS TEXT)))
        ORDER BY accepted_at
        """,
        new { committed = (int)RecordingState.Committed, deadLettered = (int)RecordingState.DeadLettered, before = UnixMicros.Of(before) },
        cancellationToken);

    /// <summary>Notes that the landing object is gone.</summary>
    public async ValueTask MarkLandingDeletedAsync(IngestId id, CancellationToken cancellationToken) =>
        await database.WriteAsync(transaction => transaction.ExecuteAsync(
            "UPDATE recordings SET landing_deleted_at = @now WHERE ingest_id = @id AND landing_deleted_at IS NULL",
            new { id = id.ToString(), now = UnixMicros.Of(time.GetUtcNow()) }), cancellationToken).ConfigureAwait(false);

    private ValueTask<IReadOnlyList<RecordingEntry>> Query(string clauses, object parameters, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RecordingEntry>>(
            async session =>
            {
                var rows = await session.QueryAsync<RecordingRow>($"SELECT {Columns} FROM recordings {clauses}", parameters).ConfigureAwait(false);
                var runs = (await session.QueryAsync<RunRow>(
                    $"{RunColumns} WHERE ingest_id IN (SELECT ingest_id FROM recordings {clauses}) ORDER BY topology, length(topology_version), topology_version", parameters).ConfigureAwait(false))
                    .ToLookup(row => row.ingest_id, row => row.ToEntry());
                var active = await session.QueryAsync<ActiveTopologyRow>(ActiveTopologies).ConfigureAwait(false);
                return [.. rows.Select(row => row.ToEntry([.. runs[row.ingest_id]], active))];
            },
            cancellationToken);

    private sealed class StateRow
    {
        public int State { get; init; }

        public long Recordings { get; init; }

        public long OldestAt { get; init; }
    }
}
