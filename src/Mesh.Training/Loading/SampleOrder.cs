using Mesh.Training.Reference;

namespace Mesh.Training.Loading;

/// <summary>Which row groups come when: a function of the seed, the epoch and the part.</summary>
internal static class SampleOrder
{
    private const int GroupsPerShard = 4;

    /// <summary>
    /// Whether parts share the samples of every buffer instead of the row groups: then each reads everything, but none goes without where there are
    /// few row groups.
    /// </summary>
    public static bool SharesSamples(TensorPlan plan) => plan.Options.ShardCount > 1 && plan.Groups.Count < plan.Options.ShardCount * GroupsPerShard;

    /// <summary>Numbers of the part's row groups in the order of an epoch.</summary>
    public static int[] Of(TensorPlan plan, int epoch)
    {
        var options = plan.Options;
        int[] order = [.. Enumerable.Range(0, plan.Groups.Count)];
        if (options.ShuffleBufferBytes > 0)
        {
            var random = new SplitMix(Mix((ulong)options.Seed, (ulong)epoch, ulong.MaxValue, 0));
            random.Shuffle(order);
        }

        if (options.ShardCount == 1 || SharesSamples(plan)) return order;

        // To the part with the fewest rows so far, so that all end at about the same time.
        long[] rows = new long[options.ShardCount];
        var own = new List<int>();
        foreach (int group in order)
        {
            int shard = Array.IndexOf(rows, rows.Min());
            rows[shard] += plan.Groups[group].Rows;
            if (shard == options.ShardIndex) own.Add(group);
        }

        return [.. own];
    }

    /// <summary>One number of several, for seeds.</summary>
    public static ulong Mix(params ReadOnlySpan<ulong> parts)
    {
        ulong mixed = 0;
        foreach (ulong part in parts) mixed = new SplitMix(mixed ^ part).Next();
        return mixed;
    }
}
