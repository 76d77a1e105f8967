namespace Mesh.Commands.Recordings;

/// <summary>How an output is cut into files; exactly one is set.</summary>
public sealed record SplitRule
{
    /// <summary>Nanoseconds of log time per file, from the first message on.</summary>
    public ulong? EveryNs { get; init; }

    /// <summary>Payload bytes after which the next file begins.</summary>
    public long? Bytes { get; init; }

    /// <summary>One file per topic.</summary>
    public bool ByTopic { get; init; }
}
