using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Trigger;

/// <summary>
/// What the trigger stage knows: snapshots seen, what was measured of them, firings, decisions. Everything else (rows since the last firing,
/// end of a cooldown) is computed from them, so there is no second truth that a crash could leave behind.
/// </summary>
public sealed partial class TriggerLedger
{
    private const string FiringColumns =
        """
        trigger_id TriggerId, rule Rule, product Product, table_name TableName, table_key TableKey, from_snapshot_id FromSnapshotId, from_sequence_number FromSequenceNumber,
        to_snapshot_id ToSnapshotId, to_sequence_number ToSequenceNumber, new_rows NewRows, new_duration_us NewDurationUs, reason Reason, fired_at_us FiredAtUs
        """;

    private const string DecisionColumns =
        """
        id Id, rule Rule, product Product, snapshot_id SnapshotId, outcome Outcome, reason Reason, measured Measured, trigger_id TriggerId,
        next_at_us NextAtUs, decided_at_us DecidedAtUs
        """;

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, IgnoreReadOnlyProperties = true };

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the ledger creates its tables.</param>
    public TriggerLedger(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("trigger", TriggerSchema.Scripts);
    }

    /// <summary>Firings, newest first; one row per range.</summary>
    public ValueTask<IReadOnlyList<TriggerFiring>> ListFiringsAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<TriggerFiring>)[.. (await session.QueryAsync<FiringRow>(
            $"SELECT {FiringColumns} FROM trigger_ranges ORDER BY fired_at_us DESC, to_sequence_number DESC LIMIT @limit",
            new { limit }).ConfigureAwait(false)).Select(row => row.ToFiring())],
        cancellationToken);

    /// <summary>Decisions, newest first.</summary>
    public ValueTask<IReadOnlyList<TriggerDecision>> ListDecisionsAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<TriggerDecision>)[.. (await session.QueryAsync<DecisionRow>(
            $"SELECT {DecisionColumns} FROM trigger_decisions ORDER BY id DESC LIMIT @limit", new { limit }).ConfigureAwait(false)).Select(row => row.ToDecision())],
        cancellationToken);

    /// <summary>Decisions about a rule, newest first.</summary>
    public ValueTask<IReadOnlyList<TriggerDecision>> ListDecisionsAsync(string rule, int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<TriggerDecision>)[.. (await session.QueryAsync<DecisionRow>(
            $"SELECT {DecisionColumns} FROM trigger_decisions WHERE rule = @rule ORDER BY id DESC LIMIT @limit", new { rule, limit }).ConfigureAwait(false))
            .Select(row => row.ToDecision())],
        cancellationToken);

    /// <summary>A page of decisions, and how many there are on all.</summary>
    public ValueTask<(IReadOnlyList<TriggerDecision> Items, long Total)> ListDecisionsAsync(TriggerDecisionQuery query, CancellationToken cancellationToken) => database.ReadAsync(
        async session =>
        {
            var sql = new PageSql(database).Contains(query.Text, null, "rule", "product", "reason").Equal("rule", query.Rule).Equal("product", query.Product).Equal("outcome", query.Outcome)
                .From("decided_at_us", query.From is { } from ? UnixMicros.Of(from) : null).Before("decided_at_us", query.To is { } to ? UnixMicros.Of(to) : null);
            var (rows, total) = await sql.ReadAsync<DecisionRow>(
                session, query, $"SELECT {DecisionColumns} FROM trigger_decisions WHERE {sql.Conditions} ORDER BY id {(query.Descending ? "DESC" : "ASC")}", "trigger_decisions").ConfigureAwait(false);
            return ((IReadOnlyList<TriggerDecision>)[.. rows.Select(row => row.ToDecision())], total);
        },
        cancellationToken);

    /// <summary>Deletes decisions made before a time.</summary>
    /// <returns>How many.</returns>
    internal ValueTask<int> DropDecisionsAsync(DateTimeOffset before, CancellationToken cancellationToken) => database.WriteAsync(
        transaction => transaction.ExecuteAsync("DELETE FROM trigger_decisions WHERE decided_at_us < @before", new { before = UnixMicros.Of(before) }),
        cancellationToken);

    /// <summary>Where a rule's last range of a product ended; the beginning when it never fired for it.</summary>
    internal static async Task<RangeEnd> LastRangeAsync(MetadataSession session, string rule, string product, string tableKey) =>
        await session.FirstOrDefaultAsync<RangeEnd>(
            """
            SELECT to_snapshot_id SnapshotId, to_sequence_number SequenceNumber FROM trigger_ranges
            WHERE rule = @rule AND product = @product AND table_key = @tableKey ORDER BY to_sequence_number DESC LIMIT 1
            """, new { rule, product, tableKey }).ConfigureAwait(false) ?? new RangeEnd();

    /// <summary>When the rule last fired, for any product.</summary>
    internal static async Task<DateTimeOffset?> LastFiredAtAsync(MetadataSession session, string rule) =>
        await session.ScalarAsync<long?>("SELECT MAX(fired_at_us) FROM trigger_ranges WHERE rule = @rule", new { rule }).ConfigureAwait(false) is { } us
            ? UnixMicros.ToTime(us)
            : null;

    /// <summary>Firings of a rule after a time, newest first: each once.</summary>
    internal static async Task<IReadOnlyList<(string TriggerId, DateTimeOffset FiredAt)>> FiredSinceAsync(MetadataSession session, string rule, DateTimeOffset since, int limit) =>
        [.. (await session.QueryAsync<FiringRow>(
            "SELECT trigger_id TriggerId, MAX(fired_at_us) FiredAtUs FROM trigger_ranges WHERE rule = @rule AND fired_at_us > @since GROUP BY trigger_id ORDER BY 2 DESC LIMIT @limit",
            new { rule, since = UnixMicros.Of(since), limit }).ConfigureAwait(false)).Select(row => (row.TriggerId, UnixMicros.ToTime(row.FiredAtUs)))];

    /// <summary>Ranges that a rule fired for a product, newest first.</summary>
    internal static async Task<IReadOnlyList<TriggerFiring>> LastFiringsAsync(MetadataSession session, string rule, string product, string tableKey, int limit) =>
        [.. (await session.QueryAsync<FiringRow>(
            $"""
            SELECT {FiringColumns} FROM trigger_ranges WHERE rule = @rule AND product = @product AND table_key = @tableKey
            ORDER BY to_sequence_number DESC LIMIT @limit
            """, new { rule, product, tableKey, limit }).ConfigureAwait(false)).Select(row => row.ToFiring())];

    /// <summary>Notes a range that a rule fired for.</summary>
    /// <exception cref="System.Data.Common.DbException">The range has fired before; the transaction must not commit.</exception>
    internal static Task AddFiringAsync(MetadataTransaction transaction, TriggerFiring firing) => transaction.ExecuteAsync(
        """
        INSERT INTO trigger_ranges VALUES (@TriggerId, @Rule, @Product, @TableUuid, @Table, @FromSnapshotId, @FromSequenceNumber, @ToSnapshotId,
            @ToSequenceNumber, @NewRows, @NewDurationUs, @Reason, @FiredAtUs)
        """,
        new
        {
            firing.TriggerId,
            firing.Rule,
            firing.Product,
            firing.Range.TableUuid,
            firing.Table,
            firing.FromSnapshotId,
            firing.Range.FromSequenceNumber,
            firing.ToSnapshotId,
            firing.Range.ToSequenceNumber,
            firing.NewRows,
            NewDurationUs = firing.Range.NewDuration.Ticks / TimeSpan.TicksPerMicrosecond,
            firing.Reason,
            FiredAtUs = UnixMicros.Of(firing.FiredAt),
        });

    /// <summary>Notes a decision; its id is given by the database.</summary>
    internal static Task AddDecisionAsync(MetadataTransaction transaction, TriggerDecision decision) => transaction.ExecuteAsync(
        """
        INSERT INTO trigger_decisions (rule, product, snapshot_id, outcome, reason, measured, trigger_id, next_at_us, decided_at_us)
        VALUES (@Rule, @Product, @SnapshotId, @Outcome, @Reason, @measured, @TriggerId, @nextAtUs, @decidedAtUs)
        """,
        new
        {
            decision.Rule,
            decision.Product,
            decision.SnapshotId,
            decision.Outcome,
            decision.Reason,
            measured = JsonSerializer.Serialize(decision.Measured, Json),
            decision.TriggerId,
            nextAtUs = decision.NextAt is { } next ? UnixMicros.Of(next) : (long?)null,
            decidedAtUs = UnixMicros.Of(decision.DecidedAt),
        });

    /// <summary>Outcome of the last decision about a product; null when there is none.</summary>
    internal static Task<string?> LastOutcomeAsync(MetadataSession session, string rule, string product) => session.ScalarAsync<string>(
        "SELECT outcome FROM trigger_decisions WHERE rule = @rule AND product = @product ORDER BY id DESC LIMIT 1", new { rule, product });

    /// <summary>When the rule became due: its first decision since it last fired for the product that held it back; null when none did.</summary>
    internal static async Task<DateTimeOffset?> DueSinceAsync(MetadataSession session, string rule, string product) =>
        await session.ScalarAsync<long?>(
            """
            SELECT MIN(decided_at_us) FROM trigger_decisions WHERE rule = @rule AND product = @product AND outcome NOT IN ('waiting', 'covered', 'fired')
                AND id > COALESCE((SELECT MAX(id) FROM trigger_decisions WHERE rule = @rule AND product = @product AND outcome IN ('fired', 'waiting')), 0)
            """, new { rule, product }).ConfigureAwait(false) is { } us ? UnixMicros.ToTime(us) : null;

    /// <summary>End of a range.</summary>
    internal sealed class RangeEnd
    {
        public long SnapshotId { get; init; }
        public long SequenceNumber { get; init; }
    }

    private sealed class FiringRow
    {
        public string TriggerId { get; init; } = "";
        public string Rule { get; init; } = "";
        public string Product { get; init; } = "";
        public string TableName { get; init; } = "";
        public string TableKey { get; init; } = "";
        public long FromSnapshotId { get; init; }
        public long FromSequenceNumber { get; init; }
        public long ToSnapshotId { get; init; }
        public long ToSequenceNumber { get; init; }
        public long NewRows { get; init; }
        public long NewDurationUs { get; init; }
        public string Reason { get; init; } = "";
        public long FiredAtUs { get; init; }

        public TriggerFiring ToFiring() => new()
        {
            TriggerId = TriggerId,
            Rule = Rule,
            Range = new TriggerRange
            {
                Product = Product,
                Table = TableName,
                TableUuid = TableKey,
                FromSnapshotId = FromSnapshotId,
                FromSequenceNumber = FromSequenceNumber,
                ToSnapshotId = ToSnapshotId,
                ToSequenceNumber = ToSequenceNumber,
                NewRows = NewRows,
                NewDuration = TimeSpan.FromMicroseconds(NewDurationUs),
            },
            Reason = Reason,
            FiredAt = UnixMicros.ToTime(FiredAtUs),
        };
    }

    private sealed class DecisionRow
    {
        public long Id { get; init; }
        public string Rule { get; init; } = "";
        public string Product { get; init; } = "";
        public long SnapshotId { get; init; }
        public string Outcome { get; init; } = "";
        public string Reason { get; init; } = "";
        public string Measured { get; init; } = "[]";
        public string? TriggerId { get; init; }
        public long? NextAtUs { get; init; }
        public long DecidedAtUs { get; init; }

        public TriggerDecision ToDecision() => new()
        {
            Id = Id,
            Rule = Rule,
            Product = Product,
            SnapshotId = SnapshotId,
            Outcome = Outcome,
            Reason = Reason,
            Measured = JsonSerializer.Deserialize<List<ConditionProgress>>(Measured, Json) ?? [],
            TriggerId = TriggerId,
            NextAt = NextAtUs is { } next ? UnixMicros.ToTime(next) : null,
            DecidedAt = UnixMicros.ToTime(DecidedAtUs),
        };
    }
}
