namespace Mesh.Trigger;

/// <summary>
/// Tables of the trigger stage. <c>table_key</c> is the table's UUID, or its name for what was told by programs that did not tell the UUID.
/// </summary>
internal static class TriggerSchema
{
    public static readonly string[] Scripts =
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
        """
        CREATE TABLE trigger_seen (
            id INTEGER PRIMARY KEY AUTOINCREMENT, table_key TEXT NOT NULL, table_name TEXT NOT NULL, sequence_number INTEGER NOT NULL,
            snapshot_id INTEGER NOT NULL, parent_snapshot_id INTEGER NOT NULL, new_rows INTEGER NOT NULL, new_duration_us INTEGER NOT NULL,
            total_rows INTEGER NOT NULL, noted_at_us INTEGER NOT NULL, is_evaluated INTEGER NOT NULL,
            UNIQUE (table_key, sequence_number));
        CREATE INDEX trigger_seen_by_name ON trigger_seen (table_name, id);
        CREATE INDEX trigger_seen_waiting ON trigger_seen (table_key, sequence_number) WHERE is_evaluated = 0;
        CREATE TABLE trigger_ranges (
            trigger_id TEXT NOT NULL, rule TEXT NOT NULL, product TEXT NOT NULL, table_key TEXT NOT NULL, table_name TEXT NOT NULL,
            from_snapshot_id INTEGER NOT NULL, from_sequence_number INTEGER NOT NULL, to_snapshot_id INTEGER NOT NULL, to_sequence_number INTEGER NOT NULL,
            new_rows INTEGER NOT NULL, new_duration_us INTEGER NOT NULL, reason TEXT NOT NULL, fired_at_us INTEGER NOT NULL,
            PRIMARY KEY (trigger_id, product), UNIQUE (rule, product, table_key, from_snapshot_id));
        CREATE INDEX trigger_ranges_by_end ON trigger_ranges (rule, product, table_key, to_sequence_number);
        CREATE INDEX trigger_ranges_by_time ON trigger_ranges (rule, fired_at_us);
        INSERT INTO trigger_seen (table_key, table_name, sequence_number, snapshot_id, parent_snapshot_id, new_rows, new_duration_us, total_rows, noted_at_us, is_evaluated)
            SELECT table_name, table_name, sequence_number, snapshot_id, 0, new_rows, new_duration_us, total_rows, 0, 1 FROM trigger_snapshots ORDER BY table_name, sequence_number;
        INSERT INTO trigger_ranges
            SELECT f.trigger_id, f.rule, f.product, f.table_name, f.table_name, f.from_snapshot_id,
                COALESCE((SELECT s.sequence_number FROM trigger_snapshots s WHERE s.table_name = f.table_name AND s.snapshot_id = f.from_snapshot_id), 0),
                f.to_snapshot_id, f.to_sequence_number, f.new_rows, f.new_duration_us, f.reason, f.fired_at_us
            FROM trigger_firings f;
        DROP TABLE trigger_snapshots;
        DROP TABLE trigger_firings;
        ALTER TABLE trigger_decisions ADD COLUMN measured TEXT NOT NULL DEFAULT '[]';
        ALTER TABLE trigger_decisions ADD COLUMN next_at_us INTEGER;
        CREATE INDEX trigger_decisions_by_rule ON trigger_decisions (rule, product, id);
        CREATE INDEX trigger_decisions_by_time ON trigger_decisions (decided_at_us);
        CREATE TABLE trigger_measures (
            table_key TEXT NOT NULL, measure TEXT NOT NULL, from_sequence_number INTEGER NOT NULL, from_snapshot_id INTEGER NOT NULL,
            to_sequence_number INTEGER NOT NULL, to_snapshot_id INTEGER NOT NULL, note TEXT, PRIMARY KEY (table_key, measure));
        CREATE TABLE trigger_values (
            table_key TEXT NOT NULL, measure TEXT NOT NULL, sequence_number INTEGER NOT NULL, value TEXT NOT NULL, amount INTEGER NOT NULL,
            PRIMARY KEY (table_key, measure, sequence_number, value));
        """,
    ];
}
