namespace Mesh.Training.Jobs;

/// <summary>What a job asks of its pool; nothing asked for is 0 or empty, and then the pool decides.</summary>
/// <param name="Accelerator">Class of the machines.</param>
/// <param name="Accelerators">Accelerators.</param>
/// <param name="Cores">Cores.</param>
/// <param name="MemoryBytes">Bytes of memory.</param>
/// <param name="MaxSeconds">Longest run of an attempt.</param>
/// <param name="OnDemandOnly">Whether machines that may be taken away will not do.</param>
public sealed record JobNeedsView(string Accelerator, int Accelerators, double Cores, long MemoryBytes, long MaxSeconds, bool OnDemandOnly);
