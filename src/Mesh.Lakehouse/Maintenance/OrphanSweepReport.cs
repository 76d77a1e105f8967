using Mesh.Storage;

namespace Mesh.Lakehouse.Maintenance;

/// <summary>What a sweep found in one folder.</summary>
/// <param name="Table">The table, or the folder of one that was dropped: <c>NAMESPACE.NAME</c>.</param>
/// <param name="Examined">Objects under it.</param>
/// <param name="Orphans">Objects that nothing refers to and that are older than the grace period.</param>
/// <param name="Deleted">Whether they were deleted.</param>
public sealed record OrphanSweepReport(string Table, long Examined, IReadOnlyList<ObjectEntry> Orphans, bool Deleted)
{
    /// <summary>Bytes of the orphans.</summary>
    public long OrphanBytes => Orphans.Sum(orphan => orphan.Bytes);

    /// <summary>Whether there is no such table any more.</summary>
    public bool IsDroppedTable { get; init; }
}
