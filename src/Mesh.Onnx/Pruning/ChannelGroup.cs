using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>Layers that have channels in common, and those channels.</summary>
/// <param name="Layers">The layers with the channels of their outputs.</param>
/// <param name="Channels">The channels, each once, in order.</param>
internal sealed record ChannelGroup(IReadOnlyList<(GraphNode Node, int[] Ids)> Layers, int[] Channels)
{
    /// <summary>Outputs of the first layer that stand for one channel: more than one in grouped convolutions.</summary>
    public int OutputsPerChannel(ChannelSet set) => Layers[0].Ids.Length / Layers[0].Ids.Select(set.Root).Distinct().Count();

    /// <summary>The groups of a model.</summary>
    public static IReadOnlyList<ChannelGroup> Find(ChannelTracer trace)
    {
        var joined = new ChannelSet();
        int[] layers = joined.Add(trace.Layers.Count);
        var first = new Dictionary<int, int>();
        for (int layer = 0; layer < layers.Length; layer++)
        {
            foreach (int id in trace.Layers[layer].Ids)
            {
                int root = trace.Channels.Root(id);
                if (!first.TryAdd(root, layer)) joined.Join(first[root], layer);
            }
        }

        return
        [
            .. layers.GroupBy(joined.Root).Select(group => new ChannelGroup(
                [.. group.Select(layer => trace.Layers[layer])], [.. group.SelectMany(layer => trace.Layers[layer].Ids).Select(trace.Channels.Root).Distinct()])),
        ];
    }
}
