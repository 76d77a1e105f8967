using Mesh.Lakehouse.Metadata;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Maintenance;

/// <summary>Snapshots that must stay because something outside their table refers to them: models were made from them, unfinished jobs will read them.</summary>
/// <param name="database">Where models and jobs are.</param>
public sealed class SnapshotProtection(MetadataDatabase database)
{
    private readonly ModelStore models = new(database);
    private readonly JobStore jobs = new(database);

    /// <summary>Their ids; ids of different tables are told apart by chance, and a clash only keeps a snapshot too many.</summary>
    public async ValueTask<IReadOnlySet<long>> ListAsync(CancellationToken cancellationToken)
    {
        var ids = new HashSet<long>();
        foreach (var model in await models.ListAsync(null, cancellationToken).ConfigureAwait(false))
        {
            // A rejected model is never run again; a registered one must be explainable for as long as it is registered.
            if (model.State == ModelState.Registered) ids.UnionWith(model.Inputs.Select(input => input.SnapshotId));
        }

        ids.UnionWith(await jobs.ListSnapshotsInUseAsync(cancellationToken).ConfigureAwait(false));
        return ids;
    }
}
