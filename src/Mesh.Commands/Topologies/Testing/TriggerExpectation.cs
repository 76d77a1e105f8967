namespace Mesh.Commands.Topologies.Testing;

/// <summary>What a case expects of a trigger.</summary>
/// <param name="Fired">How often it fires.</param>
/// <param name="NewRows">Rows of all products that it fires for, in all; null when it does not matter.</param>
public sealed record TriggerExpectation(long Fired, long? NewRows);
