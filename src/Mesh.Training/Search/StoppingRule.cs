using System.Globalization;

namespace Mesh.Training.Search;

/// <summary>Decides after a report whether a trial goes on.</summary>
internal sealed class StoppingRule(SchedulerOptions options, SearchDirection direction)
{
    /// <summary>Why the trial is pruned, for people; null when it goes on. To be asked once per report, in the order of the steps.</summary>
    /// <param name="trial">With its reports up to the one that is judged, the last.</param>
    /// <param name="others">The other trials as far as they are.</param>
    public string? Judge(SearchTrial trial, IEnumerable<SearchTrial> others) => options.Kind switch
    {
        SchedulerKind.Median => JudgeByMedian(trial, others),
        SchedulerKind.Asha => JudgeAtRung(trial, others),
        _ => null,
    };

    // As the median rule of Golovin et al. 2017 ("Google Vizier", section 3.2.1), with the values at the step in place of averages up to it.
    private string? JudgeByMedian(SearchTrial trial, IEnumerable<SearchTrial> others)
    {
        long step = trial.Reports[^1].Step;
        if (step < options.Grace) return null;
        SearchTrial[] complete = [.. others.Where(other => other.State == TrialState.Complete)];
        if (complete.Length < options.Startup) return null;
        double[] losses = [.. complete.SelectMany(other => other.Reports.Where(report => report.Step == step)).Select(report => direction.Loss(report.Value)).Order()];
        if (losses.Length == 0) return null;
        double median = (losses[(losses.Length - 1) / 2] + losses[losses.Length / 2]) / 2;
        double best = trial.Reports.Min(report => direction.Loss(report.Value));
        return best > median ? Text($"its best value up to step {step}, {direction.Loss(best):G6}, is worse than the median of {losses.Length} complete trials there, {direction.Loss(median):G6}") : null;
    }

    // The stopping kind of ASHA (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", section 3): jobs run on unless they are
    // ended, so that none has to be paused. Rung k lies at grace * reduction^k.
    private string? JudgeAtRung(SearchTrial trial, IEnumerable<SearchTrial> others)
    {
        long before = trial.Reports.Count > 1 ? trial.Reports[^2].Step : 0;
        long step = trial.Reports[^1].Step;
        SearchTrial[]? rivals = null;
        for (long rung = options.Grace; rung <= step && (options.Most == 0 || rung < options.Most); rung = rung > long.MaxValue / options.Reduction ? long.MaxValue : rung * options.Reduction)
        {
            if (rung <= before) continue;
            double loss = direction.Loss(trial.Reports[^1].Value);
            rivals ??= [.. others];
            double[] there = [.. rivals.SelectMany(other => At(other, rung)).Append(loss).Order()];
            int places = Math.Max(1, there.Length / options.Reduction);
            if (loss > there[places - 1])
            {
                return Text($"at step {rung} its value {direction.Loss(loss):G6} is not among the best {places} of {there.Length} trials; {direction.Loss(there[places - 1]):G6} was needed");
            }
        }

        return null;
    }

    // A trainer may report only every few steps: the first report at the rung or after it counts.
    private IEnumerable<double> At(SearchTrial trial, long rung)
    {
        foreach (var report in trial.Reports) if (report.Step >= rung) return [direction.Loss(report.Value)];
        return [];
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
