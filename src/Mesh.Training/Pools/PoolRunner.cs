namespace Mesh.Training.Pools;

/// <summary>How a pool runs its jobs.</summary>
public enum PoolRunner
{
    /// <summary>As processes of this machine.</summary>
    Process,
    /// <summary>As Jobs of a Kubernetes cluster.</summary>
    Kubernetes,
}
