using Mesh.Lakehouse;
using Mesh.Model;

namespace Mesh.Trigger.Measuring;

/// <summary>Takes measures of the rows that snapshots brought.</summary>
internal interface IRangeMeasurer
{
    /// <summary>The newest snapshot up to one, itself included, that is not a mere rewriting of files; 0 when there is none, itself when it is not known any more.</summary>
    ValueTask<long> FindBeforeAsync(TableIdentifier table, long snapshotId, CancellationToken cancellationToken);

    /// <summary>Measures the rows added after a snapshot and up to another, by the snapshot that added them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="afterSnapshotId">Exclusive; 0 from the beginning.</param>
    /// <param name="toSnapshotId">Inclusive.</param>
    /// <param name="filter">Which rows.</param>
    /// <param name="measures">Measures of that filter.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException">A snapshot has expired, there is no such column, the storage does not answer (transient) ...</exception>
    ValueTask<IReadOnlyDictionary<Measure, IReadOnlyList<MeasuredValue>>> MeasureAsync(
        TableIdentifier table, long afterSnapshotId, long toSnapshotId, TriggerFilter? filter, IReadOnlyList<Measure> measures, CancellationToken cancellationToken);
}
