using Mesh.Storage;

namespace Mesh.Lakehouse;

/// <summary>What a sweep found in one table.</summary>
/// <param name="Table">The table.</param>
/// <param name="Examined">Objects under the table.</param>
/// <param name="Orphans">Objects that nothing refers to and that are older than the grace period.</param>
/// <param name="Deleted">Whether they were deleted.</param>
public sealed record OrphanSweepReport(TableIdentifier Table, int Examined, IReadOnlyList<ObjectEntry> Orphans, bool Deleted)
{
    /// <summary>Bytes of the orphans.</summary>
    public long OrphanBytes => Orphans.Sum(orphan => orphan.Bytes);
}
