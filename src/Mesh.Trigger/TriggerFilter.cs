using Mesh.Columnar;

namespace Mesh.Trigger;

/// <summary>Which of the new rows count.</summary>
/// <param name="Text">As <see cref="PredicateParser"/> reads it; also what two rules share a measurement by.</param>
/// <param name="Predicate">The condition.</param>
public sealed record TriggerFilter(string Text, Predicate Predicate);
