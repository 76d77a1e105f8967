using Mesh.Lakehouse.Metadata;
using Mesh.Trigger.Measuring;

namespace Mesh.Trigger;

public sealed partial class TriggerLedger
{
    /// <summary>What has been measured of a table, by key of the measure.</summary>
    internal static async Task<Dictionary<string, MeasuredSpan>> ListMeasuresAsync(MetadataSession session, string tableKey) =>
        (await session.QueryAsync<MeasuredSpan>(
            """
            SELECT measure Measure, from_sequence_number FromSequenceNumber, from_snapshot_id FromSnapshotId, to_sequence_number ToSequenceNumber,
                to_snapshot_id ToSnapshotId, note Note
            FROM trigger_measures WHERE table_key = @tableKey
            """, new { tableKey }).ConfigureAwait(false)).ToDictionary(span => span.Measure);

    /// <summary>Adds what a scan measured and moves the span of its measure, unless somebody else has moved it meanwhile.</summary>
    internal static async Task AddMeasuredAsync(MetadataTransaction transaction, string tableKey, MeasuredSpan? before, MeasuredSpan after, IEnumerable<MeasuredValue> values)
    {
        int changed = before is null
            ? await transaction.ExecuteAsync(
                """
                INSERT INTO trigger_measures VALUES (@tableKey, @Measure, @FromSequenceNumber, @FromSnapshotId, @ToSequenceNumber, @ToSnapshotId, @Note)
                ON CONFLICT DO NOTHING
                """, new { tableKey, after.Measure, after.FromSequenceNumber, after.FromSnapshotId, after.ToSequenceNumber, after.ToSnapshotId, after.Note }).ConfigureAwait(false)
            : await transaction.ExecuteAsync(
                """
                UPDATE trigger_measures SET from_sequence_number = @FromSequenceNumber, from_snapshot_id = @FromSnapshotId,
                    to_sequence_number = @ToSequenceNumber, to_snapshot_id = @ToSnapshotId, note = @Note
                WHERE table_key = @tableKey AND measure = @Measure AND from_sequence_number = @oldFrom AND to_sequence_number = @oldTo
                """,
                new
                {
                    tableKey, after.Measure, after.FromSequenceNumber, after.FromSnapshotId, after.ToSequenceNumber, after.ToSnapshotId, after.Note,
                    oldFrom = before.FromSequenceNumber, oldTo = before.ToSequenceNumber,
                }).ConfigureAwait(false);
        if (changed == 0) return;
        await transaction.ExecuteAsync(
            "INSERT INTO trigger_values VALUES (@tableKey, @Measure, @SequenceNumber, @Value, @Amount)",
            values.Select(value => new { tableKey, after.Measure, value.SequenceNumber, value.Value, value.Amount })).ConfigureAwait(false);
    }

    /// <summary>Tables of which something has been measured.</summary>
    internal static Task<List<string>> ListMeasuredTablesAsync(MetadataSession session) => session.QueryAsync<string>("SELECT DISTINCT table_key FROM trigger_measures");

    /// <summary>Forgets a measure.</summary>
    internal static async Task DropMeasureAsync(MetadataTransaction transaction, string tableKey, string measure)
    {
        await transaction.ExecuteAsync("DELETE FROM trigger_values WHERE table_key = @tableKey AND measure = @measure", new { tableKey, measure }).ConfigureAwait(false);
        await transaction.ExecuteAsync("DELETE FROM trigger_measures WHERE table_key = @tableKey AND measure = @measure", new { tableKey, measure }).ConfigureAwait(false);
    }

    /// <summary>Forgets what was measured of snapshots up to where a span begins.</summary>
    internal static async Task DropValuesAsync(MetadataTransaction transaction, string tableKey, MeasuredSpan span)
    {
        await transaction.ExecuteAsync(
            "DELETE FROM trigger_values WHERE table_key = @tableKey AND measure = @Measure AND sequence_number <= @FromSequenceNumber",
            new { tableKey, span.Measure, span.FromSequenceNumber }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "UPDATE trigger_measures SET from_sequence_number = @FromSequenceNumber, from_snapshot_id = @FromSnapshotId WHERE table_key = @tableKey AND measure = @Measure",
            new { tableKey, span.Measure, span.FromSequenceNumber, span.FromSnapshotId }).ConfigureAwait(false);
    }

    /// <summary>Amounts by value of snapshots after one and up to another.</summary>
    internal static async Task<Dictionary<string, long>> SumValuesAsync(MetadataSession session, string tableKey, string measure, long after, long to) =>
        (await session.QueryAsync<MeasuredValue>(
            """
            SELECT value Value, CAST(SUM(amount) AS BIGINT) Amount FROM trigger_values
            WHERE table_key = @tableKey AND measure = @measure AND sequence_number > @after AND sequence_number <= @to GROUP BY value
            """, new { tableKey, measure, after, to }).ConfigureAwait(false)).ToDictionary(value => value.Value, value => value.Amount);

    /// <summary>Number of different values of snapshots after one and up to another.</summary>
    internal static Task<long> CountValuesAsync(MetadataSession session, string tableKey, string measure, long after, long to) => session.ScalarAsync<long>(
        """
        SELECT COUNT(DISTINCT value) FROM trigger_values
        WHERE table_key = @tableKey AND measure = @measure AND sequence_number > @after AND sequence_number <= @to
        """, new { tableKey, measure, after, to });
}
