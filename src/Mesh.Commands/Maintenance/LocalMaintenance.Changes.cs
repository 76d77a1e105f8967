using Mesh.Columnar;
using Mesh.Commands.Queries;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Commands.Maintenance;

public sealed partial class LocalMaintenance
{
    /// <inheritdoc/>
    public async Task<DeletionReport> DeleteAsync(string table, DeleteRequest request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Where)) throw new MeshException("MESH11083", "Which rows are to be deleted? A condition is needed, such as \"recording_id = 'R1'\".");
        var where = PredicateParser.Parse(request.Where);
        var identifier = Identify(table);
        if (request.DryRun)
        {
            var plan = await tables.PlanDeleteAsync(identifier, where, new DeleteOptions { Rewrite = !request.KeepFiles }, cancellationToken).ConfigureAwait(false);
            return new DeletionReport(
                identifier.ToString(), true, plan.Rows, plan.DroppedFiles, plan.Rewrites ? plan.ChangedFiles : 0, plan.Rewrites ? 0 : plan.ChangedFiles, null);
        }

        // Which recordings the rows are of is only known while they are there; pictures of erased rows go with them.
        var shown = await Pyramids.FindRecordingsAsync(identifier, where, cancellationToken).ConfigureAwait(false);
        var outcome = await maintenance.DeleteRowsAsync(identifier, where, rewrite: !request.KeepFiles, cancellationToken).ConfigureAwait(false);
        if (outcome.DeletedRows > 0) await Pyramids.RemoveAsync(identifier, shown, cancellationToken).ConfigureAwait(false);
        return new DeletionReport(
            identifier.ToString(), false, outcome.DeletedRows, outcome.DroppedUris.Count - outcome.RewrittenFiles, outcome.RewrittenFiles, outcome.DeleteFiles,
            outcome.Snapshot?.SnapshotId);
    }

    /// <inheritdoc/>
    public async Task<ReferenceReport> SetReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken)
    {
        string name = NameOf(request);
        var identifier = Identify(table);
        var loaded = await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false);
        long snapshot = LocalQueries.SnapshotOf(loaded, request.At) ?? throw new MeshException("MESH11036", $"{identifier} has no snapshot yet that '{name}' could name.");
        if (request.KeepSeconds is { } seconds && !(seconds > 0 && seconds < TimeSpan.MaxValue.TotalSeconds)) throw new MeshException("MESH11084", "The age up to which a branch or tag is kept must be positive.");
        var reference = new SnapshotRef(snapshot, request.Type) { MaxRefAgeMs = request.KeepSeconds is { } keep ? Math.Max(1, (long)(keep * 1000)) : null };
        await tables.SetReferenceAsync(identifier, name, reference, cancellationToken).ConfigureAwait(false);
        return new ReferenceReport(identifier.ToString(), name, request.Type, snapshot, loaded.References.GetValueOrDefault(name)?.SnapshotId);
    }

    /// <inheritdoc/>
    public async Task<ReferenceReport> DropReferenceAsync(string table, ReferenceRequest request, CancellationToken cancellationToken)
    {
        string name = NameOf(request);
        var identifier = Identify(table);
        var known = (await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false)).References.GetValueOrDefault(name);
        await tables.DropReferenceAsync(identifier, name, cancellationToken).ConfigureAwait(false);
        return new ReferenceReport(identifier.ToString(), name, known?.Type ?? request.Type, null, known?.SnapshotId);
    }

    /// <inheritdoc/>
    public async Task<RollbackReport> RollbackAsync(string table, RollbackRequest request, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.To)) throw new MeshException("MESH11084", "Where to? A snapshot id, a branch or a tag is needed.");
        var identifier = Identify(table);
        var loaded = await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false);
        long target = LocalQueries.SnapshotOf(loaded, request.To)!.Value;
        var outcome = request.DryRun
            ? await tables.PlanRollbackAsync(identifier, target, cancellationToken).ConfigureAwait(false)
            : await tables.RollbackAsync(identifier, target, cancellationToken).ConfigureAwait(false);
        long after = outcome.Table.Snapshots.First(snapshot => snapshot.SnapshotId == target).TotalRows;
        return new RollbackReport(
            identifier.ToString(), request.DryRun, target,
            [.. outcome.Undone.Select(snapshot => new UndoneSnapshot(
                snapshot.SnapshotId, snapshot.CommittedAt, snapshot.Summary.GetValueOrDefault("operation", ""), snapshot.AddedRows, snapshot.TotalRows))],
            outcome.Undone.Count > 0 ? outcome.Undone[0].TotalRows : after, after, outcome.FreedUploads);
    }

    private static string NameOf(ReferenceRequest request) =>
        string.IsNullOrWhiteSpace(request.Name) ? throw new MeshException("MESH11084", "A branch or tag needs a name.") : request.Name;
}
