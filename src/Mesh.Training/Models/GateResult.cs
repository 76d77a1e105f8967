namespace Mesh.Training.Models;

/// <summary>A gate and what it found.</summary>
/// <param name="Metric">The metric.</param>
/// <param name="Check"><c>min</c> or <c>max_regression</c>.</param>
/// <param name="Limit">The condition's limit.</param>
/// <param name="Value">The metric's value; null when the trainer reported none.</param>
/// <param name="Baseline">The last registered version's value; null when there is none.</param>
/// <param name="Outcome">What it found.</param>
/// <param name="Blocks">Whether the model is rejected for it.</param>
/// <param name="Reason">For people.</param>
public sealed record GateResult(
    string Metric, string Check, double Limit, double? Value, double? Baseline, GateOutcome Outcome, bool Blocks, string Reason);
