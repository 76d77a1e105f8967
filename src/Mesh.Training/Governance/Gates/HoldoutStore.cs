using System.Globalization;
using System.Text.Json;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Training.Governance.Audit;

namespace Mesh.Training.Governance.Gates;

/// <summary>The frozen hold-outs of the catalogue database.</summary>
public sealed class HoldoutStore
{
    private readonly MetadataDatabase database;

    /// <param name="database">Where; the store creates its tables.</param>
    public HoldoutStore(MetadataDatabase database)
    {
        this.database = database;
        GovernanceSchema.Migrate(database);
    }

    /// <summary>All of them with their recordings, by name.</summary>
    public ValueTask<IReadOnlyList<Holdout>> ListAsync(CancellationToken cancellationToken) => database.ReadAsync(session => ListAsync(session, null), cancellationToken);

    /// <summary>One of them; null when there is none of that name.</summary>
    public ValueTask<Holdout?> FindAsync(string name, CancellationToken cancellationToken) => database.ReadAsync(
        async session => await ListAsync(session, name).ConfigureAwait(false) is [var one] ? one : null, cancellationToken);

    /// <summary>Snapshots that must stay.</summary>
    public async ValueTask<IReadOnlySet<long>> ListSnapshotsAsync(CancellationToken cancellationToken) => await database.ReadAsync(
        async session => (await session.QueryAsync<string>("SELECT snapshot_id FROM holdouts").ConfigureAwait(false))
            .Select(id => long.Parse(id, CultureInfo.InvariantCulture)).ToHashSet(),
        cancellationToken).ConfigureAwait(false);

    internal static async Task<IReadOnlyList<Holdout>> ListAsync(MetadataSession session, string? name)
    {
        var rows = await session.QueryAsync<Row>(
            """
            SELECT name Name, table_name TableName, snapshot_id SnapshotId, filter AS Filter, files AS Files, digest AS Digest, frozen_at_us FrozenAtUs
            FROM holdouts WHERE @name IS NULL OR name = @name ORDER BY name
            """, new { name }).ConfigureAwait(false);
        var holdouts = new List<Holdout>();
        foreach (var row in rows)
        {
            holdouts.Add(new Holdout
            {
                Name = row.Name,
                Table = row.TableName,
                SnapshotId = row.SnapshotId,
                Filter = row.Filter,
                Files = JsonSerializer.Deserialize<List<HoldoutFile>>(row.Files, TrainingJson.Options)!,
                Digest = row.Digest,
                FrozenAt = UnixMicros.ToTime(row.FrozenAtUs),
                Recordings = await session.QueryAsync<string>("SELECT ingest_id FROM holdout_recordings WHERE name = @Name ORDER BY ingest_id", new { row.Name }).ConfigureAwait(false),
            });
        }

        return holdouts;
    }

    internal static async Task AddAsync(MetadataTransaction transaction, Holdout holdout)
    {
        if ((await ListAsync(transaction, holdout.Name).ConfigureAwait(false)).Count > 0)
        {
            throw new MeshException("MESH9640", $"There is a hold-out '{holdout.Name}' already, and a frozen one does not change. Choose another name.");
        }

        await transaction.ExecuteAsync(
            "INSERT INTO holdouts VALUES (@Name, @Table, @SnapshotId, @Filter, @files, @Digest, @frozenAtUs)",
            new
            {
                holdout.Name, holdout.Table, holdout.SnapshotId, holdout.Filter, files = JsonSerializer.Serialize(holdout.Files, TrainingJson.Options), holdout.Digest,
                frozenAtUs = UnixMicros.Of(holdout.FrozenAt),
            }).ConfigureAwait(false);
        await transaction.ExecuteAsync(
            "INSERT INTO holdout_recordings VALUES (@Name, @IngestId)", holdout.Recordings.Select(id => new { holdout.Name, IngestId = id })).ConfigureAwait(false);
    }

    private sealed class Row
    {
        public string Name { get; init; } = "";
        public string TableName { get; init; } = "";
        public string SnapshotId { get; init; } = "";
        public string Filter { get; init; } = "";
        public string Files { get; init; } = "";
        public string Digest { get; init; } = "";
        public long FrozenAtUs { get; init; }
    }
}
