using Mesh.Lakehouse.Metadata;
using Mesh.Model;

namespace Mesh.Training.Jobs;

/// <summary>Which jobs are asked for; what is null does not matter.</summary>
public sealed record JobQuery : PageQuery
{
    /// <summary>In the id, the rule, the trainer, the model or the reason, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>State.</summary>
    public JobState? State { get; init; }

    /// <summary>What it does.</summary>
    public JobKind? Kind { get; init; }

    /// <summary>Pool, exactly.</summary>
    public string? Pool { get; init; }

    /// <summary>Team, exactly.</summary>
    public string? Team { get; init; }

    /// <summary>Model, exactly.</summary>
    public string? Model { get; init; }

    /// <summary>What to sort by (default: when they were asked for).</summary>
    public JobSort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
