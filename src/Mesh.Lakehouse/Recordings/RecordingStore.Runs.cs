using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>What became of a recording in one topology version.</summary>
public sealed partial class RecordingStore
{
    private const string RunColumns =
        """
        SELECT ingest_id, topology, topology_version, digest, state, reason, committed_at, messages_in, rows_out, dead_letters, not_selected, frames_out,
            (SELECT count(*) FROM run_losses lost
             WHERE lost.ingest_id = recording_runs.ingest_id AND lost.topology = recording_runs.topology AND lost.topology_version = recording_runs.topology_version) AS loss_count
        FROM recording_runs
        """;

    private const string ThisRun = "ingest_id = @id AND topology = @topology AND topology_version = @version";

    /// <summary>Tables of the run's account that have no ledger row of it.</summary>
    private const string MissingTables =
        """
        SELECT count(*) FROM run_tables rt
        WHERE rt.ingest_id = @id AND rt.topology = @topology AND rt.topology_version = @version AND NOT EXISTS (
            SELECT 1 FROM tables t JOIN ledger l ON l.table_uuid = t.uuid
            WHERE t.namespace || '.' || t.name = rt.table_name
              AND l.ingest_id = rt.ingest_id AND l.topology = rt.topology AND l.topology_version = rt.topology_version)
        """;

    /// <summary>The runs of a recording, by topology and version, with losses, channels and tables.</summary>
    public ValueTask<IReadOnlyList<RecordingRunEntry>> ListRunsAsync(IngestId id, CancellationToken cancellationToken) =>
        database.ReadAsync(session => ReadRunsAsync(session, id), cancellationToken);

    /// <summary>
    /// Stores the account of an attempt and, when the ledger has every table of it, marks its run as committed. Idempotent: the account of the
    /// attempt that committed first stays, also when a table refused a set of it for good. A recording that is not known here is left alone.
    /// </summary>
    public async Task SetAccountAsync(MetadataTransaction transaction, IngestId id, RecordingAccountEntry account)
    {
        var run = new RecordingRun(id, account.Topology, account.TopologyVersion);
        int stored = await transaction.ExecuteAsync(
            """
            INSERT INTO recording_runs (
                ingest_id, topology, topology_version, digest, state, has_account, messages_in, rows_out, dead_letters, not_selected, frames_out)
            SELECT ingest_id, @Topology, @TopologyVersion, @Digest, @written, 1, @MessagesIn, @RowsOut, @DeadLetters, @NotSelected, @FramesOut
            FROM recordings WHERE ingest_id = @id
            ON CONFLICT (ingest_id, topology, topology_version) DO UPDATE SET
                digest = excluded.digest, state = excluded.state, has_account = 1, reason = NULL, messages_in = excluded.messages_in, rows_out = excluded.rows_out,
                dead_letters = excluded.dead_letters, not_selected = excluded.not_selected, frames_out = excluded.frames_out
            WHERE recording_runs.has_account = 0
            """,
            new
            {
                id = id.ToString(), written = (int)RecordingState.Written, account.Topology, account.TopologyVersion, account.Digest,
                account.MessagesIn, account.RowsOut, account.DeadLetters, account.NotSelected, account.FramesOut,
            }).ConfigureAwait(false);
        if (stored > 0) await AddDetailsAsync(transaction, run, account).ConfigureAwait(false);
        if (stored > 0) await SetTimesAsync(transaction, run, account).ConfigureAwait(false);
        if (!await TryMarkCommittedAsync(transaction, run).ConfigureAwait(false) && stored > 0) await DeriveAsync(transaction, run).ConfigureAwait(false);
    }

    /// <summary>Marks a run as committed when it has an account and the ledger has every table of it.</summary>
    /// <returns>Whether it became committed by this call.</returns>
    public async Task<bool> TryMarkCommittedAsync(MetadataTransaction transaction, RecordingRun run)
    {
        int marked = await transaction.ExecuteAsync(
            $"UPDATE recording_runs SET state = @committed, committed_at = @now WHERE {ThisRun} AND state = @written AND ({MissingTables}) = 0",
            new
            {
                id = run.IngestId.ToString(), topology = run.Topology, version = run.TopologyVersion, now = UnixMicros.Of(time.GetUtcNow()),
                written = (int)RecordingState.Written, committed = (int)RecordingState.Committed,
            }).ConfigureAwait(false);
        if (marked > 0) await DeriveAsync(transaction, run).ConfigureAwait(false);
        return marked > 0;
    }

    /// <summary>
    /// Marks a run as one whose recording is unreadable or, when it has an account, as one that a table refused for good. Idempotent; a committed
    /// run stays as it is, and so does a recording that is not known here.
    /// </summary>
    public async ValueTask MarkDeadLetteredAsync(RecordingRun run, string reason, CancellationToken cancellationToken) =>
        await database.WriteAsync(async transaction =>
        {
            await transaction.ExecuteAsync(
                """
                INSERT INTO recording_runs (ingest_id, topology, topology_version, digest, state, has_account, reason)
                SELECT ingest_id, @topology, @version, '', @deadLettered, 0, @reason FROM recordings WHERE ingest_id = @id
                ON CONFLICT (ingest_id, topology, topology_version) DO UPDATE SET state = excluded.state, reason = excluded.reason
                WHERE recording_runs.state <> @committed
                """,
                new
                {
                    id = run.IngestId.ToString(), topology = run.Topology, version = run.TopologyVersion, reason,
                    deadLettered = (int)RecordingState.DeadLettered, committed = (int)RecordingState.Committed,
                }).ConfigureAwait(false);
            await DeriveAsync(transaction, run).ConfigureAwait(false);
        }, cancellationToken).ConfigureAwait(false);

