namespace Mesh.Lakehouse.Maintenance;

/// <summary>Files that are rewritten together.</summary>
/// <param name="Partition">The partition for people: <c>log_time_day=2026-11-22, vehicle_id_bucket=3</c>; empty for a table without.</param>
/// <param name="Files">Data files.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Rows">Their rows, deleted ones included.</param>
/// <param name="FilesWithDeletes">Of the files, those that row-level deletes apply to.</param>
public sealed record CompactionGroup(string Partition, int Files, long Bytes, long Rows, int FilesWithDeletes);
