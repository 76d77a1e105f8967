namespace Mesh.Training.Search;

/// <summary>The points of a grid, the last parameter changing fastest; points that differ only in parameters that do not exist are one.</summary>
internal sealed class GridSampler : ISampler
{
    /// <summary>Most points of a grid.</summary>
    public const int MaxPoints = 100_000;

    private readonly SearchSpace space;
    private readonly double[][] axes;
    private readonly List<double[]> points = [];

    public GridSampler(SearchSpace space, int pointsPerParameter)
    {
        this.space = space;
        axes = [.. space.Parameters.Select(parameter => parameter.Spread(pointsPerParameter))];
        Add(new double[axes.Length], 0);
    }

    public int Count => points.Count;

    public double[]? Propose(ref SearchRandom random, int number, IReadOnlyList<SearchTrial> seen) => number < points.Count ? [.. points[number]] : null;

    private void Add(double[] point, int parameter)
    {
        if (points.Count >= MaxPoints) return;
        if (parameter == axes.Length)
        {
            points.Add([.. point]);
            return;
        }

        foreach (double value in space.IsActive(parameter, point) ? axes[parameter] : [double.NaN])
        {
            point[parameter] = value;
            Add(point, parameter + 1);
        }
    }
}