    /// <summary>Whether every table of the run's account has its rows, or it is dead-lettered.</summary>
    public ValueTask<bool> IsFinishedAsync(RecordingRun run, CancellationToken cancellationToken) => database.ReadAsync(async session =>
    {
        var key = KeyOf(run);
        return await session.ScalarAsync<int?>($"SELECT state FROM recording_runs WHERE {ThisRun}", key).ConfigureAwait(false) switch
        {
            (int)RecordingState.Committed or (int)RecordingState.DeadLettered => true,
            (int)RecordingState.Written => await session.ScalarAsync<long>(MissingTables, key).ConfigureAwait(false) == 0,
            _ => false,
        };
    }, cancellationToken);

    private static object KeyOf(RecordingRun run) => new { id = run.IngestId.ToString(), topology = run.Topology, version = run.TopologyVersion };

    private static async Task<IReadOnlyList<RecordingRunEntry>> ReadRunsAsync(MetadataSession session, IngestId id)
    {
        var runs = new List<RecordingRunEntry>();
        var rows = await session.QueryAsync<RunRow>(
            $"{RunColumns} WHERE ingest_id = @id ORDER BY topology, length(topology_version), topology_version", new { id = id.ToString() }).ConfigureAwait(false);
        foreach (var row in rows)
        {
            var key = KeyOf(new RecordingRun(id, row.topology, row.topology_version));
            runs.Add(row.ToEntry() with
            {
                Losses = [.. (await session.QueryAsync<LossRow>(
                    $"SELECT code, \"offset\", bytes, expected, found FROM run_losses WHERE {ThisRun} ORDER BY ordinal", key).ConfigureAwait(false))
                    .Select(loss => new DataLoss(loss.code, loss.offset, loss.bytes, loss.expected, loss.found))],
                Channels = [.. (await session.QueryAsync<ChannelRow>(
                    $"SELECT channel, schema, table_name, messages_in, rows_out, dead_letters, time_base FROM run_channels WHERE {ThisRun} ORDER BY ordinal", key).ConfigureAwait(false))
                    .Select(channel => new RecordingChannelEntry(
                        channel.channel, channel.schema, channel.table_name, channel.messages_in, channel.rows_out, channel.dead_letters, channel.time_base))],
                Synchronised = [.. (await session.QueryAsync<InputRow>(
                    $"""
                    SELECT group_name, input, channel, frames, samples, used_samples, matched, interpolated, ambiguous, max_match_error_ns, mean_match_error_ns, missing, unmatched
                    FROM run_inputs WHERE {ThisRun} ORDER BY ordinal
                    """, key).ConfigureAwait(false)).Select(input => input.ToEntry())],
                Tables = await session.QueryAsync<string>($"SELECT table_name FROM run_tables WHERE {ThisRun} ORDER BY table_name", key).ConfigureAwait(false),
            });
        }

        return runs;
    }

    private static async Task AddDetailsAsync(MetadataTransaction transaction, RecordingRun run, RecordingAccountEntry account)
    {
        var (id, topology, version) = (run.IngestId.ToString(), run.Topology, run.TopologyVersion);
        foreach (string table in new[] { "run_losses", "run_channels", "run_inputs", "run_tables" })
        {
            await transaction.ExecuteAsync($"DELETE FROM {table} WHERE {ThisRun}", KeyOf(run)).ConfigureAwait(false);
        }

        await transaction.ExecuteAsync(
            """
            INSERT INTO run_losses (ingest_id, topology, topology_version, ordinal, code, "offset", bytes, expected, found)
            VALUES (@id, @topology, @version, @ordinal, @Code, @Offset, @Bytes, @Expected, @Found)
            """,
            account.Losses.Select((loss, ordinal) => new { id, topology, version, ordinal, loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found })).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            """
            INSERT INTO run_channels (ingest_id, topology, topology_version, ordinal, channel, schema, table_name, messages_in, rows_out, dead_letters, time_base)
            VALUES (@id, @topology, @version, @ordinal, @Channel, @Schema, @Table, @MessagesIn, @RowsOut, @DeadLetters, @TimeBase)
            """,
            account.Channels.Select((channel, ordinal) => new
            {
                id, topology, version, ordinal, channel.Channel, channel.Schema, channel.Table, channel.MessagesIn, channel.RowsOut, channel.DeadLetters, channel.TimeBase,
            })).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            """
            INSERT INTO run_inputs (
                ingest_id, topology, topology_version, ordinal, group_name, input, channel, frames, samples, used_samples, matched, interpolated, ambiguous,
                max_match_error_ns, mean_match_error_ns, missing, unmatched)
            VALUES (@id, @topology, @version, @ordinal, @Group, @Input, @Channel, @Frames, @Samples, @UsedSamples, @Matched, @Interpolated, @Ambiguous,
                @MaxMatchErrorNs, @MeanMatchErrorNs, @missing, @unmatched)
            """,
            account.Synchronised.Select((input, ordinal) => new
            {
                id, topology, version, ordinal, input.Group, input.Input, input.Channel, input.Frames, input.Samples, input.UsedSamples, input.Matched, input.Interpolated,
                input.Ambiguous, input.MaxMatchErrorNs, input.MeanMatchErrorNs,
                missing = JsonSerializer.Serialize(input.Missing), unmatched = JsonSerializer.Serialize(input.Unmatched),
            })).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO run_tables (ingest_id, topology, topology_version, table_name) VALUES (@id, @topology, @version, @table)",
            account.Tables.Distinct().Select(table => new { id, topology, version, table })).ConfigureAwait(false);
    }
}
