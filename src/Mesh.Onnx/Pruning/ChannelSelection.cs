namespace Mesh.Onnx.Pruning;

/// <summary>Which channels go.</summary>
internal static class ChannelSelection
{
    /// <summary>The channels to cut, each by the one that stands for its kin.</summary>
    public static HashSet<int> Choose(ChannelTracer trace, IReadOnlyList<ChannelGroup> groups, IReadOnlyDictionary<int, double> scores, PruningOptions options)
    {
        var open = groups.ToDictionary(group => group, group => Candidates(trace, group, scores, options));
        var counts = groups.ToDictionary(group => group, group => (int)(group.Channels.Length * RatioOf(group, options)));
        if (options.Global) Compete(groups, open, scores, options, counts);
        var cut = new HashSet<int>();
        foreach (var group in groups)
        {
            int channels = group.Channels.Length, outputs = group.OutputsPerChannel(trace.Channels);
            int left = channels - Math.Min(counts[group], Math.Min(open[group].Count, channels - 1));
            while (left < channels && left * outputs % options.Multiple != 0) left++;
            cut.UnionWith(open[group].Take(channels - left));
        }

        // Nothing may end up empty: neither a part of a Split nor one layer of several in a group.
        foreach (int[] ids in trace.Traced.Values.Select(axis => axis.Ids).Concat(trace.Sizes.Select(size => size.Ids)).Concat(trace.Layers.Select(layer => layer.Ids)))
        {
            if (ids.Length > 0 && Array.TrueForAll(ids, id => cut.Contains(trace.Channels.Root(id)))) cut.Remove(trace.Channels.Root(ids.MaxBy(id => scores.GetValueOrDefault(trace.Channels.Root(id)))));
        }

        return cut;
    }

    private static double RatioOf(ChannelGroup group, PruningOptions options)
    {
        if (group.Layers.Any(layer => options.KeptNodes.Contains(layer.Node.Name))) return 0;
        var own = group.Layers.Where(layer => options.LayerRatios.ContainsKey(layer.Node.Name)).Select(layer => options.LayerRatios[layer.Node.Name]).ToList();
        return own.Count > 0 ? own.Min() : options.Ratio;
    }

    /// <summary>Channels that may go, the least important first.</summary>
    private static List<int> Candidates(ChannelTracer trace, ChannelGroup group, IReadOnlyDictionary<int, double> scores, PruningOptions options) =>
        group.Layers.Any(layer => options.KeptNodes.Contains(layer.Node.Name))
            ? []
            : [.. group.Channels.Where(channel => trace.Channels.ReasonToHold(channel) is null).OrderBy(channel => scores.GetValueOrDefault(channel)).ThenBy(channel => channel)];

    /// <summary>Shares the cuts of groups without a ratio of their own by score, in units of the group's mean, which makes layers comparable.</summary>
    private static void Compete(
        IReadOnlyList<ChannelGroup> groups, Dictionary<ChannelGroup, List<int>> open, IReadOnlyDictionary<int, double> scores, PruningOptions options, Dictionary<ChannelGroup, int> counts)
    {
        var competing = groups.Where(group => open[group].Count > 0 && !group.Layers.Any(layer => options.LayerRatios.ContainsKey(layer.Node.Name))).ToList();
        int wanted = (int)(competing.Sum(group => group.Channels.Length) * options.Ratio);
        var ranked = new List<(double Score, ChannelGroup Group)>();
        foreach (var group in competing)
        {
            counts[group] = 0;
            double mean = Math.Max(double.Epsilon, group.Channels.Average(channel => scores.GetValueOrDefault(channel)));
            ranked.AddRange(open[group].Select(channel => (scores.GetValueOrDefault(channel) / mean, group)));
        }

        foreach (var (_, group) in ranked.OrderBy(entry => entry.Score))
        {
            if (wanted == 0) break;
            if (counts[group] >= (int)(group.Channels.Length * options.MaxLayerRatio)) continue;
            counts[group]++;
            wanted--;
        }
    }
}
