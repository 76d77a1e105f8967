using System.Globalization;
using Mesh.Kafka.Events;
using Mesh.Model;

namespace Mesh.Training.Pools;

/// <summary>The pools and the budgets of their users; which pools a job may run on, and why on none.</summary>
public sealed class PoolSet
{
    /// <summary>Largest and, negated, smallest priority.</summary>
    public const int MaxPriority = 100;

    private readonly Dictionary<string, PoolOptions> byName;
    private readonly Dictionary<string, long> budgets;

    /// <param name="pools">The pools; at least one.</param>
    /// <param name="monthlyBudgets">What a team may spend in a calendar month (UTC), in millionths; teams without are not limited.</param>
    public PoolSet(IReadOnlyList<PoolOptions> pools, IReadOnlyDictionary<string, long>? monthlyBudgets = null)
    {
        All = pools;
        byName = pools.ToDictionary(pool => pool.Name, StringComparer.OrdinalIgnoreCase);
        budgets = new Dictionary<string, long>(monthlyBudgets ?? new Dictionary<string, long>(), StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>All pools, as declared.</summary>
    public IReadOnlyList<PoolOptions> All { get; }

    /// <summary>Budgets by team, in millionths.</summary>
    public IReadOnlyDictionary<string, long> Budgets => budgets;

    /// <summary>A pool <c>cpu</c> of processes.</summary>
    public static PoolSet Default(int slots) => new([new PoolOptions { Name = "cpu", Slots = slots }]);

    /// <summary>A pool; null when there is none of that name.</summary>
    public PoolOptions? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>A team's budget in millionths; null when it has none.</summary>
    public long? BudgetOf(string team) => budgets.TryGetValue(team, out long budget) ? budget : null;

    /// <summary>The pools that a job may run on, cheapest first.</summary>
    public IReadOnlyList<PoolOptions> CandidatesOf(string pool, JobKind kind, JobNeeds needs) =>
    [
        .. (pool.Length > 0 ? Find(pool) is { } named ? [named] : (IEnumerable<PoolOptions>)[] : All)
            .Where(candidate => WhyNotOn(candidate, kind, needs) is null)
            .OrderBy(candidate => candidate.RateMicrosOf(candidate.DemandOf(needs))).ThenBy(candidate => candidate.Name, StringComparer.Ordinal),
    ];

    /// <summary>Why a request can run on no pool, with what would work; null when there is one.</summary>
    public string? WhyRefused(JobRequested request) =>
        JobKinds.TryParse(request.Kind, out var kind) ? WhyRefused(request.Pool, kind, JobNeeds.Of(request), request.Priority, request.Team) : null;

    /// <inheritdoc cref="WhyRefused(JobRequested)"/>
    public string? WhyRefused(string pool, JobKind kind, JobNeeds needs, int priority, string team)
    {
        if (Math.Abs((long)priority) > MaxPriority) return $"Priority {priority} is not between -{MaxPriority} and {MaxPriority}.";
        if (pool.Length > 0 && Find(pool) is null)
        {
            return $"There is no pool '{pool}'; mesh.yaml declares {string.Join(", ", All.Select(known => known.Name))}. Name one of these, or declare it under 'pools'.";
        }

        var candidates = CandidatesOf(pool, kind, needs);
        if (candidates.Count == 0)
        {
            // Asked for what it cannot do, it is told what can, whether or not there is such a pool here.
            if (AcceleratorClass.IsCloudAi100(needs.Accelerator) && WhyNotOnCloudAi100(needs.Accelerator, kind) is { } inference) return inference;
            if (pool.Length > 0) return WhyNotOn(Find(pool)!, kind, needs);
            return $"No pool fits: {string.Join("; ", All.Select(known => $"{known.Name}: {WhyNotOn(known, kind, needs)}"))}";
        }

        if (BudgetOf(team) is not { } budget || candidates.Any(candidate => CostMicros(candidate, needs, needs.MaxSeconds) <= budget)) return null;
        return $"{needs.MaxSeconds} seconds cost {Money(CostMicros(candidates[0], needs, needs.MaxSeconds))}, more than the {Money(budget)} that team '{team}' may spend in a month. Allow less time with resources.maxDuration.";
    }

    /// <summary>Price of running for a time, in millionths, rounded up.</summary>
    internal static long CostMicros(PoolOptions pool, JobNeeds needs, long seconds) => (long)Math.Ceiling((decimal)pool.RateMicrosOf(pool.DemandOf(needs)) * seconds / 3600);

    internal static string Money(long micros) => (micros / 1_000_000m).ToString("0.00####", CultureInfo.InvariantCulture);

    private string? WhyNotOn(PoolOptions pool, JobKind kind, JobNeeds needs)
    {
        if (pool.Accelerator == AcceleratorClass.CloudAi100 && WhyNotOnCloudAi100($"Pool '{pool.Name}'", kind) is { } inference) return inference;
        if (needs.Accelerator.Length > 0 && !AcceleratorClass.Matches(needs.Accelerator, pool.Accelerator)) return $"Pool '{pool.Name}' is of class {pool.Accelerator}, not {needs.Accelerator}.";
        if (needs.OnDemandOnly && pool.Spot) return $"Pool '{pool.Name}' is of spot machines, which the job does not accept.";
        return pool.WhyTooSmall(needs) is { } small ? $"Pool '{pool.Name}' is too small: {small}." : null;
    }

    private string? WhyNotOnCloudAi100(string what, JobKind kind)
    {
        if (kind is JobKind.Compile or JobKind.Calibrate or JobKind.Evaluate or JobKind.Serve) return null;
        string compile = $"kind: compile on {All.FirstOrDefault(pool => pool.Accelerator == AcceleratorClass.CloudAi100)?.Name ?? "a pool of Cloud AI 100"}";
        string nearest = All.Where(pool => AcceleratorClass.IsNvidia(pool.Accelerator)).OrderBy(pool => pool.PriceMicrosPerHour).FirstOrDefault() is { } gpu
            ? $"pool {gpu.Name} ({gpu.Accelerator})"
            : All.FirstOrDefault(pool => pool.Accelerator == AcceleratorClass.Cpu) is { } cpu ? $"pool {cpu.Name}" : "a pool of class cpu or nvidia-*";
        return kind.IsTraining()
            ? $"{what}: Cloud AI 100 is an inference accelerator; it runs compiled models and computes no gradients, so it cannot {kind.ToWord()}. What works: kind: {kind.ToWord()} on {nearest}, then {compile}."
            : $"{what}: Cloud AI 100 takes jobs of the kinds compile, calibrate, evaluate and serve; {kind.ToWord()} does not use it. What works: kind: {kind.ToWord()} on {nearest}, then {compile}.";
    }
}
