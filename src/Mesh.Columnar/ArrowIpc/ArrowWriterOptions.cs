namespace Mesh.Columnar.ArrowIpc;

/// <summary>How Arrow IPC is written.</summary>
public sealed record ArrowWriterOptions
{
    /// <summary>Compression of buffers (default: none, so that readers can map the file).</summary>
    public ArrowCompression Compression { get; init; }

    /// <summary>Whether to write the streaming form, without footer (default: false, the file form with random access).</summary>
    public bool Stream { get; init; }

    /// <summary>Key-value pairs of the schema.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
}
