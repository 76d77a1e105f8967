namespace Mesh.Commands.Tracking;

/// <summary>Which runs are asked for.</summary>
public sealed record RunQuery
{
    /// <summary>Only of this experiment; null for all.</summary>
    public string? Experiment { get; init; }

    /// <summary>Conditions in MLflow's language; null for none.</summary>
    public string? Filter { get; init; }

    /// <summary>What to sort by; then the newest first.</summary>
    public IReadOnlyList<string> OrderBy { get; init; } = [];

    /// <summary>Whether deleted runs are among them.</summary>
    public bool Deleted { get; init; }

    /// <summary>Most runs (default: 50).</summary>
    public int Limit { get; init; } = 50;
}
