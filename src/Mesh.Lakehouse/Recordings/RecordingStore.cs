using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse.Recordings;

/// <summary>Recordings and their accounts, in the metadata database.</summary>
public sealed class RecordingStore
{
    private const string Columns =
        """
        ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at, committed_at, landing_deleted_at,
        state, reason, messages_in, rows_out, dead_letters, not_selected, frames_out, duplicates
        """;

    /// <summary>Tables of the recording's account without a ledger row of its topology version.</summary>
    private const string MissingTables =
        """
        SELECT count(*) FROM recording_tables rt JOIN recordings r ON r.ingest_id = rt.ingest_id
        WHERE rt.ingest_id = @id AND NOT EXISTS (
            SELECT 1 FROM tables t JOIN ledger l ON l.table_uuid = t.uuid
            WHERE t.namespace || '.' || t.name = rt.table_name
              AND l.ingest_id = r.ingest_id AND l.topology = r.topology AND l.topology_version = r.topology_version)
        """;

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
    }

    /// <summary>Adds a recording that has just become durable.</summary>
    /// <param name="entry">The recording, in state <see cref="RecordingState.Accepted"/>.</param>
    /// <param name="inSameTransaction">Adds the event to the outbox; not called for a duplicate.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when the ingest id is known: the duplicate is counted instead.</returns>
    public ValueTask<bool> TryAddAsync(RecordingEntry entry, Func<MetadataTransaction, Task> inSameTransaction, CancellationToken cancellationToken) =>
        database.WriteAsync(async transaction =>
        {
            int added = await transaction.ExecuteAsync(
                """
                INSERT INTO recordings (ingest_id, vehicle_id, session, file_name, uri, size_bytes, content_sha256, accepted_at, state)
                VALUES (@id, @VehicleId, @Session, @FileName, @Uri, @SizeBytes, @ContentSha256, @acceptedAt, @state)
                ON CONFLICT (ingest_id) DO NOTHING
                """,
                new
                {
                    id = entry.IngestId.ToString(), entry.VehicleId, entry.Session, entry.FileName, entry.Uri, entry.SizeBytes, entry.ContentSha256,
                    acceptedAt = UnixMicros.Of(entry.AcceptedAt), state = (int)RecordingState.Accepted,
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

    /// <summary>A recording, or null.</summary>
    public ValueTask<RecordingEntry?> FindAsync(IngestId id, CancellationToken cancellationToken) => database.ReadAsync(async session =>
    {
        var key = new { id = id.ToString() };
        var row = await session.FirstOrDefaultAsync<RecordingRow>($"SELECT {Columns} FROM recordings WHERE ingest_id = @id", key).ConfigureAwait(false);
        return row?.ToEntry() is not { } entry ? null : entry with
        {
            Losses = (await session.QueryAsync<LossRow>(
                "SELECT code, \"offset\", bytes, expected, found FROM recording_losses WHERE ingest_id = @id ORDER BY ordinal", key).ConfigureAwait(false))
                .Select(loss => new DataLoss(loss.code, loss.offset, loss.bytes, loss.expected, loss.found)).ToList(),
            Channels = (await session.QueryAsync<ChannelRow>(
                """
                SELECT channel, schema, table_name, messages_in, rows_out, dead_letters, time_base
                FROM recording_channels WHERE ingest_id = @id ORDER BY ordinal
                """, key).ConfigureAwait(false))
                .Select(row => new RecordingChannelEntry(
                    row.channel, row.schema, row.table_name, row.messages_in, row.rows_out, row.dead_letters, row.time_base)).ToList(),
            Tables = await session.QueryAsync<string>(
                "SELECT table_name FROM recording_tables WHERE ingest_id = @id ORDER BY table_name", key).ConfigureAwait(false),
        };
    }, cancellationToken);

    /// <summary>Recordings, newest first; without losses, channels and tables.</summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListAsync(int limit, CancellationToken cancellationToken) =>
        Query("ORDER BY accepted_at DESC, ingest_id DESC LIMIT @limit", new { limit }, cancellationToken);

    /// <summary>
    /// Stores the account of an attempt and, when the ledger has every table of it, marks the recording as committed. Idempotent: the
    /// account of the attempt that committed first stays, also when a table refused a set of it for good. A recording that is not known here
    /// is left alone.
    /// </summary>
    public async Task SetAccountAsync(MetadataTransaction transaction, IngestId id, RecordingAccountEntry account)
    {
        int stored = await transaction.ExecuteAsync(
            """
            UPDATE recordings SET state = @written, reason = NULL, topology = @Topology, topology_version = @TopologyVersion,
                messages_in = @MessagesIn, rows_out = @RowsOut, dead_letters = @DeadLetters, not_selected = @NotSelected, frames_out = @FramesOut
            WHERE ingest_id = @id AND (state = @accepted OR (state = @deadLettered AND topology_version = ''))
            """,
            new
            {
                id = id.ToString(), written = (int)RecordingState.Written, accepted = (int)RecordingState.Accepted, deadLettered = (int)RecordingState.DeadLettered,
                account.Topology, account.TopologyVersion, account.MessagesIn, account.RowsOut, account.DeadLetters, account.NotSelected, account.FramesOut,
            }).ConfigureAwait(false);
        if (stored > 0) await AddDetailsAsync(transaction, id, account).ConfigureAwait(false);
        await TryMarkCommittedAsync(transaction, id).ConfigureAwait(false);
    }

    /// <summary>Marks a recording as committed when it has an account and the ledger has every table of it.</summary>
    /// <returns>Whether it became committed by this call.</returns>
    public async Task<bool> TryMarkCommittedAsync(MetadataTransaction transaction, IngestId id) =>
        await transaction.ExecuteAsync(
            $"UPDATE recordings SET state = @committed, committed_at = @now WHERE ingest_id = @id AND state = @written AND ({MissingTables}) = 0",
            new
            {
                id = id.ToString(), now = UnixMicros.Of(time.GetUtcNow()),
                written = (int)RecordingState.Written, committed = (int)RecordingState.Committed,
            }).ConfigureAwait(false) > 0;

    /// <summary>
    /// Marks a recording as unreadable or, when it has an account, as one that a table refused for good. Idempotent; a committed
    /// recording stays as it is.
    /// </summary>
    public async ValueTask MarkDeadLetteredAsync(IngestId id, string reason, CancellationToken cancellationToken) =>
        await database.WriteAsync(transaction => transaction.ExecuteAsync(
            "UPDATE recordings SET state = @deadLettered, reason = @reason WHERE ingest_id = @id AND state <> @committed",
            new { id = id.ToString(), reason, deadLettered = (int)RecordingState.DeadLettered, committed = (int)RecordingState.Committed }),
            cancellationToken).ConfigureAwait(false);

    /// <summary>Whether every table of the recording's account has its rows, or it is dead-lettered.</summary>
    public ValueTask<bool> IsFinishedAsync(IngestId id, CancellationToken cancellationToken) => database.ReadAsync(async session =>
    {
        var key = new { id = id.ToString() };
        return await session.ScalarAsync<int?>("SELECT state FROM recordings WHERE ingest_id = @id", key).ConfigureAwait(false) switch
        {
            (int)RecordingState.Committed or (int)RecordingState.DeadLettered => true,
            (int)RecordingState.Written => await session.ScalarAsync<long>(MissingTables, key).ConfigureAwait(false) == 0,
            _ => false,
        };
    }, cancellationToken);

    /// <summary>Finished recordings whose landing object may go: accepted before <paramref name="before"/> and not yet deleted.</summary>
    public ValueTask<IReadOnlyList<RecordingEntry>> ListExpiredAsync(DateTimeOffset before, CancellationToken cancellationToken) => Query(
        "WHERE state IN (@committed, @deadLettered) AND accepted_at < @before AND landing_deleted_at IS NULL ORDER BY accepted_at",
        new { committed = (int)RecordingState.Committed, deadLettered = (int)RecordingState.DeadLettered, before = UnixMicros.Of(before) },
        cancellationToken);

    /// <summary>Notes that the landing object is gone.</summary>
    public async ValueTask MarkLandingDeletedAsync(IngestId id, CancellationToken cancellationToken) =>
        await database.WriteAsync(transaction => transaction.ExecuteAsync(
            "UPDATE recordings SET landing_deleted_at = @now WHERE ingest_id = @id AND landing_deleted_at IS NULL",
            new { id = id.ToString(), now = UnixMicros.Of(time.GetUtcNow()) }), cancellationToken).ConfigureAwait(false);

    private ValueTask<IReadOnlyList<RecordingEntry>> Query(string clauses, object parameters, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<RecordingEntry>>(
            async session => (await session.QueryAsync<RecordingRow>(
                $"SELECT {Columns}, (SELECT COUNT(*) FROM recording_losses AS lost WHERE lost.ingest_id = recordings.ingest_id) AS loss_count FROM recordings {clauses}",
                parameters).ConfigureAwait(false)).Select(row => row.ToEntry()).ToList(),
            cancellationToken);

    private static async Task AddDetailsAsync(MetadataTransaction transaction, IngestId id, RecordingAccountEntry account)
    {
        string key = id.ToString();
        foreach (string table in new[] { "recording_losses", "recording_channels", "recording_tables" })
        {
            await transaction.ExecuteAsync($"DELETE FROM {table} WHERE ingest_id = @key", new { key }).ConfigureAwait(false);
        }

        await transaction.ExecuteAsync(
            """
            INSERT INTO recording_losses (ingest_id, ordinal, code, "offset", bytes, expected, found)
            VALUES (@key, @ordinal, @Code, @Offset, @Bytes, @Expected, @Found)
            """,
            account.Losses.Select((loss, ordinal) => new { key, ordinal, loss.Code, loss.Offset, loss.Bytes, loss.Expected, loss.Found })).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            """
            INSERT INTO recording_channels (ingest_id, ordinal, channel, schema, table_name, messages_in, rows_out, dead_letters, time_base)
            VALUES (@key, @ordinal, @Channel, @Schema, @Table, @MessagesIn, @RowsOut, @DeadLetters, @TimeBase)
            """,
            account.Channels.Select((channel, ordinal) => new
            {
                key, ordinal, channel.Channel, channel.Schema, channel.Table, channel.MessagesIn, channel.RowsOut, channel.DeadLetters, channel.TimeBase,
            })).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO recording_tables (ingest_id, table_name) VALUES (@key, @table)",
            account.Tables.Distinct().Select(table => new { key, table })).ConfigureAwait(false);
    }
}
