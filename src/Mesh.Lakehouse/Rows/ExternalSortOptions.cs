namespace Mesh.Lakehouse.Rows;

/// <summary>Limits of a sort that may need more memory than there is.</summary>
public sealed record ExternalSortOptions
{
    /// <summary>Bytes of rows held before they are sorted and spilled as a run (default: 64 MiB). Sorting and merging take about twice as much.</summary>
    public long MemoryBytes { get; init; } = 64L << 20;

    /// <summary>Runs merged at once (default: 32); more are merged in several passes, which reads and writes the rows again.</summary>
    public int MaxFanIn { get; init; } = 32;

    /// <summary>Folder for the runs; they are deleted when the sort is disposed (default: the system's temporary folder).</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();
}
