using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>What replays do to runs and their accounts; all in the caller's transaction.</summary>
public sealed partial class RecordingStore
{
    /// <summary>When the messages of a recording were logged, over all its runs; apart from the account, which older programs wrote without it.</summary>
    private static readonly string[] TimesScripts =
    [
        """
        CREATE TABLE recording_times (
            ingest_id TEXT NOT NULL PRIMARY KEY,
            min_log_time_ns INTEGER NOT NULL,
            max_log_time_ns INTEGER NOT NULL) WITHOUT ROWID
        """,
    ];

    /// <summary>First and last log time of recordings, nanoseconds; those that have no row in any table are not in it.</summary>
    public ValueTask<IReadOnlyDictionary<string, (long MinNs, long MaxNs)>> ListLogTimesAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, (long, long)>>(
            async session => (await session.QueryAsync<TimesRow>("SELECT ingest_id, min_log_time_ns, max_log_time_ns FROM recording_times").ConfigureAwait(false))
                .ToDictionary(row => row.ingest_id, row => (row.min_log_time_ns, row.max_log_time_ns), StringComparer.Ordinal),
            cancellationToken);

    /// <summary>First and last log time of a recording, nanoseconds; null while it has no row in any table.</summary>
    public ValueTask<(long MinNs, long MaxNs)?> FindLogTimesAsync(IngestId id, CancellationToken cancellationToken) =>
        database.ReadAsync<(long, long)?>(
            async session => await session.FirstOrDefaultAsync<TimesRow>(
                "SELECT ingest_id, min_log_time_ns, max_log_time_ns FROM recording_times WHERE ingest_id = @id", new { id = id.ToString() }).ConfigureAwait(false) is { } row
                ? (row.min_log_time_ns, row.max_log_time_ns)
                : null,
            cancellationToken);

    private static async Task SetTimesAsync(MetadataTransaction transaction, RecordingRun run, RecordingAccountEntry account)
    {
        if (account.RowsOut == 0) return;
        await transaction.ExecuteAsync(
            """
            INSERT INTO recording_times (ingest_id, min_log_time_ns, max_log_time_ns) VALUES (@id, @MinLogTimeNs, @MaxLogTimeNs)
            ON CONFLICT (ingest_id) DO UPDATE SET
                min_log_time_ns = CASE WHEN excluded.min_log_time_ns < recording_times.min_log_time_ns THEN excluded.min_log_time_ns ELSE recording_times.min_log_time_ns END,
                max_log_time_ns = CASE WHEN excluded.max_log_time_ns > recording_times.max_log_time_ns THEN excluded.max_log_time_ns ELSE recording_times.max_log_time_ns END
            """,
            new { id = run.IngestId.ToString(), account.MinLogTimeNs, account.MaxLogTimeNs }).ConfigureAwait(false);
    }

    /// <summary>State of a run as a transaction sees it; null when there is no such run.</summary>
    public async Task<RecordingState?> RunStateAsync(MetadataTransaction transaction, RecordingRun run) =>
        await transaction.ScalarAsync<int?>($"SELECT state FROM recording_runs WHERE {ThisRun}", KeyOf(run)).ConfigureAwait(false) is { } state ? (RecordingState)state : null;

    /// <summary>
    /// Takes a dead-lettered run back to where it has not finished: one that nothing could be read of is as if it had never begun, one whose
    /// files a table refused waits for that table again.
    /// </summary>
    /// <returns>Whether it was dead-lettered.</returns>
    public async Task<bool> ReviveAsync(MetadataTransaction transaction, RecordingRun run)
    {
        var key = new
        {
            id = run.IngestId.ToString(), topology = run.Topology, version = run.TopologyVersion,
            deadLettered = (int)RecordingState.DeadLettered, written = (int)RecordingState.Written,
        };
        int forgotten = await transaction.ExecuteAsync($"DELETE FROM recording_runs WHERE {ThisRun} AND state = @deadLettered AND has_account = 0", key).ConfigureAwait(false);
        bool isRevived = forgotten > 0
            || await transaction.ExecuteAsync($"UPDATE recording_runs SET state = @written, reason = NULL WHERE {ThisRun} AND state = @deadLettered", key).ConfigureAwait(false) > 0;
        if (isRevived) await DeriveAsync(transaction, run).ConfigureAwait(false);
        return isRevived;
    }

    /// <summary>
    /// Moves messages of a committed run from its dead letters to its rows, because a table now has them. Call in the transaction of that
    /// commit: rows + dead letters + not selected stay what was read.
    /// </summary>
    /// <param name="transaction">The transaction of the commit.</param>
    /// <param name="run">The run.</param>
    /// <param name="channel">Channel of the messages.</param>
    /// <param name="schema">Name of the schema they were recorded with.</param>
    /// <param name="table">Table that has them now.</param>
    /// <param name="timeBase">Which stamp their sensor time is, for a channel of which nothing was known before.</param>
    /// <param name="messages">How many.</param>
    /// <exception cref="MeshException"><c>MESH2356</c>: the account has not that many dead letters of the channel.</exception>
    public async Task MoveToRowsAsync(MetadataTransaction transaction, RecordingRun run, string channel, string schema, string table, string timeBase, long messages)
    {
        var (id, topology, version) = (run.IngestId.ToString(), run.Topology, run.TopologyVersion);
        long left = messages;
        var parts = await transaction.QueryAsync<ChannelPart>(
            $"SELECT ordinal, dead_letters FROM run_channels WHERE {ThisRun} AND channel = @channel AND schema = @schema AND dead_letters > 0 ORDER BY ordinal",
            new { id, topology, version, channel, schema }).ConfigureAwait(false);
        foreach (var part in parts)
        {
            long moved = Math.Min(left, part.dead_letters);
            await transaction.ExecuteAsync(
                $"""
                UPDATE run_channels SET rows_out = rows_out + @moved, dead_letters = dead_letters - @moved,
                    table_name = CASE WHEN table_name = '' THEN @table ELSE table_name END,
                    time_base = CASE WHEN time_base = '' THEN @timeBase ELSE time_base END
                WHERE {ThisRun} AND ordinal = @ordinal
                """,
                new { id, topology, version, part.ordinal, moved, table, timeBase }).ConfigureAwait(false);
            if ((left -= moved) == 0) break;
        }

        int counted = await transaction.ExecuteAsync(
            $"UPDATE recording_runs SET rows_out = rows_out + @messages, dead_letters = dead_letters - @messages WHERE {ThisRun} AND state = @committed AND dead_letters >= @messages",
            new { id, topology, version, messages, committed = (int)RecordingState.Committed }).ConfigureAwait(false);
        if (left > 0 || counted == 0)
        {
            throw new MeshException("MESH2356", $"The account of {run} has no {messages:N0} dead letters of {channel}, so its messages are not added. `mesh recordings show {run.IngestId}` shows the account.");
        }

        await transaction.ExecuteAsync(
            """
            INSERT INTO run_tables (ingest_id, topology, topology_version, table_name) VALUES (@id, @topology, @version, @table)
            ON CONFLICT (ingest_id, topology, topology_version, table_name) DO NOTHING
            """,
            new { id, topology, version, table }).ConfigureAwait(false);
        await DeriveAsync(transaction, run).ConfigureAwait(false);
    }

    private sealed class ChannelPart
    {
        public long ordinal { get; init; }
        public long dead_letters { get; init; }
    }

    private sealed class TimesRow
    {
        public string ingest_id { get; init; } = "";
        public long min_log_time_ns { get; init; }
        public long max_log_time_ns { get; init; }
    }
}
