namespace Mesh.Lakehouse.Maintenance;

/// <summary>What compaction did to a table, or would do.</summary>
public sealed record CompactionReport
{
    /// <summary>The table.</summary>
    public required string Table { get; init; }

    /// <summary>Whether this is only the plan.</summary>
    public required bool DryRun { get; init; }

    /// <summary>How rows are arranged.</summary>
    public required CompactionStrategy Strategy { get; init; }

    /// <summary>What is rewritten together, in the order it is done.</summary>
    public required IReadOnlyList<CompactionGroup> Groups { get; init; }

    /// <summary>Data files before.</summary>
    public required long FilesBefore { get; init; }

    /// <summary>Data files afterwards; on a dry run an estimate.</summary>
    public required long FilesAfter { get; init; }

    /// <summary>Bytes of the files that were replaced.</summary>
    public long BytesRemoved { get; init; }

    /// <summary>Bytes of the files that took their place.</summary>
    public long BytesAdded { get; init; }

    /// <summary>Data files that were replaced.</summary>
    public long FilesRemoved { get; init; }

    /// <summary>Data files that took their place.</summary>
    public long FilesAdded { get; init; }

    /// <summary>Rows written.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that row-level deletes had taken out and that are now gone from the files.</summary>
    public long RowsDropped { get; init; }

    /// <summary>Delete files that no longer apply and were removed from the table.</summary>
    public int DeleteFilesRemoved { get; init; }

    /// <summary>Snapshots made.</summary>
    public int Commits { get; init; }

    /// <summary>Groups given up because somebody else had changed their files meanwhile, with the reason; the table is as if they had not been tried.</summary>
    public IReadOnlyList<string> Conflicts { get; init; } = [];

    /// <summary>Bytes left to the next run because of the limit.</summary>
    public long BytesLeft { get; init; }
}
