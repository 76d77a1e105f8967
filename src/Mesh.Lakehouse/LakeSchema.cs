using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse;

/// <summary>
/// Table pointers, namespaces and the ledger. A row of <c>ledger</c> exists exactly when the rows of that upload are in the table (or it has none
/// for it): it is written in the transaction that swaps the pointer, never before and never after.
/// A negative <c>snapshot_id</c> is that of a snapshot the table was rolled back from: its rows are not there.
/// </summary>
internal static class LakeSchema
{
    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE tables (
            uuid TEXT NOT NULL PRIMARY KEY,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            metadata_uri TEXT NOT NULL,
            version INTEGER NOT NULL,
            UNIQUE (namespace, name)) WITHOUT ROWID;
        CREATE TABLE ledger (
            table_uuid TEXT NOT NULL REFERENCES tables (uuid),
            ingest_id TEXT NOT NULL,
            topology TEXT NOT NULL,
            topology_version TEXT NOT NULL,
            attempt_id TEXT NOT NULL,
            snapshot_id INTEGER,
            committed_at INTEGER NOT NULL,
            PRIMARY KEY (table_uuid, ingest_id, topology, topology_version)) WITHOUT ROWID;
        """,
        // Namespaces by themselves, so that an empty one exists; and folders whose files belong to no table any more, which no other table
        // may be given: its sweep would take them for its own.
        """
        CREATE TABLE namespaces (name TEXT NOT NULL PRIMARY KEY, properties TEXT NOT NULL) WITHOUT ROWID;
        INSERT INTO namespaces (name, properties) SELECT DISTINCT namespace, '{}' FROM tables;
        CREATE TABLE retired_locations (location TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;
        """,
        // Topology versions were hashes of the text, twelve hexadecimal digits; they are whole numbers now, and what there is is version 1. Of
        // several hashes for one upload and table one becomes it: that the rows are there is all that counts.
        """
        UPDATE ledger SET topology_version = '1'
        WHERE length(topology_version) = 12 AND NOT EXISTS (
            SELECT 1 FROM ledger other
            WHERE other.table_uuid = ledger.table_uuid AND other.ingest_id = ledger.ingest_id AND other.topology = ledger.topology
                AND (other.topology_version = '1' OR other.topology_version < ledger.topology_version));
        """,
        // What lists show of a table, with the metadata file that says so: written in the transaction that swaps the pointer. Where the two
        // files differ (a table of an earlier release until its next commit) the figures are not the table's.
        """
        ALTER TABLE tables ADD COLUMN figures_uri TEXT NOT NULL DEFAULT '';
        ALTER TABLE tables ADD COLUMN location TEXT NOT NULL DEFAULT '';
        ALTER TABLE tables ADD COLUMN snapshot_id INTEGER;
        ALTER TABLE tables ADD COLUMN snapshot_at_ms INTEGER;
        ALTER TABLE tables ADD COLUMN row_count INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tables ADD COLUMN data_files INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tables ADD COLUMN data_bytes INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE tables ADD COLUMN snapshots INTEGER NOT NULL DEFAULT 0;
        """,
    ];

    public static void Migrate(MetadataDatabase database) => database.Migrate("lake", Scripts);

    /// <summary>Runs the first scripts only, as an older program did.</summary>
    internal static void Migrate(MetadataDatabase database, int scripts) => database.Migrate("lake", Scripts[..scripts]);
}
