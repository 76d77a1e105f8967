namespace Mesh.Formats.Mcap;

/// <summary>How MCAP files are written.</summary>
public sealed record McapWriterOptions
{
    /// <summary>Profile named in the header (default: none).</summary>
    public string Profile { get; init; } = "";

    /// <summary>Library named in the header.</summary>
    public string Library { get; init; } = "mesh";

    /// <summary>Whether messages go into chunks (default: true); without, nothing is compressed or indexed.</summary>
    public bool UseChunks { get; init; } = true;

    /// <summary>Uncompressed bytes after which a chunk is closed (default: 768 KiB).</summary>
    public int ChunkBytes { get; init; } = 768 << 10;

    /// <summary>Compression of chunks (default: zstd).</summary>
    public McapCompression Compression { get; init; } = McapCompression.Zstd;

    /// <summary>Level of zstd (default: 1).</summary>
    public int CompressionLevel { get; init; } = 1;

    /// <summary>
    /// Chunks compressed at a time, on threads of their own (default: 1, on the caller's). Their order stays; as many chunks again are held in
    /// memory. Attachments and metadata may come before messages that were written before them.
    /// </summary>
    public int Parallelism { get; init; } = 1;

    /// <summary>Whether chunk, attachment, data and summary CRCs are written (default: true).</summary>
    public bool WriteCrc { get; init; } = true;

    /// <summary>Indexes, statistics and repetitions that are written (default: all).</summary>
    public McapSummaryParts Parts { get; init; } = McapSummaryParts.All;
}
