namespace Mesh.Faults.Tests.Campaign;

/// <summary>A broken promise.</summary>
internal sealed record Finding(Invariant Invariant, string What);
