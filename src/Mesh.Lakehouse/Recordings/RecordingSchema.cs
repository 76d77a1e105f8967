namespace Mesh.Lakehouse.Recordings;

/// <summary>Tables of the recording store and the topology store. Times are microseconds since 1970.</summary>
internal static class RecordingSchema
{
    public static readonly string[] Scripts =
    [
        """
        CREATE TABLE recordings (
            ingest_id TEXT NOT NULL UNIQUE,
            vehicle_id TEXT NOT NULL,
            session TEXT NOT NULL,
            file_name TEXT NOT NULL,
            uri TEXT NOT NULL,
            size_bytes INTEGER NOT NULL,
            content_sha256 TEXT NOT NULL,
            accepted_at INTEGER NOT NULL,
            committed_at INTEGER,
            landing_deleted_at INTEGER,
            state INTEGER NOT NULL,
            reason TEXT,
            topology TEXT NOT NULL DEFAULT '',
            topology_version TEXT NOT NULL DEFAULT '',
            messages_in INTEGER NOT NULL DEFAULT 0,
            rows_out INTEGER NOT NULL DEFAULT 0,
            dead_letters INTEGER NOT NULL DEFAULT 0,
            not_selected INTEGER NOT NULL DEFAULT 0,
            frames_out INTEGER NOT NULL DEFAULT 0,
            duplicates INTEGER NOT NULL DEFAULT 0);
        CREATE INDEX recordings_by_acceptance ON recordings (accepted_at);
        CREATE TABLE recording_losses (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            ordinal INTEGER NOT NULL,
            code TEXT NOT NULL,
            "offset" INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            expected TEXT NOT NULL,
            found TEXT NOT NULL,
            PRIMARY KEY (ingest_id, ordinal)) WITHOUT ROWID;
        CREATE TABLE recording_channels (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            ordinal INTEGER NOT NULL,
            channel TEXT NOT NULL,
            schema TEXT NOT NULL,
            table_name TEXT NOT NULL,
            messages_in INTEGER NOT NULL,
            rows_out INTEGER NOT NULL,
            dead_letters INTEGER NOT NULL,
            time_base TEXT NOT NULL,
            PRIMARY KEY (ingest_id, ordinal)) WITHOUT ROWID;
        CREATE TABLE recording_tables (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            table_name TEXT NOT NULL,
            PRIMARY KEY (ingest_id, table_name)) WITHOUT ROWID;
        """,
        // What became of a recording is kept per topology version, and topologies in force are kept too. Versions used to be hashes of the
        // topology's text: they are version 1 now, in the ledger as well (LakeSchema). A recording that could not be read at all named no
        // topology; it gets the one that others passed through, else the built-in one.
        """
        CREATE TABLE recording_runs (
            ingest_id TEXT NOT NULL REFERENCES recordings (ingest_id),
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            digest TEXT NOT NULL,
            state INTEGER NOT NULL,
            has_account INTEGER NOT NULL,
            reason TEXT,
            committed_at INTEGER,
            messages_in INTEGER NOT NULL DEFAULT 0,
            rows_out INTEGER NOT NULL DEFAULT 0,
            dead_letters INTEGER NOT NULL DEFAULT 0,
            not_selected INTEGER NOT NULL DEFAULT 0,
            frames_out INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (ingest_id, topology, topology_version)) WITHOUT ROWID;
        CREATE TABLE run_losses (
            ingest_id TEXT NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            code TEXT NOT NULL,
            "offset" INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            expected TEXT NOT NULL,
            found TEXT NOT NULL,
            PRIMARY KEY (ingest_id, topology, topology_version, ordinal),
            FOREIGN KEY (ingest_id, topology, topology_version) REFERENCES recording_runs (ingest_id, topology, topology_version)) WITHOUT ROWID;
        CREATE TABLE run_channels (
            ingest_id TEXT NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            channel TEXT NOT NULL,
            schema TEXT NOT NULL,
            table_name TEXT NOT NULL,
            messages_in INTEGER NOT NULL,
            rows_out INTEGER NOT NULL,
            dead_letters INTEGER NOT NULL,
            time_base TEXT NOT NULL,
            PRIMARY KEY (ingest_id, topology, topology_version, ordinal),
            FOREIGN KEY (ingest_id, topology, topology_version) REFERENCES recording_runs (ingest_id, topology, topology_version)) WITHOUT ROWID;
        CREATE TABLE run_tables (
            ingest_id TEXT NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            table_name TEXT NOT NULL,
            PRIMARY KEY (ingest_id, topology, topology_version, table_name),
            FOREIGN KEY (ingest_id, topology, topology_version) REFERENCES recording_runs (ingest_id, topology, topology_version)) WITHOUT ROWID;
        CREATE TABLE topologies (
            name TEXT NOT NULL,
            version INTEGER NOT NULL,
            yaml TEXT NOT NULL,
            digest TEXT NOT NULL,
            file_name TEXT NOT NULL,
            origin INTEGER NOT NULL,
            active INTEGER NOT NULL,
            from_earliest INTEGER NOT NULL,
            applied_at INTEGER NOT NULL,
            PRIMARY KEY (name, version)) WITHOUT ROWID;
        INSERT INTO recording_runs (
            ingest_id, topology, topology_version, digest, state, has_account, reason, committed_at, messages_in, rows_out, dead_letters, not_selected, frames_out)
        SELECT ingest_id,
            COALESCE(NULLIF(topology, ''), (SELECT max(other.topology) FROM recordings other WHERE other.topology <> ''), 'fleet-ingest'), '1', topology_version, state,
            CASE WHEN topology_version = '' THEN 0 ELSE 1 END, reason, committed_at, messages_in, rows_out, dead_letters, not_selected, frames_out
        FROM recordings WHERE state > 0;
        INSERT INTO run_losses (ingest_id, topology, topology_version, ordinal, code, "offset", bytes, expected, found)
        SELECT run.ingest_id, run.topology, run.topology_version, old.ordinal, old.code, old."offset", old.bytes, old.expected, old.found
        FROM recording_losses old JOIN recording_runs run ON run.ingest_id = old.ingest_id;
        INSERT INTO run_channels (ingest_id, topology, topology_version, ordinal, channel, schema, table_name, messages_in, rows_out, dead_letters, time_base)
        SELECT run.ingest_id, run.topology, run.topology_version, old.ordinal, old.channel, old.schema, old.table_name, old.messages_in, old.rows_out, old.dead_letters, old.time_base
        FROM recording_channels old JOIN recording_runs run ON run.ingest_id = old.ingest_id;
        INSERT INTO run_tables (ingest_id, topology, topology_version, table_name)
        SELECT run.ingest_id, run.topology, run.topology_version, old.table_name
        FROM recording_tables old JOIN recording_runs run ON run.ingest_id = old.ingest_id;
        DROP TABLE recording_losses;
        DROP TABLE recording_channels;
        DROP TABLE recording_tables;
        ALTER TABLE recordings DROP COLUMN state;
        ALTER TABLE recordings DROP COLUMN reason;
        ALTER TABLE recordings DROP COLUMN committed_at;
        ALTER TABLE recordings DROP COLUMN topology;
        ALTER TABLE recordings DROP COLUMN topology_version;
        ALTER TABLE recordings DROP COLUMN messages_in;
        ALTER TABLE recordings DROP COLUMN rows_out;
        ALTER TABLE recordings DROP COLUMN dead_letters;
        ALTER TABLE recordings DROP COLUMN not_selected;
        ALTER TABLE recordings DROP COLUMN frames_out;
        """,
        "ALTER TABLE topologies ADD COLUMN awaited INTEGER NOT NULL DEFAULT 1",
        // Counts by reason are JSON objects: reasons are words that nobody queries by.
        """
        CREATE TABLE run_inputs (
            ingest_id TEXT NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            ordinal INTEGER NOT NULL,
            group_name TEXT NOT NULL,
            input TEXT NOT NULL,
            channel TEXT NOT NULL,
            frames INTEGER NOT NULL,
            samples INTEGER NOT NULL,
            used_samples INTEGER NOT NULL,
            matched INTEGER NOT NULL,
            interpolated INTEGER NOT NULL,
            ambiguous INTEGER NOT NULL,
            max_match_error_ns INTEGER NOT NULL,
            mean_match_error_ns INTEGER NOT NULL,
            missing TEXT NOT NULL,
            unmatched TEXT NOT NULL,
            PRIMARY KEY (ingest_id, topology, topology_version, ordinal),
            FOREIGN KEY (ingest_id, topology, topology_version) REFERENCES recording_runs (ingest_id, topology, topology_version)) WITHOUT ROWID;
        """,
        // What lists show and sort by, derived from a recording's runs whenever one of them changes (RecordingStore.List). Run keys are the
        // runs' topologies and versions, each between commas: which active topology has not begun is a search in them, not a join.
        """
        ALTER TABLE recordings ADD COLUMN run_state INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN run_keys TEXT NOT NULL DEFAULT '';
        ALTER TABLE recordings ADD COLUMN run_reason TEXT;
        ALTER TABLE recordings ADD COLUMN last_committed_at INTEGER;
        ALTER TABLE recordings ADD COLUMN loss_count INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN messages_in INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN rows_out INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN dead_letters INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN not_selected INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE recordings ADD COLUMN frames_out INTEGER NOT NULL DEFAULT 0;
        UPDATE recordings SET
            (run_state, last_committed_at) = (
                SELECT CASE WHEN count(*) = 0 THEN 0 WHEN sum(CASE WHEN run.state IN (2, 3) THEN 0 ELSE 1 END) > 0 THEN 1
                    WHEN sum(CASE WHEN run.state = 3 THEN 1 ELSE 0 END) > 0 THEN 3 ELSE 2 END, max(run.committed_at)
                FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id AND NOT EXISTS (
                    SELECT 1 FROM recording_runs newer WHERE newer.ingest_id = run.ingest_id AND newer.topology = run.topology
                        AND (length(newer.topology_version) > length(run.topology_version)
                            OR (length(newer.topology_version) = length(run.topology_version) AND newer.topology_version > run.topology_version)))),
            run_reason = (
                SELECT run.reason FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id AND run.state = 3 AND NOT EXISTS (
                    SELECT 1 FROM recording_runs newer WHERE newer.ingest_id = run.ingest_id AND newer.topology = run.topology
                        AND (length(newer.topology_version) > length(run.topology_version)
                            OR (length(newer.topology_version) = length(run.topology_version) AND newer.topology_version > run.topology_version)))
                ORDER BY run.topology LIMIT 1),
            loss_count = (
                SELECT coalesce(max(lost.places), 0) FROM (
                    SELECT count(*) AS places FROM run_losses WHERE run_losses.ingest_id = recordings.ingest_id GROUP BY topology, topology_version) AS lost),
            (run_keys, messages_in, rows_out, dead_letters, not_selected, frames_out) = (
                SELECT coalesce(',' || string_agg(run.topology || '@' || run.topology_version, ',') || ',', ''), coalesce(sum(run.messages_in), 0),
                    coalesce(sum(run.rows_out), 0), coalesce(sum(run.dead_letters), 0), coalesce(sum(run.not_selected), 0), coalesce(sum(run.frames_out), 0)
                FROM recording_runs run WHERE run.ingest_id = recordings.ingest_id);
        DROP INDEX recordings_by_acceptance;
        CREATE INDEX recordings_by_acceptance ON recordings (accepted_at, ingest_id, run_state, run_keys);
        CREATE INDEX recordings_by_vehicle ON recordings (vehicle_id, accepted_at, ingest_id, size_bytes, loss_count, dead_letters);
        CREATE INDEX recordings_by_size ON recordings (size_bytes, ingest_id);
        CREATE INDEX recordings_by_losses ON recordings (loss_count, ingest_id);
        """,
    ];
}
