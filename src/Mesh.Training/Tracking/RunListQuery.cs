using Mesh.Lakehouse.Metadata;

namespace Mesh.Training.Tracking;

/// <summary>Which page of which runs is asked for; what is null does not matter.</summary>
public sealed record RunListQuery : PageQuery
{
    /// <summary>In the name, the user or the experiment, whatever its capitals, or at least four digits that the run's id begins with.</summary>
    public string? Text { get; init; }

    /// <summary>Experiment: its name, else its id.</summary>
    public string? Experiment { get; init; }

    /// <summary>Status.</summary>
    public RunStatus? Status { get; init; }

    /// <summary>Conditions in MLflow's language, such as <c>metrics.accuracy &gt; 0.8 and params.rate = '0.1'</c>.</summary>
    public string? Filter { get; init; }

    /// <summary>What to sort by in MLflow's language, such as <c>metrics.accuracy DESC</c>; then the newest first.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>Whether deleted runs are among them (default: false).</summary>
    public bool Deleted { get; init; }
}
