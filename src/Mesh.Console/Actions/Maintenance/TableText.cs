using System.Globalization;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;

namespace Mesh.Console.Actions.Maintenance;

/// <summary>Tables and snapshots as plans speak of them.</summary>
internal static class TableText
{
    public static string Id(long snapshotId) => snapshotId.ToString(CultureInfo.InvariantCulture);

    public static MeshException Unknown(string table) => new("MESH11031", $"There is no table or product '{table}'. `mesh catalogue tables` shows what there is.");

    /// <summary>The snapshot that a text names: its id, a branch or a tag; the current one when null.</summary>
    public static TableSnapshotView Snapshot(TableDetailsView table, string? at)
    {
        long? named = table.References.FirstOrDefault(reference => reference.Name == (at ?? "main"))?.SnapshotId;
        return table.Snapshots.FirstOrDefault(snapshot => snapshot.SnapshotId == named || Id(snapshot.SnapshotId) == at)
            ?? throw new MeshException("MESH11036", $"{table.Summary.Table} has no snapshot, branch or tag '{at ?? "main"}'. `mesh catalogue snapshots {table.Summary.Table}` shows what there is.");
    }
}
