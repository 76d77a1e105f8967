namespace Mesh.Training.Search;

/// <summary>
/// The rungs of successive halving (Jamieson and Talwalkar 2016) or of Hyperband's brackets (Li et al. 2017, "Hyperband", algorithm 1), laid out
/// beforehand: a trial's number says which place of which rung it has.
/// </summary>
internal sealed class BracketPlan
{
    private readonly List<Rung> rungs = [];

    public BracketPlan(SchedulerOptions options)
    {
        if (options.Kind == SchedulerKind.SuccessiveHalving)
        {
            AddBracket(options, options.Configurations, options.Grace);
            return;
        }

        int longest = 0;
        for (double r = options.Grace; r * options.Reduction <= options.Most; r *= options.Reduction) longest++;
        for (int s = longest; s >= 0; s--)
        {
            double factor = Math.Pow(options.Reduction, s);
            AddBracket(options, (int)Math.Ceiling((longest + 1.0) / (s + 1) * factor), Math.Max(options.Grace, (long)(options.Most / factor)));
        }
    }

    /// <summary>Trials of the whole plan.</summary>
    public int Count => rungs[^1].First + rungs[^1].Size;

    /// <summary>The rung of a trial; null when the plan is over.</summary>
    public Rung? Find(int number) => rungs.FirstOrDefault(rung => number >= rung.First && number < rung.First + rung.Size);

    private void AddBracket(SchedulerOptions options, int size, long resource)
    {
        Rung? previous = null;
        while (size >= 1)
        {
            previous = new Rung(rungs.Count == 0 ? 0 : rungs[^1].First + rungs[^1].Size, size, Math.Min(resource, options.Most), previous);
            rungs.Add(previous);
            if (resource >= options.Most) return;
            size /= options.Reduction;
            resource *= options.Reduction;
        }
    }

    /// <summary>Trials that get the same.</summary>
    /// <param name="First">Number of the first.</param>
    /// <param name="Size">How many.</param>
    /// <param name="Resource">What each may spend.</param>
    /// <param name="Previous">Where the best come from; null when they are new.</param>
    internal sealed record Rung(int First, int Size, long Resource, Rung? Previous);
}
