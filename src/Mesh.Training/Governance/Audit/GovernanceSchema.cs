using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Governance.Audit;

/// <summary>Tables of governance. Times are microseconds since 1970.</summary>
internal static class GovernanceSchema
{
    // `previous` is unique: of two servers that append at the same moment, one loses and looks again, so the chain cannot fork.
    private static readonly string[] Scripts =
    [
        """
        CREATE TABLE decisions (
            sequence INTEGER NOT NULL UNIQUE, hash TEXT NOT NULL UNIQUE, previous TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, subject TEXT NOT NULL,
            actor TEXT NOT NULL, at_us INTEGER NOT NULL, entry TEXT NOT NULL, signature TEXT NOT NULL);
        CREATE INDEX decisions_by_subject ON decisions (subject, sequence);
        CREATE TABLE decision_head (only_one INTEGER NOT NULL UNIQUE, sequence INTEGER NOT NULL, hash TEXT NOT NULL);
        CREATE TABLE identities (
            name TEXT NOT NULL, person TEXT NOT NULL, roles TEXT NOT NULL, key_sha256 TEXT NOT NULL PRIMARY KEY, public_key TEXT NOT NULL,
            created_at_us INTEGER NOT NULL, revoked_at_us INTEGER);
        CREATE INDEX identities_by_name ON identities (name);
        CREATE TABLE model_aliases (
            name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (name, alias));
        CREATE TABLE withdrawals (
            ingest_id TEXT NOT NULL PRIMARY KEY, reason TEXT NOT NULL, actor TEXT NOT NULL, at_us INTEGER NOT NULL);
        CREATE TABLE holdouts (
            name TEXT NOT NULL PRIMARY KEY, table_name TEXT NOT NULL, snapshot_id TEXT NOT NULL, filter TEXT NOT NULL, files TEXT NOT NULL,
            digest TEXT NOT NULL, frozen_at_us INTEGER NOT NULL);
        CREATE TABLE holdout_recordings (
            name TEXT NOT NULL, ingest_id TEXT NOT NULL, PRIMARY KEY (name, ingest_id));
        """,
    ];

    public static void Migrate(MetadataDatabase database) => database.Migrate("governance", Scripts);
}
