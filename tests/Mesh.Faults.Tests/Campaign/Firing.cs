namespace Mesh.Faults.Tests.Campaign;

/// <summary>A trigger's firing.</summary>
internal sealed record Firing(string Id, string Rule, string Table, long FromSnapshot, long ToSnapshot, long NewRows);
