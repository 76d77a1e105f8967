namespace Mesh.Cli.Demo;

/// <summary>What became of the versions of the lifecycle demo.</summary>
/// <param name="Rounds">One per delivery of data, in order.</param>
/// <param name="DecisionLogEntries">Entries of the decision log.</param>
/// <param name="IsDecisionLogIntact">Whether its chain and signatures hold.</param>
/// <param name="Seconds">Time it took.</param>
/// <param name="DataDir">State directory.</param>
internal sealed record LifecycleReport(IReadOnlyList<LifecycleRound> Rounds, long DecisionLogEntries, bool IsDecisionLogIntact, double Seconds, string DataDir)
{
    /// <summary>Whether it went as it should: two releases, compressed and handed over, the second better, the poisoned data stopped by a gate.</summary>
    public bool IsAsExpected => Rounds is [var first, var second, var poisoned]
        && first.Handoff is { Verified: true } && second.Handoff is { Verified: true } && first.Variants.Count > 0 && second.Variants.Count > 0 && second.HoldoutAccuracy > first.HoldoutAccuracy
        && !poisoned.Released && poisoned.StoppedBy.Count > 0 && IsDecisionLogIntact;
}
