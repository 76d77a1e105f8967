namespace Mesh.Training.Tracking;

/// <summary>Which curves are asked for: metrics of runs, drawn into so many columns of pixels.</summary>
/// <param name="Runs">Runs, by id.</param>
/// <param name="Keys">Metrics.</param>
/// <param name="Columns">Columns, 2 to 2,000.</param>
public sealed record CurveQuery(IReadOnlyList<string> Runs, IReadOnlyList<string> Keys, int Columns)
{
    /// <summary>Most runs of a question.</summary>
    public const int MaxRuns = 20;

    /// <summary>Most metrics of a question.</summary>
    public const int MaxKeys = 50;
}
