using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Models;

/// <summary>Which versions of models are asked for; what is null does not matter.</summary>
public sealed record ModelQuery : PageQuery
{
    /// <summary>In the name, the trainer, the reason or the job, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>Name, exactly.</summary>
    public string? Name { get; init; }

    /// <summary>Whether it passed the gates of its job.</summary>
    public ModelState? State { get; init; }

    /// <summary>Where it is in its lifecycle, exactly.</summary>
    public string? LifecycleState { get; init; }

    /// <summary>What to sort by (default: when they were registered).</summary>
    public ModelSort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
