namespace Mesh.Trigger.Evaluation;

/// <summary>Where a unit stands at a moment.</summary>
/// <param name="Unit">The unit.</param>
/// <param name="Ranges">What it would fire for, one for each product.</param>
/// <param name="Measured">Condition by condition.</param>
/// <param name="Percent">How far it is, 0 to 100.</param>
/// <param name="Outcome"><c>fired</c> when it may fire, else as of <see cref="TriggerDecision"/>.</param>
/// <param name="Reason">For people.</param>
/// <param name="NextAt">The earliest time at which it can fire while it is due but held back; null when not known.</param>
internal sealed record Assessment(
    RuleUnit Unit, IReadOnlyList<TriggerRange> Ranges, IReadOnlyList<ConditionProgress> Measured, int Percent, string Outcome, string Reason, DateTimeOffset? NextAt)
{
    /// <summary>Whether it may fire.</summary>
    public bool MayFire => Outcome == "fired";

    /// <summary>Whether it is due and waits for something else than data.</summary>
    public bool IsHeldBack => Outcome is not ("fired" or "waiting" or "covered");
}
