namespace Mesh.Training.Search;

/// <summary>
/// Tree-structured Parzen estimator (Bergstra et al. 2011, section 4): splits the trials into good ones and the rest, draws points from the
/// density of the good and takes the one where it exceeds the density of the rest most. Trials that have not ended count with the rest, as if
/// they were going to be bad (the constant liar): trials that run at the same time keep away from each other.
/// </summary>
internal sealed class TpeSampler(SearchSpace space, SamplerOptions options, SearchDirection direction) : ISampler
{
    private readonly RandomSampler startup = new(space);
    private readonly IReadOnlyList<int[]> units = options.Multivariate ? space.Units() : [.. Enumerable.Range(0, space.Parameters.Count).Select(i => new[] { i })];

    public double[]? Propose(ref SearchRandom random, int number, IReadOnlyList<SearchTrial> seen)
    {
        SearchTrial[] ended = [.. seen.Where(trial => trial.State is TrialState.Complete or TrialState.Pruned or TrialState.Failed)];
        if (ended.Length < options.Startup) return startup.Propose(ref random, number, seen);
        Array.Sort(ended, Compare);
        int good = Math.Min((int)Math.Ceiling(options.Gamma * ended.Length), options.MaxGood);
        SearchTrial[] rest = [.. ended[good..], .. seen.Where(trial => trial.State == TrialState.Running)];

        double[] point = new double[space.Parameters.Count];
        Array.Fill(point, double.NaN);
        foreach (int[] unit in units)
        {
            if (!space.IsActive(unit[0], point)) continue;
            SearchParameter[] parameters = [.. unit.Select(i => space.Parameters[i])];
            var likely = new ParzenEstimator(parameters, Observations(ended.AsSpan(0, good), unit));
            var unlikely = new ParzenEstimator(parameters, Observations(rest, unit));
            double[] best = likely.Sample(ref random);
            double most = likely.LogDensity(best) - unlikely.LogDensity(best);
            for (int i = 1; i < options.Candidates; i++)
            {
                double[] candidate = likely.Sample(ref random);
                double gain = likely.LogDensity(candidate) - unlikely.LogDensity(candidate);
                if (gain <= most) continue;
                (best, most) = (candidate, gain);
            }

            for (int i = 0; i < unit.Length; i++) point[unit[i]] = best[i];
        }

        return point;
    }

    private static List<double[]> Observations(ReadOnlySpan<SearchTrial> trials, int[] unit)
    {
        var observations = new List<double[]>(trials.Length);
        foreach (var trial in trials)
        {
            if (!double.IsNaN(trial.Point[unit[0]])) observations.Add([.. unit.Select(i => trial.Point[i])]);
        }

        return observations;
    }

    // Complete ones by value; then pruned ones, those that came farther before those that did not; then failed ones.
    private int Compare(SearchTrial one, SearchTrial other)
    {
        int byState = one.State.CompareTo(other.State);
        if (byState != 0) return byState;
        if (one.State == TrialState.Pruned)
        {
            int byStep = LastOf(other).Step.CompareTo(LastOf(one).Step);
            if (byStep != 0) return byStep;
        }

        int byValue = direction.Loss(one.Value ?? LastOf(one).Value).CompareTo(direction.Loss(other.Value ?? LastOf(other).Value));
        return byValue != 0 ? byValue : one.Number.CompareTo(other.Number);
    }

    private static TrialReport LastOf(SearchTrial trial) => trial.Reports.Count > 0 ? trial.Reports[^1] : default;
}
