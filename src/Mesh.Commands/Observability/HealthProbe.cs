namespace Mesh.Commands.Observability;

/// <summary>Finds out how one part is.</summary>
/// <param name="Name">The part.</param>
/// <param name="ExamineAsync">Looks; what it throws is a failure of the part.</param>
/// <param name="IsLiveness">Whether the process should be started again when this fails.</param>
public sealed record HealthProbe(string Name, Func<CancellationToken, Task<HealthCheck>> ExamineAsync, bool IsLiveness = false);
