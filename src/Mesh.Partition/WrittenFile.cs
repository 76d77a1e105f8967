using Mesh.Lakehouse.Iceberg;

namespace Mesh.Partition;

/// <summary>A completed data file and the log times of its rows.</summary>
/// <param name="File">As the manifest lists it.</param>
/// <param name="MinLogTimeUs">Earliest <c>log_time</c>, microseconds; 0 when the table has no such column.</param>
/// <param name="MaxLogTimeUs">Latest.</param>
public sealed record WrittenFile(DataFile File, long MinLogTimeUs, long MaxLogTimeUs);
