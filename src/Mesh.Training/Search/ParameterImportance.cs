namespace Mesh.Training.Search;

/// <summary>
/// How much of the spread of the objective a parameter explains on its own: the correlation ratio over up to five groups of its values of equal size,
/// less what groups of that size explain by chance (epsilon squared, Kelley 1935). Says nothing about parameters that matter only together.
/// </summary>
/// <param name="Parameter">Name.</param>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Trials">Complete trials that it was computed from.</param>
public sealed record ParameterImportance(string Parameter, double Share, int Trials)
{
    /// <summary>Fewest complete trials that say anything.</summary>
    public const int FewestTrials = 10;

    private const int MaxGroups = 5;

    /// <summary>Of all parameters that have enough trials, the most important first.</summary>
    public static IReadOnlyList<ParameterImportance> Measure(SearchSpace space, IEnumerable<SearchTrial> trials)
    {
        SearchTrial[] complete = [.. trials.Where(trial => trial is { State: TrialState.Complete, Value: not null })];
        // Long and short trials do not compare.
        if (complete.Length > 0) complete = [.. complete.GroupBy(trial => trial.Resource).MaxBy(group => group.Count())!];
        var measured = new List<ParameterImportance>();
        for (int i = 0; i < space.Parameters.Count; i++)
        {
            (double Value, double Objective)[] pairs = [.. complete.Where(trial => !double.IsNaN(trial.Point[i])).Select(trial => (trial.Point[i], trial.Value!.Value)).OrderBy(pair => pair.Item1)];
            if (pairs.Length >= FewestTrials) measured.Add(new ParameterImportance(space.Parameters[i].Name, Explained(pairs, space.Parameters[i].IsCategorical), pairs.Length));
        }

        return [.. measured.OrderByDescending(importance => importance.Share).ThenBy(importance => importance.Parameter, StringComparer.Ordinal)];
    }

    private static double Explained((double Value, double Objective)[] pairs, bool isCategorical)
    {
        double mean = pairs.Average(pair => pair.Objective);
        double total = pairs.Sum(pair => (pair.Objective - mean) * (pair.Objective - mean));
        // Equal values stay in one group, or an objective could differ between groups that do not.
        int groups = Math.Min(MaxGroups, pairs.Length / 4);
        var grouped = pairs.Select((pair, rank) => (pair, rank)).GroupBy(item => item.pair.Value)
            .GroupBy(same => isCategorical ? (int)same.Key : same.Min(item => item.rank) * groups / pairs.Length)
            .Select(group => group.SelectMany(same => same.Select(item => item.pair.Objective)).ToArray()).ToList();
        if (total <= 0 || grouped.Count < 2 || pairs.Length <= grouped.Count) return 0;
        double within = grouped.Sum(group => group.Average() is var centre ? group.Sum(value => (value - centre) * (value - centre)) : 0);
        return Math.Clamp(1 - within / (pairs.Length - grouped.Count) / (total / (pairs.Length - 1)), 0, 1);
    }
}
