using Mesh.Lakehouse.Metadata;

namespace Mesh.Trigger;

public sealed partial class TriggerLedger
{
    private const string SnapshotColumns =
        """
        id Id, table_key TableKey, table_name TableName, sequence_number SequenceNumber, snapshot_id SnapshotId, parent_snapshot_id ParentSnapshotId,
        new_rows NewRows, new_duration_us NewDurationUs, total_rows TotalRows, noted_at_us NotedAtUs
        """;

    /// <summary>
    /// Key of the table that an event is about. What was noted under the table's name belongs to the first UUID that is told for it: it comes
    /// from a program that did not tell UUIDs yet.
    /// </summary>
    internal static async Task<string> TableKeyAsync(MetadataTransaction transaction, string table, string uuid)
    {
        if (uuid.Length == 0) return await FindTableKeyAsync(transaction, table).ConfigureAwait(false) ?? table;
        bool known = await transaction.ScalarAsync<long>("SELECT COUNT(*) FROM trigger_seen WHERE table_key = @uuid", new { uuid }).ConfigureAwait(false) > 0;
        if (known || await transaction.ScalarAsync<long>("SELECT COUNT(*) FROM trigger_seen WHERE table_key = @table", new { table }).ConfigureAwait(false) == 0) return uuid;
        foreach (string owner in (string[])["trigger_seen", "trigger_ranges", "trigger_measures", "trigger_values"])
        {
            await transaction.ExecuteAsync($"UPDATE {owner} SET table_key = @uuid WHERE table_key = @table", new { uuid, table }).ConfigureAwait(false);
        }

        return uuid;
    }

    /// <summary>Key of the table that has a name now: the one seen last; null when none was.</summary>
    internal static Task<string?> FindTableKeyAsync(MetadataSession session, string table) => session.ScalarAsync<string>(
        "SELECT table_key FROM trigger_seen WHERE table_name = @table ORDER BY id DESC LIMIT 1", new { table });

    /// <summary>Notes a snapshot that has not been evaluated.</summary>
    /// <returns>False when it had been seen before.</returns>
    internal static async Task<bool> AddSnapshotAsync(MetadataTransaction transaction, SeenSnapshot snapshot) => await transaction.ExecuteAsync(
        """
        INSERT INTO trigger_seen (table_key, table_name, sequence_number, snapshot_id, parent_snapshot_id, new_rows, new_duration_us, total_rows, noted_at_us, is_evaluated)
        VALUES (@TableKey, @TableName, @SequenceNumber, @SnapshotId, @ParentSnapshotId, @NewRows, @NewDurationUs, @TotalRows, @NotedAtUs, 0)
        ON CONFLICT DO NOTHING
        """, snapshot).ConfigureAwait(false) == 1;

    /// <summary>Snapshots that wait to be evaluated, in order; of one table, or of all.</summary>
    internal static Task<List<SeenSnapshot>> ListUnevaluatedAsync(MetadataSession session, string? tableKey) => session.QueryAsync<SeenSnapshot>(
        $"SELECT {SnapshotColumns} FROM trigger_seen WHERE is_evaluated = 0{(tableKey is null ? "" : " AND table_key = @tableKey")} ORDER BY table_key, sequence_number",
        new { tableKey });

    /// <summary>Whether a snapshot of a table has been evaluated.</summary>
    internal static async Task<bool> IsEvaluatedAsync(MetadataSession session, string tableKey, long snapshotId) => await session.ScalarAsync<long>(
        "SELECT COUNT(*) FROM trigger_seen WHERE table_key = @tableKey AND snapshot_id = @snapshotId AND is_evaluated = 1",
        new { tableKey, snapshotId }).ConfigureAwait(false) > 0;

    /// <summary>Marks a snapshot as evaluated.</summary>
    internal static Task MarkEvaluatedAsync(MetadataTransaction transaction, SeenSnapshot snapshot) => transaction.ExecuteAsync(
        "UPDATE trigger_seen SET is_evaluated = 1 WHERE table_key = @TableKey AND sequence_number = @SequenceNumber", snapshot);

    /// <summary>The newest snapshot of a table that has been evaluated; null when there is none.</summary>
    internal static Task<SeenSnapshot?> LatestAsync(MetadataSession session, string tableKey) => session.FirstOrDefaultAsync<SeenSnapshot>(
        $"SELECT {SnapshotColumns} FROM trigger_seen WHERE table_key = @tableKey AND is_evaluated = 1 ORDER BY sequence_number DESC LIMIT 1", new { tableKey });

    /// <summary>Rows and recorded time that events told of, of snapshots evaluated after one and up to another.</summary>
    internal static async Task<(long Rows, long DurationUs)> SumAsync(MetadataSession session, string tableKey, long after, long to)
    {
        var sum = (await session.FirstOrDefaultAsync<SumRow>(
            """
            SELECT CAST(COALESCE(SUM(new_rows), 0) AS BIGINT) NewRows, CAST(COALESCE(SUM(new_duration_us), 0) AS BIGINT) NewDurationUs
            FROM trigger_seen WHERE table_key = @tableKey AND sequence_number > @after AND sequence_number <= @to AND is_evaluated = 1
            """, new { tableKey, after, to }).ConfigureAwait(false))!;
        long before = after > 0 ? 0 : await RowsBeforeTheFirstEventAsync(session, tableKey).ConfigureAwait(false);
        return (sum.NewRows + before, sum.NewDurationUs);
    }

    /// <summary>When the newest snapshot with new rows was told; null when there is none.</summary>
    internal static Task<long?> LastNewRowsAtUsAsync(MetadataSession session, string tableKey, long after) => session.ScalarAsync<long?>(
        "SELECT MAX(noted_at_us) FROM trigger_seen WHERE table_key = @tableKey AND sequence_number > @after AND new_rows > 0", new { tableKey, after });

    // A table may be older than the stage: what its first event says was there before counts as new to a rule that never fired.
    private static Task<long> RowsBeforeTheFirstEventAsync(MetadataSession session, string tableKey) => session.ScalarAsync<long>(
        """
        SELECT CASE WHEN sequence_number > 1 AND total_rows > new_rows THEN total_rows - new_rows ELSE 0 END FROM trigger_seen
        WHERE table_key = @tableKey AND is_evaluated = 1 ORDER BY sequence_number LIMIT 1
        """, new { tableKey });

    /// <summary>A snapshot as its event tells.</summary>
    internal sealed record SeenSnapshot
    {
        public long Id { get; init; }
        public string TableKey { get; init; } = "";
        public string TableName { get; init; } = "";
        public long SequenceNumber { get; init; }
        public long SnapshotId { get; init; }
        public long ParentSnapshotId { get; init; }
        public long NewRows { get; init; }
        public long NewDurationUs { get; init; }
        public long TotalRows { get; init; }
        public long NotedAtUs { get; init; }
    }

    private sealed class SumRow
    {
        public long NewRows { get; init; }
        public long NewDurationUs { get; init; }
    }
}
