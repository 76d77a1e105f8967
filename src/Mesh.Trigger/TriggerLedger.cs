using Dapper;
using Mesh.Lakehouse.Metadata;
using Microsoft.Data.Sqlite;

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
        connection => (IReadOnlyList<TriggerFiring>)[.. connection.Query<FiringRow>(
            """
            SELECT trigger_id TriggerId, rule Rule, product Product, table_name TableName, from_snapshot_id FromSnapshotId, to_snapshot_id ToSnapshotId,
                   new_rows NewRows, new_duration_us NewDurationUs, reason Reason, fired_at_us FiredAtUs
            FROM trigger_firings ORDER BY fired_at_us DESC, to_sequence_number DESC LIMIT @limit
            """, new { limit }).Select(row => row.ToFiring())],
        cancellationToken);

    /// <summary>Decisions, newest first.</summary>
    public ValueTask<IReadOnlyList<TriggerDecision>> ListDecisionsAsync(int limit, CancellationToken cancellationToken) => database.ReadAsync(
        connection => (IReadOnlyList<TriggerDecision>)[.. connection.Query<DecisionRow>(
            """
            SELECT id Id, rule Rule, product Product, snapshot_id SnapshotId, outcome Outcome, reason Reason, trigger_id TriggerId, decided_at_us DecidedAtUs
            FROM trigger_decisions ORDER BY id DESC LIMIT @limit
            """, new { limit }).Select(row => row.ToDecision())],
        cancellationToken);

    /// <summary>Notes a snapshot.</summary>
    /// <returns>False when it had been seen before.</returns>
    internal static bool AddSnapshot(SqliteTransaction transaction, SeenSnapshot snapshot) => transaction.Connection!.Execute(
        "INSERT OR IGNORE INTO trigger_snapshots VALUES (@TableName, @SequenceNumber, @SnapshotId, @NewRows, @NewDurationUs, @TotalRows)",
        snapshot, transaction) == 1;

    /// <summary>What has been added to a product since the rule last fired for it.</summary>
    internal static Accumulation Accumulate(SqliteTransaction transaction, string rule, string product, string table)
    {
        var connection = transaction.Connection!;
        var last = connection.QueryFirstOrDefault<RangeEnd>(
            """
            SELECT to_snapshot_id SnapshotId, to_sequence_number SequenceNumber FROM trigger_firings
            WHERE rule = @rule AND product = @product AND table_name = @table ORDER BY to_sequence_number DESC LIMIT 1
            """, new { rule, product, table }, transaction) ?? new RangeEnd();
        var sum = connection.QueryFirst<SumRow>(
            """
            SELECT COALESCE(SUM(new_rows), 0) NewRows, COALESCE(SUM(new_duration_us), 0) NewDurationUs, COALESCE(MAX(sequence_number), 0) SequenceNumber
            FROM trigger_snapshots WHERE table_name = @table AND sequence_number > @from
            """, new { table, from = last.SequenceNumber }, transaction);
        long toSnapshotId = connection.ExecuteScalar<long>(
            "SELECT snapshot_id FROM trigger_snapshots WHERE table_name = @table AND sequence_number = @sequence",
            new { table, sequence = sum.SequenceNumber }, transaction);
        long unseenRows = last.SequenceNumber > 0 ? 0 : RowsBeforeTheFirstEvent(transaction, table);
        return new Accumulation(last.SnapshotId, last.SequenceNumber, toSnapshotId, sum.SequenceNumber, sum.NewRows + unseenRows, sum.NewDurationUs);
    }

    /// <summary>When the rule last fired, for any product.</summary>
    internal static long? LastFiredAtUs(SqliteTransaction transaction, string rule) => transaction.Connection!.ExecuteScalar<long?>(
        "SELECT MAX(fired_at_us) FROM trigger_firings WHERE rule = @rule", new { rule }, transaction);

    /// <summary>Notes a firing.</summary>
    /// <exception cref="SqliteException">The range has fired before; the transaction must not commit.</exception>
    internal static void AddFiring(SqliteTransaction transaction, TriggerFiring firing, long toSequenceNumber) => transaction.Connection!.Execute(
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
        }, transaction);

    /// <summary>Notes a decision.</summary>
    internal static void AddDecision(
        SqliteTransaction transaction, string rule, string product, long snapshotId, string outcome, string reason, string? triggerId, DateTimeOffset at) =>
        transaction.Connection!.Execute(
            """
            INSERT INTO trigger_decisions (rule, product, snapshot_id, outcome, reason, trigger_id, decided_at_us)
            VALUES (@rule, @product, @snapshotId, @outcome, @reason, @triggerId, @at)
            """, new { rule, product, snapshotId, outcome, reason, triggerId, at = UnixMicros.Of(at) }, transaction);

    // A table may be older than the stage: what its first event says was there before counts as new to a rule that never fired.
    private static long RowsBeforeTheFirstEvent(SqliteTransaction transaction, string table) => transaction.Connection!.ExecuteScalar<long>(
        """
        SELECT CASE WHEN sequence_number > 1 THEN MAX(total_rows - new_rows, 0) ELSE 0 END FROM trigger_snapshots
        WHERE table_name = @table ORDER BY sequence_number LIMIT 1
        """, new { table }, transaction);

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
