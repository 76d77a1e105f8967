using System.Text.Json.Nodes;
using Mesh.Lakehouse;
using Mesh.Model;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;

namespace Mesh.Training.Governance;

/// <summary>Data set aside for comparing models.</summary>
public sealed partial class ModelGovernance
{
    /// <summary>The frozen hold-outs.</summary>
    public HoldoutStore Holdouts { get; }

    /// <summary>Freezes the rows of a table at a snapshot; jobs that begin from then on leave the recordings of those rows out of their training.</summary>
    /// <param name="tables">The tables.</param>
    /// <param name="name">Name of the hold-out.</param>
    /// <param name="table">The table.</param>
    /// <param name="snapshotId">Its snapshot.</param>
    /// <param name="filter">Condition on the rows; empty for all.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH9640</c> there is one of that name, <c>MESH9641</c> nothing to freeze, <c>MESH9642</c> the lake cannot be reached.</exception>
    public async Task<Holdout> FreezeAsync(TableCatalogue tables, string name, TableIdentifier table, long snapshotId, string filter, CancellationToken cancellationToken)
    {
        if (lake is null) throw new MeshException("MESH9642", "The lake cannot be read from here. Ask the server.");
        var now = UnixMicros.ToTime(UnixMicros.Of(time.GetUtcNow()));
        var holdout = await HoldoutFreezer.DescribeAsync(tables, lake, name, table, snapshotId, filter, now, cancellationToken).ConfigureAwait(false);
        await database.WriteAsync(
            async transaction =>
            {
                await HoldoutStore.AddAsync(transaction, holdout).ConfigureAwait(false);
                var details = new JsonObject
                {
                    ["table"] = holdout.Table, ["snapshot_id"] = holdout.SnapshotId, ["filter"] = holdout.Filter, ["digest"] = holdout.Digest,
                    ["files"] = holdout.Files.Count, ["recordings"] = holdout.Recordings.Count,
                };
                await AppendOwnAsync(transaction, DecisionKind.Holdout, $"holdout:{name}", "", "hold-out frozen", details).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return holdout;
    }
}
