using Mesh.Formats.Messages;

namespace Mesh.Formats;

/// <summary>How messages are turned into columns, and how much is held.</summary>
public sealed record RecordingColumnsOptions
{
    /// <summary>Rows after which a batch is handed out (default: 65 536).</summary>
    public int BatchRows { get; init; } = 64 << 10;

    /// <summary>Bytes of a channel's columns after which its batch is handed out (default: 8 MiB).</summary>
    public long BatchBytes { get; init; } = 8L << 20;

    /// <summary>Bytes of open columns over all channels; above it the largest is handed out early (default: 64 MiB).</summary>
    public long MaxBufferedBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Whether a batch is valid only until the next one is asked for (default: false). Its memory is then used again, which makes decoding up to
    /// twice as fast; for consumers that are done with a batch before they go on.
    /// </summary>
    public bool ReuseMemory { get; init; }

    /// <summary>Limits of the decoders, and whether values stay raw.</summary>
    public MessageDecoderOptions Messages { get; init; } = new();
}
