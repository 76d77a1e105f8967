namespace Mesh.Training.Search;

/// <summary>Finds points. The same seed, number and results give the same point.</summary>
internal interface ISampler
{
    /// <summary>The point of a trial; null when there is none left.</summary>
    /// <param name="random">The trial's random numbers.</param>
    /// <param name="number">The trial's number.</param>
    /// <param name="seen">Earlier trials to learn from.</param>
    double[]? Propose(ref SearchRandom random, int number, IReadOnlyList<SearchTrial> seen);
}
