namespace Mesh.Commands.Observability;

/// <summary>How a server is.</summary>
/// <param name="Status">The worst of the checks.</param>
/// <param name="Live">Whether the process gets on by itself; if not, start it again.</param>
/// <param name="Ready">Whether uploads should be sent here: nothing has failed.</param>
/// <param name="At">When it was examined.</param>
/// <param name="Checks">The parts.</param>
public sealed record HealthReport(HealthState Status, bool Live, bool Ready, DateTimeOffset At, IReadOnlyList<HealthCheck> Checks)
{
    /// <summary>The same without reasons, which name paths and addresses: for who has not logged in.</summary>
    public HealthReport WithoutReasons() => this with { Checks = [.. Checks.Select(check => new HealthCheck(check.Name, check.State, ""))] };
}
