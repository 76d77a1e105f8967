namespace Mesh.Synchronise.Matching;

/// <summary>
/// What <see cref="OptimalMatcher"/> minimises, as one number per partial solution: (spread - reward * sets) with the number of sets in the low
/// bits to break ties towards more of them.
/// </summary>
internal readonly struct OptimalObjective
{
    /// <summary>
    /// Reward that no sum of spreads can outweigh: 2^80 is above 2^27 sets as wide as the widest tolerance, and far more at realistic ones.
    /// </summary>
    public static readonly Int128 CountFirstReward = Int128.One << 80;

    private const int TieBits = 32;
    private readonly int shift;

    public OptimalObjective(long? rewardNs)
    {
        Reward = rewardNs ?? CountFirstReward;
        shift = rewardNs is null ? 0 : TieBits;
        SetCost = -((Reward << shift) + (rewardNs is null ? 0 : 1));
    }

    public Int128 Reward { get; }

    /// <summary>Cost of completing one set, before its spread.</summary>
    public Int128 SetCost { get; }

    public Int128 SpreadCost(long spreadNs) => (Int128)spreadNs << shift;
}
