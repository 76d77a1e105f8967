namespace Mesh.Formats.Mcap;

/// <summary>Limits that keep a hostile recording from taking the process down.</summary>
public sealed record McapReaderOptions
{
    /// <summary>
    /// Largest record held in memory, in bytes (default: 1 GiB, at most 2 000 000 000). A longer one is reported as loss and skipped.
    /// Records that are not needed are passed over without being held, whatever their size.
    /// </summary>
    public long MaxRecordBytes { get; init; } = 1L << 30;

    /// <summary>
    /// Largest chunk after decompression, in bytes (default: 256 MiB). A chunk that claims more, or more than its compression could
    /// possibly hold, is reported as loss and skipped before anything is allocated for it.
    /// </summary>
    public long MaxChunkBytes { get; init; } = 256L << 20;

    /// <summary>Schemas and channels kept over the whole recording, in bytes (default: 128 MiB). What comes beyond is reported as loss.</summary>
    public long MaxDefinitionBytes { get; init; } = 128L << 20;

    /// <summary>Places of damage reported one by one (default: 1000); the rest is added up in one last entry.</summary>
    public int MaxLosses { get; init; } = 1000;

    /// <summary>Bytes read from the source at a time (default: 256 KiB). Chunks are read whole, whatever their size.</summary>
    public int ReadBytes { get; init; } = 256 << 10;

    /// <summary>Threads that decompress chunks ahead (default: 1, none ahead).</summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Bytes of chunks held ahead of the caller, or next to each other for log-time order (default: 64 MiB). A larger chunk passes alone.</summary>
    public long MaxBufferedBytes { get; init; } = 64L << 20;

    /// <inheritdoc cref="RecordingReaderOptions.AdmitLargeBlock"/>
    public Func<long, CancellationToken, ValueTask<IDisposable>>? AdmitLargeBlock { get; init; }

    /// <inheritdoc cref="RecordingReaderOptions.ListAboveBytes"/>
    public long ListAboveBytes { get; init; } = long.MaxValue;

    /// <summary>Whether the messages of a chunk whose CRC is wrong are delivered all the same (default: false); it is reported either way.</summary>
    public bool DeliverUnchecked { get; init; }

    /// <summary>Whether chunk, data and summary CRCs are checked (default: true).</summary>
    public bool CheckCrc { get; init; } = true;
}
