namespace Mesh.Synchronise.Streams;

/// <summary>How frames of a live stream are made.</summary>
public sealed record StreamOptions
{
    /// <summary>How far a message may lie behind the latest of its vehicle and still be in frames, nanoseconds (default: 2 s).</summary>
    public long LatenessNs { get; init; } = 2_000_000_000;

    /// <summary>
    /// A message this far ahead of the latest of its vehicle waits until another channel or three in a row confirm it, nanoseconds (default: 10
    /// minutes): one stamp of a broken clock must not make everything after it late. Where a hundred in a row are this late, time begins anew.
    /// </summary>
    public long MaxJumpNs { get; init; } = 600_000_000_000;
}
