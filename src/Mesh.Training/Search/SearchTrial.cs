namespace Mesh.Training.Search;

/// <summary>One evaluation of a point.</summary>
public sealed record SearchTrial
{
    /// <summary>From 0, in the order in which they were asked for.</summary>
    public required int Number { get; init; }

    /// <summary>A value per parameter of the space.</summary>
    public required IReadOnlyList<double> Point { get; init; }

    /// <summary>What the trial may spend, when the scheduler gives it out (successive halving, Hyperband); null for all.</summary>
    public long? Resource { get; init; }

    /// <summary>How far it is.</summary>
    public TrialState State { get; init; }

    /// <summary>The objective at the end; null when there is none.</summary>
    public double? Value { get; init; }

    /// <summary>The objective on the way, by step.</summary>
    public IReadOnlyList<TrialReport> Reports { get; init; } = [];

    /// <summary>Why it was pruned.</summary>
    public string? Reason { get; init; }
}
