namespace Mesh.Lakehouse.Maintenance;

/// <summary>Which snapshots stay. References and table properties (<c>history.expire.*</c>) have the last word over the first two.</summary>
public sealed record ExpiryOptions
{
    /// <summary>Age below which a snapshot stays (default: 5 days, as Iceberg has it).</summary>
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(5);

    /// <summary>Newest snapshots of a branch that stay whatever their age (default: 1).</summary>
    public int MinCount { get; init; } = 1;

    /// <summary>Snapshots that stay because something outside the table refers to them: models trained on them, jobs that will read them.</summary>
    public IReadOnlySet<long> Protected { get; init; } = new HashSet<long>();

    /// <summary>
    /// How long the files of expired snapshots are left after the snapshots are gone, for readers that had begun (default: none). A process
    /// that dies within leaves orphans.
    /// </summary>
    public TimeSpan ReaderGrace { get; init; }
}
