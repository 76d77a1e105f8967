namespace Mesh.Lakehouse.Maintenance;

/// <summary>What compaction rewrites, into what, and how much of it at a time.</summary>
public sealed record CompactionOptions
{
    /// <summary>How rows are arranged (default: bin-packed).</summary>
    public CompactionStrategy Strategy { get; init; }

    /// <summary>Columns to sort by, ascending, nulls last; null for the table's sort order. Only used for <see cref="CompactionStrategy.Sort"/>.</summary>
    public IReadOnlyList<string>? SortBy { get; init; }

    /// <summary>Size of new files in bytes (default: 256 MiB).</summary>
    public long TargetFileBytes { get; init; } = 256L << 20;

    /// <summary>Files below this part of the target are small (default: 0.75).</summary>
    public double SmallFileRatio { get; init; } = 0.75;

    /// <summary>Small files a partition must have to be worth rewriting (default: 5); files with row-level deletes always are.</summary>
    public int MinInputFiles { get; init; } = 5;

    /// <summary>Bytes of files rewritten together, and so the most that one failure loses (default: 1 GiB).</summary>
    public long GroupBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of rewritten files from which a commit is made (default: 1 GiB). Each commit is whole; several make up a run.</summary>
    public long CommitBytes { get; init; } = 1L << 30;

    /// <summary>Bytes of files that one run may rewrite (default: no limit); the rest is left to the next.</summary>
    public long MaxBytes { get; init; } = long.MaxValue;

    /// <summary>Uncompressed bytes of a row group of the new files (default: 16 MiB, as ingest writes them).</summary>
    public long RowGroupBytes { get; init; } = 16L << 20;

    /// <summary>Bytes of rows held while sorting (default: 64 MiB).</summary>
    public long SortMemoryBytes { get; init; } = 64L << 20;

    /// <summary>Folder for spilled rows while sorting (default: the system's temporary folder).</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();
}
