using Mesh.Model;

namespace Mesh.Training.Search;

/// <summary>
/// A search without any I/O: asked for trials, told what became of them. What it answers depends on the options and on what it was told alone,
/// so that a session that is rebuilt from its trials goes on as if it had never ended.
/// </summary>
public sealed class SearchSession
{
    private readonly SearchSpace space;
    private readonly SearchOptions options;
    private readonly ISampler sampler;
    private readonly StoppingRule rule;
    private readonly BracketPlan? plan;
    private readonly List<SearchTrial> trials;

    /// <param name="space">What is searched.</param>
    /// <param name="options">How.</param>
    /// <param name="trials">Trials of an earlier session, by number.</param>
    public SearchSession(SearchSpace space, SearchOptions options, IEnumerable<SearchTrial>? trials = null)
    {
        this.space = space;
        this.options = options;
        this.trials = [.. trials ?? []];
        rule = new StoppingRule(options.Scheduler, options.Direction);
        sampler = options.Sampler.Kind switch
        {
            SamplerKind.Grid => new GridSampler(space, options.Sampler.GridPoints),
            SamplerKind.Random => new RandomSampler(space),
            _ => new TpeSampler(space, options.Sampler, options.Direction),
        };
        plan = options.Scheduler.IsPlanned ? new BracketPlan(options.Scheduler) : null;
    }

    /// <summary>The trials, by number.</summary>
    public IReadOnlyList<SearchTrial> Trials => trials;

    /// <summary>Trials there will be at most.</summary>
    public int Most => Math.Min(options.Trials, Math.Min(plan?.Count ?? int.MaxValue, plan is null && sampler is GridSampler grid ? grid.Count : int.MaxValue));

    /// <summary>Whether all trials have been asked for.</summary>
    public bool IsExhausted => trials.Count >= Most;

    /// <summary>The best complete trial, of those that could spend most; null when none is complete.</summary>
    public SearchTrial? Best => trials.Where(trial => trial is { State: TrialState.Complete, Value: not null })
        .OrderByDescending(trial => trial.Resource ?? 0).ThenBy(trial => options.Direction.Loss(trial.Value!.Value)).ThenBy(trial => trial.Number).FirstOrDefault();

    /// <summary>The next trial; null when there is none, for good (<see cref="IsExhausted"/>) or until others have ended.</summary>
    public SearchTrial? Ask()
    {
        if (IsExhausted) return null;
        int number = trials.Count;
        var rung = plan?.Find(number);
        double[]? point = rung?.Previous is { } previous ? Promote(previous, number - rung.First) : Propose(number);
        if (point is null) return null;
        var trial = new SearchTrial { Number = number, Point = point, Resource = rung?.Resource };
        trials.Add(trial);
        return trial;
    }

    /// <summary>Takes the objective on the way in; a step that is not after the last one changes nothing.</summary>
    /// <returns>Why the trial is pruned; null when it goes on.</returns>
    public string? Report(int number, TrialReport report)
    {
        var trial = Find(number);
        if (trial.State != TrialState.Running || (trial.Reports.Count > 0 && report.Step <= trial.Reports[^1].Step) || !double.IsFinite(report.Value)) return null;
        trial = trial with { Reports = [.. trial.Reports, report] };
        string? reason = rule.Judge(trial, trials.Where(other => other.Number != number));
        trials[number] = reason is null ? trial : trial with { State = TrialState.Pruned, Reason = reason };
        return reason;
    }

    /// <summary>Takes the end of a trial in; a complete one without a finite value is a failed one.</summary>
    public void Tell(int number, TrialState state, double? value = null)
    {
        bool hasValue = value is { } known && double.IsFinite(known);
        trials[number] = Find(number) with { State = state == TrialState.Complete && !hasValue ? TrialState.Failed : state, Value = hasValue ? value : null };
    }

    private SearchTrial Find(int number) => number >= 0 && number < trials.Count
        ? trials[number]
        : throw new MeshException("MESH9352", $"The search has no trial {number}; it has {trials.Count}.");

    private double[]? Propose(int number)
    {
        var random = new SearchRandom(options.Seed, number);
        if (plan is null) return sampler.Propose(ref random, number, trials);

        // Values of short and of long trials do not compare; the longest of which there are enough say most (BOHB).
        var usable = trials.GroupBy(trial => trial.Resource).Where(group => group.Count(trial => trial.State == TrialState.Complete) >= options.Sampler.Startup)
            .MaxBy(group => group.Key);
        // The how-manyth new one this is: a grid goes on where the last bracket's first rung ended.
        int fresh = trials.Count(trial => plan.Find(trial.Number)?.Previous is null);
        return sampler.Propose(ref random, fresh, usable is null ? [] : [.. usable, .. trials.Where(trial => trial.State == TrialState.Running && trial.Resource != usable.Key)]);
    }

    private double[]? Promote(BracketPlan.Rung rung, int place)
    {
        var there = trials.Where(trial => trial.Number >= rung.First && trial.Number < rung.First + rung.Size).ToList();
        if (there.Any(trial => trial.State == TrialState.Running)) return null;
        var ordered = there.OrderBy(trial => trial.Value is null).ThenBy(trial => options.Direction.Loss(trial.Value ?? 0)).ThenBy(trial => trial.Number);
        return [.. ordered.ElementAt(place).Point];
    }
}
