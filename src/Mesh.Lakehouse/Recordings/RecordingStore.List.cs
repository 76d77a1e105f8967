using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>
/// Pages of recordings. What a list shows is kept with the recording and derived again, in the same transaction, whenever one of its runs
/// changes; only whether an active topology has still to begin is found out by the query, since that changes for all of them at once.
/// </summary>
public sealed partial class RecordingStore
{
    /// <summary>Of the runs of a topology only the newest version's counts, see <see cref="RecordingEntry"/>.</summary>
    private const string Deciding =
        """
        run.ingest_id = recordings.ingest_id AND NOT EXISTS (
            SELECT 1 FROM recording_runs newer WHERE newer.ingest_id = run.ingest_id AND newer.topology = run.topology
                AND (length(newer.topology_version) > length(run.topology_version)
                    OR (length(newer.topology_version) = length(run.topology_version) AND newer.topology_version > run.topology_version)))
        """;

    private const string Derive =
        $"""
        UPDATE recordings SET
            (run_state, last_committed_at) = (
                SELECT CASE WHEN count(*) = 0 THEN 0 WHEN sum(CASE WHEN run.state IN (2, 3) THEN 0 ELSE 1 END) > 0 THEN 1
                    WHEN sum(CASE WHEN run.state = 3 THEN 1 ELSE 0 END) > 0 THEN 3 ELSE 2 END, max(run.committed_at)
                FROM recording_runs run WHERE {Deciding}),
            run_reason = (SELECT run.reason FROM recording_runs run WHERE run.state = 3 AND {Deciding} ORDER BY run.topology LIMIT 1),
            loss_count = (
                SELECT coalesce(max(lost.places), 0) FROM (
                    SELECT count(*) AS places FROM run_losses WHERE run_losses.ingest_id = recordings.ingest_id GROUP BY topology, topology_version) AS lost),
            (run_keys, messages_in, rows_out, dead_letters, not_selected, frames_out) = (
                SELECT coalesce(',' || string_agg(run.topology || '@' || run.topology_version, ',') || ',', ''), coalesce(sum(run.messages_in), 0),
                    coalesce(sum(run.rows_out), 0), coalesce(sum(run.dead_letters), 0), coalesce(sum(run.not_selected), 0), coalesce(sum(run.frames_out), 0)
                FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id)
        WHERE ingest_id = @id
        """;

