namespace Mesh.Training.Models;

/// <summary>What a gate found.</summary>
public enum GateOutcome
{
    /// <summary>The condition holds.</summary>
    Passed,
    /// <summary>The condition does not hold.</summary>
    Failed,
    /// <summary>There was nothing to compare; never a pass.</summary>
    NotEvaluated,
}
