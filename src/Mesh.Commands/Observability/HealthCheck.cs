namespace Mesh.Commands.Observability;

/// <summary>What was found out about one part.</summary>
/// <param name="Name">The part: <c>stages</c>, <c>progress</c>, <c>event log</c>, <c>database</c>, <c>storage</c>, <c>disk</c>, <c>uploads</c> or <c>telemetry</c>.</param>
/// <param name="State">How it is.</param>
/// <param name="Reason">What was found.</param>
/// <param name="Remedy">What to do; null when nothing.</param>
public sealed record HealthCheck(string Name, HealthState State, string Reason, string? Remedy = null);
