namespace Mesh.Training.Jobs;

/// <summary>Conditions on one metric, of which more is better.</summary>
public sealed record JobGate
{
    /// <summary>Smallest value that passes.</summary>
    public double? Min { get; init; }

    /// <summary>How far the value may lie below the last registered version's.</summary>
    public double? MaxRegression { get; init; }
}
