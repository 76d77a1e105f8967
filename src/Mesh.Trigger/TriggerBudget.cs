namespace Mesh.Trigger;

/// <summary>What a rule may use in a sliding span of time; either limit may be left out.</summary>
/// <param name="Jobs">Firings.</param>
/// <param name="Hours">Time its jobs ran, in hours.</param>
/// <param name="Per">The span, ending now.</param>
public sealed record TriggerBudget(int? Jobs, double? Hours, TimeSpan Per);
