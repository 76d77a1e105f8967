using Mesh.Training.Kubernetes;

namespace Mesh.Training.Pools;

/// <summary>Machines that jobs run on: how, how many at a time, and at what price. Declared under <c>pools</c> in mesh.yaml.</summary>
public sealed record PoolOptions
{
    /// <summary>Name that rules say: lower-case letters, digits and '-'.</summary>
    public required string Name { get; init; }

    /// <summary>How jobs run (default: as processes).</summary>
    public PoolRunner Runner { get; init; }

    /// <summary>Jobs at a time (default: 1).</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Cores that all jobs share; 0 when cores are not counted (default).</summary>
    public double Cores { get; init; }

    /// <summary>Bytes of memory that all jobs share; 0 when memory is not counted (default).</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Accelerators that all jobs share (default: 0).</summary>
    public int Accelerators { get; init; }

    /// <summary>Class of the machines: <c>cpu</c> (default), <c>nvidia-...</c> or <c>qualcomm-cloud-ai-100</c>.</summary>
    public string Accelerator { get; init; } = AcceleratorClass.Cpu;

    /// <summary>Price of an hour of one accelerator, or of one job where there is none, in millionths of whatever budgets are in (default: 0).</summary>
    public long PriceMicrosPerHour { get; init; }

    /// <summary>Whether the machines may be taken away at any time, also by Mesh for a job of higher priority (default: false).</summary>
    public bool Spot { get; init; }

    /// <summary>Where and how Jobs are made; null for a pool of processes.</summary>
    public KubernetesPoolOptions? Kubernetes { get; init; }

    /// <summary>
    /// What a job takes of this pool: what it asks for, else its slot's share of cores and memory and, where there are any, one accelerator.
    /// </summary>
    public PoolDemand DemandOf(JobNeeds needs) => new(
        needs.Cores > 0 ? needs.Cores : Cores / Slots,
        needs.MemoryBytes > 0 ? needs.MemoryBytes : MemoryBytes / Slots,
        Accelerators == 0 ? 0 : needs.Accelerators > 0 ? needs.Accelerators : 1);

    /// <summary>Price of an hour of a job, in millionths.</summary>
    public long RateMicrosOf(PoolDemand demand) => PriceMicrosPerHour * demand.Units;

    /// <summary>Why a job does not fit even when nothing else runs; null when it does.</summary>
    public string? WhyTooSmall(JobNeeds needs)
    {
        var demand = DemandOf(needs);
        if (needs.Accelerators > Accelerators) return $"it has {Accelerators} accelerators, the job needs {needs.Accelerators}";
        if (Cores > 0 && demand.Cores > Cores) return FormattableString.Invariant($"it has {Cores} cores, the job needs {demand.Cores}");
        return MemoryBytes > 0 && demand.MemoryBytes > MemoryBytes ? $"it has {MemoryBytes:N0} bytes of memory, the job needs {demand.MemoryBytes:N0}" : null;
    }
}
