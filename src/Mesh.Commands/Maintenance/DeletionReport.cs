namespace Mesh.Commands.Maintenance;

/// <summary>What erasing rows did, or would do.</summary>
/// <param name="Table">The table.</param>
/// <param name="DryRun">Whether it was only planned.</param>
/// <param name="Rows">Rows that match.</param>
/// <param name="FilesDropped">Data files of which nothing stays.</param>
/// <param name="FilesRewritten">Data files written again without the rows.</param>
/// <param name="DeleteFiles">Delete files for data files that are kept.</param>
/// <param name="SnapshotId">The snapshot without the rows; null when none was made.</param>
public sealed record DeletionReport(string Table, bool DryRun, long Rows, int FilesDropped, int FilesRewritten, int DeleteFiles, long? SnapshotId);
