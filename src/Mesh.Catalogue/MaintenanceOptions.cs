namespace Mesh.Catalogue;

/// <summary>What maintenance does by itself, and how much of it.</summary>
public sealed record MaintenanceOptions
{
    /// <summary>Whether tables are maintained by themselves (default: yes). Orphans of dead attempts are removed either way.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>Pause between two rounds over all tables (default: 1 hour); the first round is one pause after the start.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Bytes of files that one round may rewrite (default: 10 GiB); the rest is left to the next.</summary>
    public long BytesPerRound { get; init; } = 10L << 30;

    /// <summary>Size of new files in bytes (default: 256 MiB).</summary>
    public long TargetFileBytes { get; init; } = 256L << 20;

    /// <summary>Age from which snapshots may expire (default: 5 days, as Iceberg has it).</summary>
    public TimeSpan SnapshotAge { get; init; } = TimeSpan.FromDays(5);

    /// <summary>Newest snapshots of a branch that stay whatever their age (default: 20).</summary>
    public int SnapshotCount { get; init; } = 20;

    /// <summary>How long files of expired snapshots are left for readers that had begun (default: 5 minutes).</summary>
    public TimeSpan ReaderGrace { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Age from which a file that nothing refers to is an orphan (default: 1 day).</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Folder for rows spilled while sorting (default: the system's temporary folder).</summary>
    public string SpillFolder { get; init; } = Path.GetTempPath();
}
