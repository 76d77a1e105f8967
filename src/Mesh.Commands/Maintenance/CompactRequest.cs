namespace Mesh.Commands.Maintenance;

/// <summary>Compaction of one table, as a command or over HTTP.</summary>
public sealed record CompactRequest
{
    /// <summary>Whether only the plan is wanted.</summary>
    public bool DryRun { get; init; }

    /// <summary>Whether all rows of a partition are sorted, instead of only small files joined.</summary>
    public bool Sort { get; init; }

    /// <summary>Columns to sort by; null for the table's sort order.</summary>
    public IReadOnlyList<string>? SortBy { get; init; }

    /// <summary>Size of new files in bytes; null for the server's setting.</summary>
    public long? TargetFileBytes { get; init; }

    /// <summary>Small files a partition must have to be worth it; null for the default.</summary>
    public int? MinInputFiles { get; init; }

    /// <summary>Bytes of files to rewrite at most; null for no limit.</summary>
    public long? MaxBytes { get; init; }
}
