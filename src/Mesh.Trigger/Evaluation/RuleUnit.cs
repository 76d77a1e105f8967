using Mesh.Lakehouse;

namespace Mesh.Trigger.Evaluation;

/// <summary>What fires as one: a rule for one product of its <c>on</c>, or for all products of its <c>join</c>.</summary>
internal sealed record RuleUnit(TriggerRule Rule, string Label, IReadOnlyList<RuleUnit.Part> Parts)
{
    /// <summary>Tells units apart.</summary>
    public (string Rule, string Label) Id => (Rule.Name, Label);

    /// <summary>A product with the table that holds it.</summary>
    internal sealed record Part(TriggerInput Input, TableIdentifier Table);
}
