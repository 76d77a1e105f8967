using Mesh.Model;

namespace Mesh.Training.Pools;

/// <summary>A job that waits for a pool.</summary>
internal sealed record WaitingJob
{
    public required string JobId { get; init; }
    public required string Team { get; init; }
    public required int Priority { get; init; }
    public required JobKind Kind { get; init; }

    /// <summary>Pool asked for; empty for any that fits.</summary>
    public required string Pool { get; init; }
    public required JobNeeds Needs { get; init; }

    /// <summary>Since when it waits: when it came, or its last attempt ended.</summary>
    public required long QueuedAtUs { get; init; }

    /// <summary>When it may be tried again after a failure.</summary>
    public required long NotBeforeUs { get; init; }
}
