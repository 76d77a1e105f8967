namespace Mesh.Training.Tracking;

/// <summary>
/// A metric of a run over its steps. Curves of a question that share a metric share its columns. A column holds the smallest and the largest of
/// everything that was logged in it: nothing is sampled, so that a spike of one step is seen.
/// </summary>
public sealed record MetricCurve
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The metric.</summary>
    public required string Key { get; init; }

    /// <summary>Steps that a column covers; 1 when every step has its own.</summary>
    public required long StepsPerColumn { get; init; }

    /// <summary>Values that were logged.</summary>
    public required long Count { get; init; }

    /// <summary>Of them those that are no finite number and are not in <see cref="Columns"/>.</summary>
    public required long NotFinite { get; init; }

    /// <summary>Columns with a value, by step.</summary>
    public required IReadOnlyList<CurveColumn> Columns { get; init; }
}
