using Mesh.Lakehouse.Maintenance;

namespace Mesh.Commands.Maintenance;

/// <summary>What orphan removal found.</summary>
/// <param name="Table">The table, or what was one.</param>
/// <param name="DryRun">Whether nothing was deleted.</param>
/// <param name="IsDroppedTable">Whether there is no such table any more.</param>
/// <param name="Examined">Objects looked at.</param>
/// <param name="Orphans">Objects that nothing refers to.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Keys">The first of their keys.</param>
public sealed record OrphansView(string Table, bool DryRun, bool IsDroppedTable, long Examined, long Orphans, long Bytes, IReadOnlyList<string> Keys)
{
    private const int MaxKeys = 100;

    /// <summary>The view of a report.</summary>
    public static OrphansView Of(OrphanSweepReport report) => new(
        report.Table, !report.Deleted, report.IsDroppedTable, report.Examined, report.Orphans.Count, report.OrphanBytes,
        [.. report.Orphans.Take(MaxKeys).Select(orphan => orphan.Key)]);
}
