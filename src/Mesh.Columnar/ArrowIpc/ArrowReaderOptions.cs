namespace Mesh.Columnar.ArrowIpc;

/// <summary>Limits that keep a hostile file from taking the process down.</summary>
public sealed record ArrowReaderOptions
{
    /// <summary>Largest batch, decompressed and with its dictionaries expanded, in bytes (default: 2 GiB). A larger one is refused as broken.</summary>
    public long MaxBatchBytes { get; init; } = 2L << 30;
}
