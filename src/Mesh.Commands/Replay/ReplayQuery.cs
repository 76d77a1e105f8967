using Mesh.Lakehouse.Metadata;

namespace Mesh.Commands.Replay;

/// <summary>Which replays are asked for; what is null does not matter.</summary>
public sealed record ReplayQuery : PageQuery
{
    /// <summary>In the id, the description or the topology, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>State.</summary>
    public ReplayState? State { get; init; }

    /// <summary>What it takes.</summary>
    public ReplayKind? Kind { get; init; }

    /// <summary>Topology that decodes, exactly.</summary>
    public string? Topology { get; init; }

    /// <summary>What to sort by (default: when they were asked for).</summary>
    public ReplaySort Sort { get; init; }

    /// <summary>The newest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
