using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Creates or moves a branch or tag; <c>main</c> is moved by <see cref="SetCurrentSnapshotAsync"/>.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when the snapshot is unknown, the name is <c>main</c>, or a branch would become a tag or the reverse.</exception>
    public async ValueTask<Table> SetReferenceAsync(TableIdentifier identifier, string name, SnapshotRef reference, CancellationToken cancellationToken) =>
        (await ChangeAsync(
            identifier,
            state =>
            {
                FindSnapshot(state, reference.SnapshotId);
                if (name == SnapshotRef.Main) throw new MeshException("MESH8105", $"The branch 'main' of table {identifier} cannot be set like another reference. Roll the table back, or set its current snapshot.");
                if (state.Metadata.Refs.TryGetValue(name, out var known))
                {
                    if (known == reference) return ValueTask.FromResult<TableChange?>(null);
                    if (known.Type != reference.Type) throw new MeshException("MESH8105", $"'{name}' of table {identifier} is a {known.Type.ToString().ToLowerInvariant()} already. Drop it first, or use another name.");
                }

                var metadata = Succeed(state);
                return ValueTask.FromResult<TableChange?>(new TableChange(metadata with { Refs = TableMetadata.WithRef(metadata.Refs, name, reference) }, []));
            },
            cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>Drops a branch or tag; its snapshots stay until they expire.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when there is none of that name, or it is <c>main</c>.</exception>
    public async ValueTask<Table> DropReferenceAsync(TableIdentifier identifier, string name, CancellationToken cancellationToken) =>
        (await ChangeAsync(
            identifier,
            state =>
            {
                if (name == SnapshotRef.Main) throw new MeshException("MESH8105", $"The branch 'main' of table {identifier} cannot be dropped. Drop the table, or delete its rows.");
                if (!state.Metadata.Refs.ContainsKey(name)) throw UnknownReference(state, name);
                var metadata = Succeed(state);
                return ValueTask.FromResult<TableChange?>(new TableChange(metadata with { Refs = TableMetadata.WithoutRef(metadata.Refs, name) }, []));
            },
            cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>
    /// Makes an earlier state of the table its current one. Uploads whose rows are gone with that may be added again.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when the snapshot is unknown or not an ancestor of the current one.</exception>
    public ValueTask<RollbackOutcome> RollbackAsync(TableIdentifier identifier, long snapshotId, CancellationToken cancellationToken) =>
        MoveMainAsync(identifier, snapshotId, requireAncestor: true, cancellationToken);

    /// <summary>What <see cref="RollbackAsync"/> would undo now.</summary>
    /// <exception cref="MeshException">As there.</exception>
    public async ValueTask<RollbackOutcome> PlanRollbackAsync(TableIdentifier identifier, long snapshotId, CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        RequireAncestor(state, FindSnapshot(state, snapshotId));
        var undone = Undone(state.Metadata, snapshotId);
        long freed = await database.ReadAsync(session => CountUploadsAsync(session, state.Metadata.TableUuid.ToString(), undone), cancellationToken).ConfigureAwait(false);
        return new RollbackOutcome(state.Table, undone, freed);
    }

    /// <summary>
    /// Makes any snapshot of the table its current one, also one that was rolled back. Uploads whose rows are gone with that may be added again,
    /// and those whose rows are back may not.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when the snapshot is unknown.</exception>
    public async ValueTask<Table> SetCurrentSnapshotAsync(TableIdentifier identifier, long snapshotId, CancellationToken cancellationToken) =>
        (await MoveMainAsync(identifier, snapshotId, requireAncestor: false, cancellationToken).ConfigureAwait(false)).Table;

    private async ValueTask<RollbackOutcome> MoveMainAsync(TableIdentifier identifier, long snapshotId, bool requireAncestor, CancellationToken cancellationToken)
    {
        IReadOnlyList<Snapshot> undone = [];
        long freed = 0;
        var moved = await ChangeAsync(
            identifier,
            state =>
            {
                (undone, freed) = ([], 0);
                var target = FindSnapshot(state, snapshotId);
                if (state.Metadata.CurrentSnapshotId == snapshotId) return ValueTask.FromResult<TableChange?>(null);
                if (requireAncestor) RequireAncestor(state, target);
                undone = Undone(state.Metadata, snapshotId);
                var before = Ancestors(state.Metadata, state.Metadata.CurrentSnapshot);
                var after = Ancestors(state.Metadata, target);
                var metadata = Succeed(state);
                metadata = metadata with
                {
                    CurrentSnapshotId = snapshotId,
                    SnapshotLog = [.. metadata.SnapshotLog, new SnapshotLogEntry(metadata.LastUpdatedMs, snapshotId)],
                };
                string uuid = metadata.TableUuid.ToString();
                var gone = undone;
                return ValueTask.FromResult<TableChange?>(new TableChange(metadata, [])
                {
                    InTransaction = async (transaction, _) =>
                    {
                        freed = await CountUploadsAsync(transaction, uuid, gone).ConfigureAwait(false);

                        // A negative id in the ledger is that of a snapshot which is not in the table's history at present.
                        await FlipLedgerAsync(transaction, uuid, [.. before.Except(after)]).ConfigureAwait(false);
                        await FlipLedgerAsync(transaction, uuid, [.. after.Except(before).Select(id => -id)]).ConfigureAwait(false);
                    },
                });
            },
            cancellationToken).ConfigureAwait(false);
        return new RollbackOutcome(moved.Table, undone, freed);
    }

    private static void RequireAncestor(TableState state, Snapshot target)
    {
        if (!Ancestors(state.Metadata, state.Metadata.CurrentSnapshot).Contains(target.SnapshotId))
        {
            throw new MeshException("MESH8105", $"Table {state.Identifier} cannot be rolled back to snapshot {target.SnapshotId}, which is no ancestor of the current one. Set it as the current snapshot, if that is what is meant.");
        }
    }

    /// <summary>Snapshots of <c>main</c> that another current snapshot does not come after, newest first.</summary>
    private static List<Snapshot> Undone(TableMetadata metadata, long snapshotId)
    {
        var kept = Ancestors(metadata, metadata.FindSnapshot(snapshotId));
        var undone = new List<Snapshot>();
        for (var snapshot = metadata.CurrentSnapshot; snapshot is not null && kept.Add(snapshot.SnapshotId);)
        {
            undone.Add(snapshot);
            snapshot = snapshot.ParentSnapshotId is { } parent ? metadata.FindSnapshot(parent) : null;
        }

        return undone;
    }

    private static async Task<long> CountUploadsAsync(MetadataSession session, string uuid, IReadOnlyList<Snapshot> snapshots)
    {
        var uploads = new HashSet<string>(StringComparer.Ordinal);
        foreach (var snapshot in snapshots)
        {
            uploads.UnionWith(await session.QueryAsync<string>(
                "SELECT ingest_id FROM ledger WHERE table_uuid = @uuid AND snapshot_id = @SnapshotId", new { uuid, snapshot.SnapshotId }).ConfigureAwait(false));
        }

        return uploads.Count;
    }

    private static async Task FlipLedgerAsync(MetadataTransaction transaction, string uuid, IReadOnlyList<long> snapshotIds)
    {
        foreach (long id in snapshotIds)
        {
            await transaction.ExecuteAsync(
                "UPDATE ledger SET snapshot_id = -snapshot_id WHERE table_uuid = @uuid AND snapshot_id = @id", new { uuid, id }).ConfigureAwait(false);
        }
    }

    private static HashSet<long> Ancestors(TableMetadata metadata, Snapshot? snapshot)
    {
        var ids = new HashSet<long>();
        for (; snapshot is not null && ids.Add(snapshot.SnapshotId);) snapshot = snapshot.ParentSnapshotId is { } parent ? metadata.FindSnapshot(parent) : null;
        return ids;
    }

    private static MeshException UnknownReference(TableState state, string name) => new("MESH8105",
        $"Table {state.Identifier} has no branch or tag '{name}'. There are: {string.Join(", ", state.Metadata.Refs.Keys.Order(StringComparer.Ordinal))}.");
}
