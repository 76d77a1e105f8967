using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Trigger;

/// <summary>
/// What the trigger stage knows, as append-only tables: snapshots seen, firings, decisions. Everything else (rows since the last firing,
/// end of a cooldown) is computed from them, so there is no second truth that a crash could leave behind.
/// </summary>
public sealed class TriggerLedger
{
    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE trigger_snapshots (
            table_name TEXT NOT NULL, sequence_number INTEGER NOT NULL, snapshot_id INTEGER NOT NULL,
            new_rows INTEGER NOT NULL, new_duration_us INTEGER NOT NULL, total_rows INTEGER NOT NULL,
            PRIMARY KEY (table_name, sequence_number)) WITHOUT ROWID;
        CREATE TABLE trigger_firings (
            trigger_id TEXT NOT NULL PRIMARY KEY, rule TEXT NOT NULL, product TEXT NOT NULL, table_name TEXT NOT NULL,
            from_snapshot_id INTEGER NOT NULL, to_snapshot_id INTEGER NOT NULL, to_sequence_number INTEGER NOT NULL,
            new_rows INTEGER NOT NULL, new_duration_us INTEGER NOT NULL, reason TEXT NOT NULL, fired_at_us INTEGER NOT NULL,
            UNIQUE (rule, product, table_name, from_snapshot_id));
        CREATE TABLE trigger_decisions (
            id INTEGER PRIMARY KEY AUTOINCREMENT, rule TEXT NOT NULL, product TEXT NOT NULL, snapshot_id INTEGER NOT NULL,
            outcome TEXT NOT NULL, reason TEXT NOT NULL, trigger_id TEXT, decided_at_us INTEGER NOT NULL);
        """,
    ];

    private readonly MetadataDatabase database;

    /// <param name="database">Where; the ledger creates its tables.</param>
    public TriggerLedger(MetadataDatabase database)
    {
        this.database = database;
        database.Migrate("trigger", Scripts);
    }

    /// <summary>Firings, newest first.</summary>
    public ValueTask<IReadOnlyList<TriggerFiring>> ListFiringsAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<TriggerFiring>)[.. (await session.QueryAsync<FiringRow>(
            """
            SELECT trigger_id TriggerId, rule Rule, product Product, table_name TableName, from_snapshot_id FromSnapshotId, to_snapshot_id ToSnapshotId,
                   new_rows NewRows, new_duration_us NewDurationUs, reason Reason, fired_at_us FiredAtUs
            FROM trigger_firings ORDER BY fired_at_us DESC, to_sequence_number DESC LIMIT @limit
            """, new { limit }).ConfigureAwait(false)).Select(row => row.ToFiring())],
        cancellationToken);

    /// <summary>Decisions, newest first.</summary>
    public ValueTask<IReadOnlyList<TriggerDecision>> ListDecisionsAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        async session => (IReadOnlyList<TriggerDecision>)[.. (await session.QueryAsync<DecisionRow>(
            """
            SELECT id Id, rule Rule, product Product, snapshot_id SnapshotId, outcome Outcome, reason Reason, trigger_id TriggerId, decided_at_us DecidedAtUs
            FROM trigger_decisions ORDER BY id DESC LIMIT @limit
            """, new { limit }).ConfigureAwait(false)).Select(row => row.ToDecision())],
        cancellationToken);

    /// <summary>Notes a snapshot.</summary>
    /// <returns>False when it had been seen before.</returns>
    internal static async Task<bool> AddSnapshotAsync(MetadataTransaction transaction, SeenSnapshot snapshot) => await transaction.ExecuteAsync(
        """
        INSERT INTO trigger_snapshots VALUES (@TableName, @SequenceNumber, @SnapshotId, @NewRows, @NewDurationUs, @TotalRows)
        ON CONFLICT DO NOTHING
        """, snapshot).ConfigureAwait(false) == 1;

    /// <summary>What has been added to a product since the rule last fired for it.</summary>
    internal static async Task<Accumulation> AccumulateAsync(MetadataTransaction transaction, string rule, string product, string table)
    {
        var last = await transaction.FirstOrDefaultAsync<RangeEnd>(
            """
            SELECT to_snapshot_id SnapshotId, to_sequence_number SequenceNumber FROM trigger_firings
            WHERE rule = @rule AND product = @product AND table_name = @table ORDER BY to_sequence_number DESC LIMIT 1
            """, new { rule, product, table }).ConfigureAwait(false) ?? new RangeEnd();
        var sum = (await transaction.FirstOrDefaultAsync<SumRow>(
            """
            SELECT CAST(COALESCE(SUM(new_rows), 0) AS BIGINT) NewRows, CAST(COALESCE(SUM(new_duration_us), 0) AS BIGINT) NewDurationUs,
                   COALESCE(MAX(sequence_number), 0) SequenceNumber
            FROM trigger_snapshots WHERE table_name = @table AND sequence_number > @from
            """, new { table, from = last.SequenceNumber }).ConfigureAwait(false))!;
        long toSnapshotId = await transaction.ScalarAsync<long>(
            "SELECT snapshot_id FROM trigger_snapshots WHERE table_name = @table AND sequence_number = @sequence",
            new { table, sequence = sum.SequenceNumber }).ConfigureAwait(false);
        long unseenRows = last.SequenceNumber > 0 ? 0 : await RowsBeforeTheFirstEventAsync(transaction, table).ConfigureAwait(false);
        return new Accumulation(last.SnapshotId, last.SequenceNumber, toSnapshotId, sum.SequenceNumber, sum.NewRows + unseenRows, sum.NewDurationUs);
    }

    /// <summary>When the rule last fired, for any product.</summary>
    internal static Task<long?> LastFiredAtUsAsync(MetadataTransaction transaction, string rule) => transaction.ScalarAsync<long?>(
        "SELECT MAX(fired_at_us) FROM trigger_firings WHERE rule = @rule", new { rule });

    /// <summary>Notes a firing.</summary>
    /// <exception cref="System.Data.Common.DbException">The range has fired before; the transaction must not commit.</exception>
    internal static Task AddFiringAsync(MetadataTransaction transaction, TriggerFiring firing, long toSequenceNumber) => transaction.ExecuteAsync(
        """
        INSERT INTO trigger_firings VALUES (@TriggerId, @Rule, @Product, @Table, @FromSnapshotId, @ToSnapshotId, @toSequenceNumber,
            @NewRows, @NewDurationUs, @Reason, @FiredAtUs)
        """,
        new
        {
            firing.TriggerId,
            firing.Rule,
            firing.Product,
            firing.Table,
            firing.FromSnapshotId,
            firing.ToSnapshotId,
            toSequenceNumber,
            firing.NewRows,
            NewDurationUs = firing.NewDuration.Ticks / TimeSpan.TicksPerMicrosecond,
            firing.Reason,
            FiredAtUs = UnixMicros.Of(firing.FiredAt),
        });

    /// <summary>Notes a decision.</summary>
    internal static Task AddDecisionAsync(
        MetadataTransaction transaction, string rule, string product, long snapshotId, string outcome, string reason, string? triggerId, DateTimeOffset at) =>
        transaction.ExecuteAsync(
            """
            INSERT INTO trigger_decisions (rule, product, snapshot_id, outcome, reason, trigger_id, decided_at_us)
            VALUES (@rule, @product, @snapshotId, @outcome, @reason, @triggerId, @at)
            """, new { rule, product, snapshotId, outcome, reason, triggerId, at = UnixMicros.Of(at) });

    // A table may be older than the stage: what its first event says was there before counts as new to a rule that never fired.
    private static Task<long> RowsBeforeTheFirstEventAsync(MetadataTransaction transaction, string table) => transaction.ScalarAsync<long>(
        """
        SELECT CASE WHEN sequence_number > 1 AND total_rows > new_rows THEN total_rows - new_rows ELSE 0 END FROM trigger_snapshots
        WHERE table_name = @table ORDER BY sequence_number LIMIT 1
        """, new { table });

    /// <summary>A snapshot as its event tells.</summary>
    internal sealed record SeenSnapshot(
        string TableName, long SequenceNumber, long SnapshotId, long NewRows, long NewDurationUs, long TotalRows);

    /// <summary>Range and amount since a rule last fired.</summary>
    internal sealed record Accumulation(
        long FromSnapshotId, long FromSequenceNumber, long ToSnapshotId, long ToSequenceNumber, long NewRows, long NewDurationUs);

    private sealed class RangeEnd
    {
        public long SnapshotId { get; init; }
        public long SequenceNumber { get; init; }
    }

    private sealed class SumRow
    {
        public long NewRows { get; init; }
        public long NewDurationUs { get; init; }
        public long SequenceNumber { get; init; }
    }

    private sealed class FiringRow
    {
        public string TriggerId { get; init; } = "";
        public string Rule { get; init; } = "";
        public string Product { get; init; } = "";
        public string TableName { get; init; } = "";
        public long FromSnapshotId { get; init; }
        public long ToSnapshotId { get; init; }
        public long NewRows { get; init; }
        public long NewDurationUs { get; init; }
        public string Reason { get; init; } = "";
        public long FiredAtUs { get; init; }

        public TriggerFiring ToFiring() => new()
        {
            TriggerId = TriggerId,
            Rule = Rule,
            Product = Product,
            Table = TableName,
            FromSnapshotId = FromSnapshotId,
            ToSnapshotId = ToSnapshotId,
            NewRows = NewRows,
            NewDuration = TimeSpan.FromMicroseconds(NewDurationUs),
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
        public string? TriggerId { get; init; }
        public long DecidedAtUs { get; init; }

        public TriggerDecision ToDecision() => new(Id, Rule, Product, SnapshotId, Outcome, Reason, TriggerId, UnixMicros.ToTime(DecidedAtUs));
    }
}
