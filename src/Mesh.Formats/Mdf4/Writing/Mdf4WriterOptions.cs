namespace Mesh.Formats.Mdf4;

/// <summary>How MDF 4 files are written.</summary>
public sealed record Mdf4WriterOptions
{
    /// <summary>Compression of data blocks and attachments (default: deflate). A block that does not shrink is stored as it is.</summary>
    public Mdf4Compression Compression { get; init; } = Mdf4Compression.Deflate;

    /// <summary>Deflate level, 1 (fast) to 9 (small) (default: 4).</summary>
    public int CompressionLevel { get; init; } = 4;

    /// <summary>Bytes of a data block before compression (default: 4 MiB, the most the specification allows for one that is to be compressed).</summary>
    public int BlockBytes { get; init; } = 4 << 20;

    /// <summary>Threads that compress (default: one per core). The file does not depend on it.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>
    /// Bytes of unwritten blocks held (default: 64 MiB); half of it for blocks being filled, half for blocks being compressed. With many groups
    /// blocks become smaller to stay within it.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Start time of the recording, nanoseconds since 1970, UTC (default: null). Null takes that of the first MDF group written, which keeps its
    /// time values as they are, else the log time of the first row; what lies before it gets negative times.
    /// </summary>
    public ulong? StartTimeNs { get; init; }

    /// <summary>Version of the writing program, for the file history (default: this library's).</summary>
    public string ToolVersion { get; init; } = typeof(Mdf4WriterOptions).Assembly.GetName().Version?.ToString(3) ?? "";

    /// <summary>When the file is written, for the file history (default: the system's clock).</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
