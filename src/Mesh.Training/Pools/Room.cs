namespace Mesh.Training.Pools;

/// <summary>What is left of a pool while a schedule is made.</summary>
internal sealed class Room
{
    private readonly PoolOptions pool;
    private readonly List<OccupyingJob> occupying;
    private int slots;
    private double cores;
    private long memoryBytes;
    private int accelerators;
    private string? keptFor;

    public Room(PoolOptions pool, List<OccupyingJob> occupying)
    {
        this.pool = pool;
        this.occupying = occupying;
        slots = pool.Slots;
        cores = pool.Cores;
        memoryBytes = pool.MemoryBytes;
        accelerators = pool.Accelerators;
        foreach (var job in occupying) Take(job.Demand);
    }

    /// <summary>Whether a job has waited so long, or others make room for it, that nobody else may begin.</summary>
    public bool IsKept => keptFor is not null;

    public void KeepFor(string jobId) => keptFor ??= jobId;

    public void Take(PoolDemand demand)
    {
        slots--;
        cores -= demand.Cores;
        memoryBytes -= demand.MemoryBytes;
        accelerators -= demand.Accelerators;
    }

    /// <summary>A job has been told to leave; its room is not free before it has.</summary>
    public void Leave(OccupyingJob job) => occupying[occupying.IndexOf(job)] = job with { IsStopping = true };

    /// <summary>Why a job cannot begin here; null when it can.</summary>
    public string? WhyFull(WaitingJob job)
    {
        if (keptFor is not null) return $"pool {pool.Name} is kept free for job {keptFor}, which comes first";
        var demand = pool.DemandOf(job.Needs);
        return Lacks(demand, slots, cores, memoryBytes, accelerators) is { } lack ? $"pool {pool.Name} is full: {lack}" : null;
    }

    /// <summary>The fewest jobs of lower priority whose leaving makes room, those that leave already not among them; null when none do.</summary>
    public List<OccupyingJob>? Victims(WaitingJob job, int maxPreemptions)
    {
        var demand = pool.DemandOf(job.Needs);
        var (freeSlots, freeCores, freeBytes, freeAccelerators) = (slots, cores, memoryBytes, accelerators);
        foreach (var stopping in occupying.Where(other => other.IsStopping)) Add(stopping);
        var victims = new List<OccupyingJob>();
        foreach (var victim in occupying.Where(other => !other.IsStopping && other.Priority < job.Priority && other.Preemptions < maxPreemptions)
            .OrderBy(other => other.Priority).ThenByDescending(other => other.StartedAtUs))
        {
            if (Lacks(demand, freeSlots, freeCores, freeBytes, freeAccelerators) is null) break;
            victims.Add(victim);
            Add(victim);
        }

        return Lacks(demand, freeSlots, freeCores, freeBytes, freeAccelerators) is null ? victims : null;

        void Add(OccupyingJob other)
        {
            freeSlots++;
            freeCores += other.Demand.Cores;
            freeBytes += other.Demand.MemoryBytes;
            freeAccelerators += other.Demand.Accelerators;
        }
    }

    private string? Lacks(PoolDemand demand, int freeSlots, double freeCores, long freeBytes, int freeAccelerators)
    {
        // Shares of cores add up to the whole but for rounding.
        const double Rounding = 1e-6;
        if (freeSlots < 1) return $"{pool.Slots} of {pool.Slots} jobs run";
        if (demand.Accelerators > freeAccelerators) return $"it needs {demand.Accelerators} accelerators, {Math.Max(0, freeAccelerators)} of {pool.Accelerators} are free";
        if (pool.Cores > 0 && demand.Cores > freeCores + Rounding) return FormattableString.Invariant($"it needs {demand.Cores:0.##} cores, {Math.Max(0, freeCores):0.##} of {pool.Cores:0.##} are free");
        return pool.MemoryBytes > 0 && demand.MemoryBytes > freeBytes ? $"it needs {demand.MemoryBytes:N0} bytes of memory, {Math.Max(0, freeBytes):N0} of {pool.MemoryBytes:N0} are free" : null;
    }
}
