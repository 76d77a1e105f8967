namespace Mesh.Onnx.Runtime;

/// <summary>How ONNX Runtime runs models.</summary>
public sealed record OrtOptions
{
    /// <summary>What runs the nodes, in order of preference; none (the default) is the CPU. The CPU takes what no other can, unless <see cref="CpuFallback"/> says otherwise.</summary>
    public IReadOnlyList<OrtProvider> Providers { get; init; } = [];

    /// <summary>
    /// Whether nodes that none of <see cref="Providers"/> can run go to the CPU (default: true). When false, such a model is refused; that
    /// takes ONNX Runtime 1.15 or later.
    /// </summary>
    public bool CpuFallback { get; init; } = true;

    /// <summary>Threads that one operator may use (default: 0, one for each core).</summary>
    public int Threads { get; init; }

    /// <summary>How far the graph is rewritten (default: all the way).</summary>
    public OrtOptimisation Optimisation { get; init; } = OrtOptimisation.All;

    /// <summary>Whether memory is kept for the next run (default: true). Without it a run allocates anew: slower, but memory goes back at once.</summary>
    public bool MemoryArena { get; init; } = true;

    /// <summary>What is written to standard error (default: hardly anything, because what fails is an exception).</summary>
    public OrtLogSeverity LogSeverity { get; init; } = OrtLogSeverity.Fatal;

    /// <summary>Whether the CPU may take nodes.</summary>
    internal bool MayUseCpu => CpuFallback || Providers.Count == 0 || Providers.Any(provider => provider.Name == OrtProvider.Cpu);
}
