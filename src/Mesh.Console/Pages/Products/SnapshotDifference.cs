using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Tables;
using Mesh.Model;

namespace Mesh.Console.Pages.Products;

/// <summary>What differs between two snapshots of a table, file by file.</summary>
/// <param name="Before">The one.</param>
/// <param name="After">The other.</param>
/// <param name="Added">Data files that only the other has.</param>
/// <param name="Removed">Data files that only the one has.</param>
/// <param name="Marked">Data files of both that row-level deletes apply to in only one of them.</param>
/// <param name="IsComplete">Whether all files of both were compared.</param>
public sealed record SnapshotDifference(
    TableSnapshotView Before, TableSnapshotView After, IReadOnlyList<DataFileView> Added, IReadOnlyList<DataFileView> Removed, IReadOnlyList<DataFileView> Marked, bool IsComplete)
{
    /// <summary>Files of a snapshot that are compared at most.</summary>
    public const int MaxFiles = 20_000;

    /// <summary>Compares them.</summary>
    /// <exception cref="MeshException"><c>MESH11036</c>: one of them is no snapshot of the table.</exception>
    public static async Task<SnapshotDifference> ReadAsync(IMeshQueries queries, TableDetailsView table, string before, string after, CancellationToken cancellationToken)
    {
        var one = await queries.ListFilesAsync(table.Summary.Table, new FileQuery { At = before, Limit = MaxFiles }, cancellationToken).ConfigureAwait(false);
        var other = await queries.ListFilesAsync(table.Summary.Table, new FileQuery { At = after, Limit = MaxFiles }, cancellationToken).ConfigureAwait(false);
        var left = one!.Files.ToDictionary(file => file.Uri, StringComparer.Ordinal);
        var right = other!.Files.ToDictionary(file => file.Uri, StringComparer.Ordinal);
        return new SnapshotDifference(
            Find(table, before), Find(table, after),
            [.. right.Values.Where(file => !left.ContainsKey(file.Uri))],
            [.. left.Values.Where(file => !right.ContainsKey(file.Uri))],
            [.. right.Values.Where(file => left.TryGetValue(file.Uri, out var known) && !known.DeleteFiles.SequenceEqual(file.DeleteFiles))],
            one.IsComplete && other.IsComplete);
    }

    private static TableSnapshotView Find(TableDetailsView table, string at) =>
        table.References.FirstOrDefault(reference => reference.Name == at) is { } named
            ? table.Snapshots.First(snapshot => snapshot.SnapshotId == named.SnapshotId)
            : table.Snapshots.First(snapshot => snapshot.SnapshotId.ToString(System.Globalization.CultureInfo.InvariantCulture) == at);
}
