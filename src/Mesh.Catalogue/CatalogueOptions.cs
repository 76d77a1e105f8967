namespace Mesh.Catalogue;

/// <summary>How much the catalogue stage gathers before it commits. Fewer, larger commits are cheaper for every reader; waiting costs freshness.</summary>
public sealed record CatalogueOptions
{
    /// <summary>Most events of one batch (default: 256).</summary>
    public int MaxBatchEvents { get; init; } = 256;

    /// <summary>Bytes of events after which a batch is closed (default: 8 MiB).</summary>
    public long MaxBatchBytes { get; init; } = 8L << 20;

    /// <summary>How long the first event of a batch waits for others (default: 200 ms).</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Tables committed at a time (default: 4).</summary>
    public int Parallelism { get; init; } = 4;

    /// <summary>Largest list of files that is read by reference, in bytes (default: 256 MiB).</summary>
    public long MaxFileListBytes { get; init; } = 256L << 20;

    /// <summary>First wait before a failed step is tried again (default: 200 ms); it doubles up to <see cref="LongestRetryDelay"/>.</summary>
    public TimeSpan FirstRetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Longest wait before a failed step is tried again (default: 5 s).</summary>
    public TimeSpan LongestRetryDelay { get; init; } = TimeSpan.FromSeconds(5);
}
