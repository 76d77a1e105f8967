namespace Mesh.Training.Search;

/// <summary>When a parameter exists: when another, categorical one exists and has one of some values.</summary>
/// <param name="Parameter">The other one, declared before.</param>
/// <param name="Values">Its values that make this one exist.</param>
public sealed record ParameterCondition(string Parameter, IReadOnlyList<string> Values);
