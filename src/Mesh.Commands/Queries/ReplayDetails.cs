using Mesh.Commands.Replay;

namespace Mesh.Commands.Queries;

/// <summary>A replay with its recordings.</summary>
/// <param name="Replay">The replay.</param>
/// <param name="Items">Its recordings, in order; at most <see cref="MaxItems"/>.</param>
public sealed record ReplayDetails(ReplayEntry Replay, IReadOnlyList<ReplayItem> Items)
{
    /// <summary>Most recordings shown.</summary>
    public const int MaxItems = 1_000;
}
