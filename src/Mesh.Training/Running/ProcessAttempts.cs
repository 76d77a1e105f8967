using Mesh.Model;
using Mesh.Training.Pools;

namespace Mesh.Training.Running;

/// <summary>Runs attempts as processes of this machine, each with its share of cores and accelerators.</summary>
internal sealed class ProcessAttempts(TrainingOptions options, Func<string, (string File, string[] Arguments)> commandOf, TimeProvider time) : IAttempts
{
    private readonly CoreShares cores = new();
    private readonly DeviceShares devices = new();

    /// <inheritdoc/>
    public bool OutliveMesh => false;

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(AttemptPlan plan, CancellationToken cancellationToken)
    {
        var resources = plan.Spec.Resources;
        using var share = cores.Take(resources.Cores);
        using var device = devices.Take(plan.Pool.Name, plan.Pool.Accelerators, resources.Accelerators);
        var limits = new ProcessLimits { Cpus = share.Numbers, MemoryBytes = resources.MemoryBytes };
        var variables = new Dictionary<string, string>();
        if (device.Numbers.Count > 0)
        {
            string list = string.Join(',', device.Numbers);
            variables["MESH_ACCELERATORS"] = list;
            if (AcceleratorClass.IsNvidia(plan.Pool.Accelerator)) variables["CUDA_VISIBLE_DEVICES"] = list;
        }

        return await TrainerProcess.RunAsync(
            commandOf(plan.Spec.Code.Trainer), plan.Folder, plan.Spec, plan.TraceParent, variables, limits, options, time, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task EndAsync(string jobId, int attempt, PoolOptions pool) => Task.CompletedTask;
}
