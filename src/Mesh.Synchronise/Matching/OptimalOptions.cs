namespace Mesh.Synchronise.Matching;

/// <summary>Options of <see cref="OptimalMatcher"/>.</summary>
public sealed record OptimalOptions
{
    /// <summary>Widest set allowed (latest minus earliest stamp), nanoseconds, 0 to 2^53 (default: 50 ms).</summary>
    public long ToleranceNs { get; init; } = 50_000_000;

    /// <summary>
    /// What a set is worth, nanoseconds of spread, 1 to 2^53: the sum of (spread - reward) is made least. Null (default) forms the most sets
    /// first and then the least total spread; <see cref="ToleranceNs"/> + 1 makes every allowed set worth forming but trades sets for tightness.
    /// </summary>
    public long? RewardNs { get; init; }

    /// <summary>
    /// How long a decision may wait for later messages to prove it, nanoseconds (default: 2 s). Beyond it the best choice so far is taken,
    /// which <see cref="OptimalMatcher.ForcedChoices"/> counts; <see cref="long.MaxValue"/> waits for proof as long as memory allows.
    /// </summary>
    public long HorizonNs { get; init; } = 2_000_000_000;

    /// <summary>
    /// Partial solutions per message in the long run, 1 to 2^20 (default: 64, tens of microseconds). More are followed for some 50 ms of work
    /// in total and whenever earlier messages needed fewer; then the least promising are given up, which <see cref="OptimalMatcher.CutStates"/> counts.
    /// </summary>
    public int MeanStates { get; init; } = 64;

    /// <summary>Most partial solutions kept, 1 to 2^20 (default: 20 000). Above it the least promising are given up, which <see cref="OptimalMatcher.CutStates"/> counts.</summary>
    public int MaxStates { get; init; } = 20_000;

    /// <summary>
    /// Bytes of undecided messages and back-pointers, 64 KiB or above (default: 64 MiB). Above it the oldest decisions are forced as by the horizon.
    /// </summary>
    public long MaxMemoryBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Whether <see cref="OptimalMatcher.LowerBound"/> is computed along the way (default: no), which costs one pass per pair of channels and
    /// tells how far from the best a solution can at most be when choices were forced or states cut.
    /// </summary>
    public bool BoundGap { get; init; }
}
