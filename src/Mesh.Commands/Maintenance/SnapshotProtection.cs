using Mesh.Lakehouse.Metadata;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Studies;

namespace Mesh.Commands.Maintenance;

/// <summary>Snapshots that must stay because something outside their table refers to them: models were made from them, hold-outs are frozen on them, unfinished jobs and studies will read them.</summary>
/// <param name="database">Where models and jobs are.</param>
public sealed class SnapshotProtection(MetadataDatabase database)
{
    private readonly ModelStore models = new(database);
    private readonly JobStore jobs = new(database);
    private readonly StudyStore studies = new(database);
    private readonly HoldoutStore holdouts = new(database);

    /// <summary>Their ids; ids of different tables are told apart by chance, and a clash only keeps a snapshot too many.</summary>
    public async ValueTask<IReadOnlySet<long>> ListAsync(CancellationToken cancellationToken)
    {
        var ids = new HashSet<long>();
        foreach (var model in await models.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            // A rejected model is never run again; a registered one must be explainable for as long as it is registered.
            if (model.State == ModelState.Registered) ids.UnionWith(model.Inputs.Select(input => input.SnapshotId));
        }

        // A frozen hold-out is compared with for as long as it is there.
        ids.UnionWith(await holdouts.ListSnapshotsAsync(cancellationToken).ConfigureAwait(false));
        ids.UnionWith(await studies.ListSnapshotsInUseAsync(cancellationToken).ConfigureAwait(false));
        ids.UnionWith(await jobs.ListSnapshotsInUseAsync(cancellationToken).ConfigureAwait(false));
        return ids;
    }
}
