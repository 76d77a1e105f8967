using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Studies;

/// <summary>Which studies are asked for; what is null does not matter.</summary>
public sealed record StudyQuery : PageQuery
{
    /// <summary>In the name or the reason, whatever its capitals.</summary>
    public string? Text { get; init; }

    /// <summary>State.</summary>
    public StudyState? State { get; init; }

    /// <summary>What to sort by (default: when they were started).</summary>
    public StudySort Sort { get; init; }

    /// <summary>The greatest first (default: true).</summary>
    public bool Descending { get; init; } = true;
}
