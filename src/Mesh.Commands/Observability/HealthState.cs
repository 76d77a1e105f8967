namespace Mesh.Commands.Observability;

/// <summary>How something is; the worse, the larger.</summary>
public enum HealthState
{
    /// <summary>As it should be.</summary>
    Ok,
    /// <summary>Works, but somebody should look.</summary>
    Degraded,
    /// <summary>Does not work.</summary>
    Failed,
}
