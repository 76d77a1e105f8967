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

    /// <summary>
    /// Text and binary columns that are dictionary-encoded, as paths: <c>channel</c>, <c>pose.frame</c>, <c>labels.element</c> (default: none).
    /// Readers that know no dictionaries cannot read the file; others take less time and memory. Paths that are no such column are ignored.
    /// </summary>
    public IReadOnlyCollection<string> DictionaryColumns { get; init; } = [];

    /// <summary>Whether text columns whose values repeat in the first batch, four times on average, are dictionary-encoded too (default: false).</summary>
    public bool ChooseDictionaries { get; init; }

    /// <summary>Memory for the values of one dictionary, in bytes (default: 8 MiB). Beyond it, values are written again when they come again.</summary>
    public long MaxDictionaryBytes { get; init; } = 8 << 20;
}
