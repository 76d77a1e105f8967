using Mesh.Training.Search;

namespace Mesh.Training.Studies;

/// <summary>A study and how far it is.</summary>
public sealed record StudyView
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Who answers for it.</summary>
    public required string Owner { get; init; }

    /// <summary>Where it is.</summary>
    public required StudyState State { get; init; }

    /// <summary>Why it is there, for people.</summary>
    public required string Reason { get; init; }

    /// <summary>Metric that is made best.</summary>
    public required string Metric { get; init; }

    /// <summary>What is better.</summary>
    public required SearchDirection Direction { get; init; }

    /// <summary>Trainer of the trials.</summary>
    public required string Trainer { get; init; }

    /// <summary>Model that the best becomes a version of.</summary>
    public required string Model { get; init; }

    /// <summary>Trials there will be at most.</summary>
    public required int MostTrials { get; init; }

    /// <summary>Trials asked for.</summary>
    public required int TrialCount { get; init; }

    /// <summary>Of them by state.</summary>
    public required IReadOnlyDictionary<string, int> Counts { get; init; }

    /// <summary>The best complete trial; null when there is none.</summary>
    public int? Best { get; init; }

    /// <summary>Its value.</summary>
    public double? BestValue { get; init; }

    /// <summary>Version that the best trial's model has become; null when it has not.</summary>
    public int? ModelVersion { get; init; }

    /// <summary>Running time of all trials, in seconds.</summary>
    public required double JobSeconds { get; init; }

    /// <summary>Cost of all trials by the study's price; null when it has none.</summary>
    public double? Cost { get; init; }

    /// <summary>When it was started.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The trials; empty in lists of studies.</summary>
    public IReadOnlyList<StudyTrial> Trials { get; init; } = [];

    /// <summary>How much of the objective's spread each parameter explains; empty when there are too few trials to say.</summary>
    public IReadOnlyList<ParameterImportance> Importance { get; init; } = [];

    /// <summary>The file it was started from; empty in lists of studies.</summary>
    public string Yaml { get; init; } = "";
}
