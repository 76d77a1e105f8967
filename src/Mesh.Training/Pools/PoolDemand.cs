namespace Mesh.Training.Pools;

/// <summary>What a job takes of a pool beside a slot.</summary>
/// <param name="Cores">Cores; 0 for no limit.</param>
/// <param name="MemoryBytes">Bytes of memory; 0 for no limit.</param>
/// <param name="Accelerators">Accelerators.</param>
public sealed record PoolDemand(double Cores, long MemoryBytes, int Accelerators)
{
    /// <summary>What is paid for and shared fairly: accelerators, or one where there is none.</summary>
    public int Units => Math.Max(1, Accelerators);
}