    /// <summary>A page of recordings, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<RecordingListEntry> Items, long Total)> ListAsync(RecordingQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database);
            string isAwaited = await AwaitedAsync(session, sql).ConfigureAwait(false);
            string state = StateOf(isAwaited);
            sql.Contains(query.Text, "ingest_id", "file_name", "vehicle_id", "session").Equal("vehicle_id", query.Vehicle)
                .From("accepted_at", query.From is { } from ? UnixMicros.Of(from) : null).Before("accepted_at", query.To is { } to ? UnixMicros.Of(to) : null);
            if (query.State is { } wanted) sql.Where(StateIs(wanted, isAwaited));
            string direction = query.Descending ? "DESC" : "ASC";
            string order = query.Sort switch
            {
                RecordingSort.Size => $"size_bytes {direction}, ingest_id {direction}",
                RecordingSort.Vehicle => $"vehicle_id {direction}, accepted_at DESC, ingest_id DESC",
                RecordingSort.State => $"{state} {direction}, accepted_at DESC, ingest_id DESC",
                RecordingSort.Losses => $"loss_count {direction}, ingest_id {direction}",
                _ => $"accepted_at {direction}, ingest_id {direction}",
            };
            // The page is found in an index; only its rows are then read whole.
            var (rows, total) = await sql.ReadAsync<ListRow>(
                session, query,
                limit =>
                    $"""
                    SELECT recordings.ingest_id, vehicle_id, session, file_name, size_bytes, {state} AS state, run_reason, accepted_at, last_committed_at, landing_deleted_at,
                        duplicates, loss_count, messages_in, rows_out, dead_letters, not_selected, frames_out, times.min_log_time_ns, times.max_log_time_ns
                    FROM (SELECT ingest_id FROM recordings WHERE {sql.Conditions} ORDER BY {order} {limit}) AS page
                        LEFT JOIN recordings ON recordings.ingest_id = page.ingest_id LEFT JOIN recording_times times ON times.ingest_id = page.ingest_id
                    ORDER BY {order.Replace("ingest_id", "page.ingest_id", StringComparison.Ordinal)}
                    """,
                $"SELECT count(*) FROM recordings WHERE {sql.Conditions}").ConfigureAwait(false);
            return ((IReadOnlyList<RecordingListEntry>)[.. rows.Select(row => row.ToEntry())], total);
        },
        cancellationToken);

    /// <summary>Number of recordings in each state that occurs.</summary>
    public ValueTask<IReadOnlyDictionary<RecordingState, long>> CountAsync(CancellationToken cancellationToken) => database.ReadAsync<IReadOnlyDictionary<RecordingState, long>>(
        async session =>
        {
            var sql = new PageSql(database);
            string state = StateOf(await AwaitedAsync(session, sql).ConfigureAwait(false));
            return (await session.QueryAsync<CountRow>($"SELECT {state} AS state, count(*) AS recordings FROM recordings GROUP BY 1 ORDER BY 1", sql.Parameters).ConfigureAwait(false))
                .ToDictionary(row => (RecordingState)row.state, row => row.recordings);
        },
        cancellationToken);

    /// <summary>A page of vehicles, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<VehicleSummary> Items, long Total)> ListVehiclesAsync(VehicleQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database).Contains(query.Text, null, "vehicle_id");
            string column = query.Sort switch
            {
                VehicleSort.Vehicle => "vehicle_id",
                VehicleSort.Recordings => "recordings",
                VehicleSort.Bytes => "bytes",
                VehicleSort.Losses => "losses",
                _ => "last_at",
            };
            var (rows, total) = await sql.ReadAsync<VehicleRow>(
                session, query,
                limit =>
                    $"""
                    SELECT vehicle_id, count(*) AS recordings, sum(size_bytes) AS bytes, min(accepted_at) AS first_at, max(accepted_at) AS last_at,
                        sum(loss_count) AS losses, sum(dead_letters) AS dead_letters
                    FROM recordings WHERE {sql.Conditions} GROUP BY vehicle_id ORDER BY {column} {(query.Descending ? "DESC" : "ASC")}, vehicle_id {limit}
                    """,
                $"SELECT count(DISTINCT vehicle_id) FROM recordings WHERE {sql.Conditions}").ConfigureAwait(false);
            return ((IReadOnlyList<VehicleSummary>)[.. rows.Select(row => row.ToSummary())], total);
        },
        cancellationToken);

    /// <summary>Ingest ids that begin with some hexadecimal digits, in order; at most <paramref name="limit"/>.</summary>
    public ValueTask<IReadOnlyList<IngestId>> FindByPrefixAsync(string digits, int limit, CancellationToken cancellationToken)
    {
        if (digits.Length == 0 || !digits.All(char.IsAsciiHexDigitLower)) return ValueTask.FromResult<IReadOnlyList<IngestId>>([]);
        var sql = new PageSql(database);
        string begins = sql.Begins("ingest_id", digits);
        sql.Parameters["limit"] = limit;
        return database.ReadAsync<IReadOnlyList<IngestId>>(
            async session => [.. (await session.QueryAsync<string>($"SELECT ingest_id FROM recordings WHERE {begins} ORDER BY ingest_id LIMIT @limit", sql.Parameters).ConfigureAwait(false)).Select(IngestId.Parse)],
            cancellationToken);
    }

    /// <summary>Derives what lists show of a recording from its runs.</summary>
    private static Task DeriveAsync(MetadataTransaction transaction, RecordingRun run) => transaction.ExecuteAsync(Derive, new { id = run.IngestId.ToString() });

    /// <summary>The condition that an active topology will read a recording and has not begun; active topologies are few.</summary>
    private static async Task<string> AwaitedAsync(MetadataSession session, PageSql sql)
    {
        var active = await session.QueryAsync<ActiveTopologyRow>(ActiveTopologies).ConfigureAwait(false);
        if (active.Count == 0) return "1 = 0";
        return string.Join(" OR ", active.Select(topology =>
            $"(accepted_at >= {sql.Parameter(topology.from_earliest != 0 ? long.MinValue : topology.applied_at)} AND replace(run_keys, {sql.Parameter($",{topology.name}@{topology.VersionText},")}, '') = run_keys)"));
    }

    private static string StateOf(string isAwaited) => $"CASE WHEN run_state IN (0, 1) THEN run_state WHEN {isAwaited} THEN 1 ELSE run_state END";

    private static string StateIs(RecordingState state, string isAwaited) => state switch
    {
        RecordingState.Accepted => "run_state = 0",
        RecordingState.Written => $"run_state = 1 OR (run_state IN (2, 3) AND ({isAwaited}))",
        RecordingState.Committed => $"run_state = 2 AND NOT ({isAwaited})",
        _ => $"run_state = 3 AND NOT ({isAwaited})",
    };

    /// <summary>A recording of a page; the names are the columns'.</summary>
    private sealed class ListRow
    {
        public string ingest_id { get; init; } = "";
        public string vehicle_id { get; init; } = "";
        public string session { get; init; } = "";
        public string file_name { get; init; } = "";
        public long size_bytes { get; init; }
        public long state { get; init; }
        public string? run_reason { get; init; }
        public long accepted_at { get; init; }
        public long? last_committed_at { get; init; }
        public long? landing_deleted_at { get; init; }
        public long duplicates { get; init; }
        public long loss_count { get; init; }
        public long messages_in { get; init; }
        public long rows_out { get; init; }
        public long dead_letters { get; init; }
        public long not_selected { get; init; }
        public long frames_out { get; init; }
        public long? min_log_time_ns { get; init; }
        public long? max_log_time_ns { get; init; }

        public RecordingListEntry ToEntry() => new()
        {
            IngestId = ingest_id,
            VehicleId = vehicle_id,
            Session = session,
            FileName = file_name,
            SizeBytes = size_bytes,
            State = (RecordingState)state,
            Reason = run_reason,
            AcceptedAt = UnixMicros.ToTime(accepted_at),
            CommittedAt = (RecordingState)state == RecordingState.Committed && last_committed_at is { } committed ? UnixMicros.ToTime(committed) : null,
            LandingDeletedAt = landing_deleted_at is { } deleted ? UnixMicros.ToTime(deleted) : null,
            Duplicates = (int)duplicates,
            LossCount = (int)loss_count,
            MessagesIn = messages_in,
            RowsOut = rows_out,
            DeadLetters = dead_letters,
            NotSelected = not_selected,
            FramesOut = frames_out,
            MinLogTimeNs = min_log_time_ns,
            MaxLogTimeNs = max_log_time_ns,
        };
    }

    private sealed class CountRow
    {
        public long state { get; init; }
        public long recordings { get; init; }
    }

    private sealed class VehicleRow
    {
        public string vehicle_id { get; init; } = "";
        public long recordings { get; init; }
        public decimal bytes { get; init; }
        public long first_at { get; init; }
        public long last_at { get; init; }
        public decimal losses { get; init; }
        public decimal dead_letters { get; init; }

        public VehicleSummary ToSummary() => new(
            vehicle_id, recordings, (long)bytes, UnixMicros.ToTime(first_at), UnixMicros.ToTime(last_at), (long)losses, (long)dead_letters);
    }
}
