using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Pruning;

/// <summary>Takes channels out of a graph: out of the constants that have elements for them, and out of the sizes that count them.</summary>
internal static class ChannelCutter
{
    private const int SplitTakesSizesSince = 13;

    /// <summary>Cuts channels.</summary>
    /// <param name="graph">The graph, which is changed.</param>
    /// <param name="trace">Its channels.</param>
    /// <param name="cut">Those to go, each by the one that stands for its kin.</param>
    public static void Cut(ModelGraph graph, ChannelTracer trace, IReadOnlySet<int> cut)
    {
        foreach (var constant in trace.Uses.GroupBy(use => use.Constant))
        {
            foreach (var axis in constant.GroupBy(use => use.Axis)) Slice(constant.Key, axis.Key, Kept(trace, axis.First().Ids, cut));
        }

        foreach (var node in trace.Sizes.GroupBy(size => size.Node)) Adapt(graph, trace, node.Key, [.. node], cut);
        graph.ForgetDescriptions();
    }

    private static int[] Kept(ChannelTracer trace, int[] ids, IReadOnlySet<int> cut)
    {
        var kept = new List<int>(ids.Length);
        for (int i = 0; i < ids.Length; i++)
        {
            if (!cut.Contains(trace.Channels.Root(ids[i]))) kept.Add(i);
        }

        return [.. kept];
    }

    private static void Slice(GraphValue constant, int axis, int[] kept)
    {
        var tensor = constant.Initializer!;
        int count = (int)tensor.Dims[axis], width = OnnxTensor.WidthOf((OnnxElementType)tensor.DataType);
        if (kept.Length == count) return;
        int run = width;
        for (int i = axis + 1; i < tensor.Dims.Count; i++) run *= (int)tensor.Dims[i];
        var source = tensor.HasRawData ? tensor.RawData.Span : OnnxTensorCodec.Read(tensor).Bytes.Span;
        int outer = source.Length / (run * count), at = 0;
        byte[] target = new byte[outer * kept.Length * run];
        for (int block = 0; block < outer; block++)
        {
            foreach (int index in kept)
            {
                source.Slice(((block * count) + index) * run, run).CopyTo(target.AsSpan(at));
                at += run;
            }
        }

        long[] dimensions = [.. tensor.Dims];
        dimensions[axis] = kept.Length;
        ModelGraph.SetConstant(constant, (OnnxElementType)tensor.DataType, dimensions, target);
    }

    private static void Adapt(ModelGraph graph, ChannelTracer trace, GraphNode node, SizeUse[] sizes, IReadOnlySet<int> cut)
    {
        int Left(SizeUse size) => Kept(trace, size.Ids, cut).Length;
        if (sizes.All(size => Left(size) == size.Ids.Length)) return;
        switch (node.OperatorType)
        {
            case "Reshape":
                long[] wanted = ModelGraph.ConstantOf(node.Input(1))!.As<long>().ToArray();
                wanted[sizes[0].Index] = Left(sizes[0]);
                ModelGraph.SetInput(node, 1, graph.AddConstant(node.Input(1)!.Name + "_pruned", OnnxTensor.Of<long>(wanted, wanted.Length)));
                break;
            case "Split":
                long[] parts = [.. sizes.OrderBy(size => size.Index).Select(size => (long)Left(size))];
                node.Unset("num_outputs");
                if (graph.Opset < SplitTakesSizesSince) node.Set("split", parts);
                else ModelGraph.SetInput(node, 1, graph.AddConstant(node.Outputs[0]!.Name + "_sizes", OnnxTensor.Of<long>(parts, parts.Length)));
                break;
            default:
                node.Set("group", (long)Left(sizes[0]));
                break;
        }
    }
}
