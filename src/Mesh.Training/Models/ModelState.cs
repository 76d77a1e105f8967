namespace Mesh.Training.Models;

/// <summary>What became of a model.</summary>
public enum ModelState
{
    /// <summary>Passed its gates; later versions are compared with it.</summary>
    Registered,
    /// <summary>Kept for inspection; a gate failed or could not be evaluated.</summary>
    Rejected,
}
