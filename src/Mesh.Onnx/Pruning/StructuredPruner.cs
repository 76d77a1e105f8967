using Mesh.Model;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;
using Mesh.Onnx.Shapes;

namespace Mesh.Onnx.Pruning;

/// <summary>
/// Cuts whole channels out of a model: filters of Conv and ConvTranspose, outputs of Gemm and MatMul. What goes is what the model would compute
/// with the weights that use a channel set to zero; channels that can only go together do. A smaller, ordinary model is left, which any runtime
/// runs faster.
/// </summary>
/// <param name="runtime">What runs the model on samples; needed for <see cref="PruningImportance.Activation"/> alone.</param>
public sealed class StructuredPruner(IOnnxRuntime? runtime = null)
{
    private const int MaxReasons = 5;

    /// <summary>Prunes a model.</summary>
    /// <param name="model">The model; not changed.</param>
    /// <param name="options">How much, and where.</param>
    /// <param name="samples">Inputs by name, a batch at a time, for <see cref="PruningImportance.Activation"/>.</param>
    /// <exception cref="MeshException">
    /// <c>MESH9840</c>: the options make no sense for this model; <c>MESH9841</c>: nothing can be cut, with the reasons; <c>MESH9842</c>: the measure
    /// needs samples, and there are none.
    /// </exception>
    public async Task<(ModelProto Model, PruningReport Report)> PruneAsync(
        ModelProto model, PruningOptions options, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>? samples, CancellationToken cancellationToken)
    {
        var graph = ModelGraph.Read(model);
        // Normalisations stay: their factors are a measure, and folding is for later.
        IdentityRemoval.Run(graph);
        new ConstantFolding().Run(graph);
        DeadCodeRemoval.Run(graph);
        graph.Sort();
        graph = NodeNames.Complete(graph);
        Check(graph, options);
        var before = ModelCost.Of(graph);
        var trace = ChannelTracer.Trace(graph);
        var groups = ChannelGroup.Find(trace);
        var untouched = Untouched(trace, options);
        if (untouched.Count == trace.Layers.Count + trace.Refused.Count) throw NothingToCut(untouched);

        var meanSquares = options.Importance == PruningImportance.Activation ? await MeasureAsync(graph, trace, samples, cancellationToken).ConfigureAwait(false) : null;
        var scores = ChannelImportance.Score(trace, groups, options.Importance, meanSquares);
        var cut = ChannelSelection.Choose(trace, groups, scores, options);
        var pruned = Describe(trace, groups, cut);
        ChannelCutter.Cut(graph, trace, cut);
        DeadCodeRemoval.Run(graph);
        graph.Sort();
        graph.Producer = "mesh-pruner";
        ShapeInference.Infer(graph);
        return (graph.ToProto(), new PruningReport { Importance = options.Importance, Pruned = pruned, Untouched = untouched, Before = before, After = ModelCost.Of(graph) });
    }

    private static void Check(ModelGraph graph, PruningOptions options)
    {
        foreach (double ratio in options.LayerRatios.Values.Append(options.Ratio))
        {
            if (ratio is not (>= 0 and < 1)) throw new MeshException("MESH9840", $"A ratio of {ratio} cannot be cut. Give one from 0 to below 1.");
        }

        if (options.Multiple < 1) throw new MeshException("MESH9840", $"Channels cannot be rounded to a multiple of {options.Multiple}. Give 1 or more.");
        var names = graph.Nodes.Select(node => node.Name).ToHashSet();
        foreach (string name in options.KeptNodes.Concat(options.LayerRatios.Keys))
        {
            if (!names.Contains(name)) throw new MeshException("MESH9840", $"The model has no node '{name}'. `mesh onnx inspect --nodes` lists them.");
        }
    }

    private static List<UntouchedLayer> Untouched(ChannelTracer trace, PruningOptions options)
    {
        var untouched = trace.Refused.ToList();
        foreach (var (node, ids) in trace.Layers)
        {
            if (options.KeptNodes.Contains(node.Name)) untouched.Add(new UntouchedLayer(node.Name, node.OperatorType, "it is to be kept"));
            else if (Array.TrueForAll(ids, id => trace.Channels.ReasonToHold(id) is not null)) untouched.Add(new UntouchedLayer(node.Name, node.OperatorType, ids.Length == 0 ? "it has no outputs" : trace.Channels.ReasonToHold(ids[0])!));
        }

        return untouched;
    }

    private static MeshException NothingToCut(List<UntouchedLayer> untouched)
    {
        string reasons = untouched.Count == 0 ? "it has no Conv, ConvTranspose, Gemm or MatMul with constant weights" : string.Join("; ", untouched.Take(MaxReasons).Select(layer => $"{layer.Node}: {layer.Reason}"));
        return new MeshException("MESH9841", $"No channel of the model can be cut: {reasons}{(untouched.Count > MaxReasons ? "; and so on" : "")}. Quantise it instead, or use half precision.");
    }

    private static List<PrunedLayer> Describe(ChannelTracer trace, IReadOnlyList<ChannelGroup> groups, HashSet<int> cut)
    {
        var pruned = new List<PrunedLayer>();
        for (int group = 0; group < groups.Count; group++)
        {
            foreach (var (node, ids) in groups[group].Layers)
            {
                int[] gone = [.. Enumerable.Range(0, ids.Length).Where(i => cut.Contains(trace.Channels.Root(ids[i])))];
                if (gone.Length > 0) pruned.Add(new PrunedLayer(node.Name, node.OperatorType, ids.Length, gone, group));
            }
        }

        return pruned;
    }

    /// <summary>Mean squares of the values that weighted layers take, per index of their channel axis.</summary>
    private async Task<Dictionary<GraphValue, double[]>> MeasureAsync(ModelGraph graph, ChannelTracer trace, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>? samples, CancellationToken cancellationToken)
    {
        if (samples is null || runtime is null) throw new MeshException("MESH9842", "Importance by activation needs calibration samples, and something that runs the model on them. Give both, or measure by weights.");
        var values = trace.Uses.Where(use => use.Role == ChannelRole.Consumes).Select(use => use.Node.Input(0)!).Distinct().ToList();
        var watched = ModelGraph.Read(graph.ToProto());
        foreach (var value in values) watched.AddOutput(new ValueInfoProto { Name = value.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)OnnxElementType.Float } } });
        var sums = values.ToDictionary(value => value, value => new double[trace.Traced[value].Ids.Length]);
        string[] names = [.. values.Select(value => value.Name)];
        using var session = runtime.OpenModel(watched.ToProto());
        long batches = 0;
        await foreach (var sample in samples.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            batches++;
            var results = session.Run(sample, names);
            for (int i = 0; i < names.Length; i++) AddSquares(results[i], trace.Traced[values[i]].Axis, sums[values[i]]);
        }

        if (batches == 0) throw new MeshException("MESH9842", "There are no calibration samples. Give some tens to hundreds that look like what the model will see.");
        return sums;
    }

    /// <summary>Adds the mean square of each channel of a batch.</summary>
    private static void AddSquares(OnnxTensor tensor, int axis, double[] sums)
    {
        int inner = 1;
        for (int i = axis + 1; i < tensor.Dimensions.Count; i++) inner *= (int)tensor.Dimensions[i];
        var values = tensor.As<float>();
        double perChannel = Math.Max(1, values.Length / (double)sums.Length);
        for (int start = 0, channel = 0; start < values.Length; start += inner, channel = channel + 1 == sums.Length ? 0 : channel + 1)
        {
            double sum = 0;
            foreach (float value in values.Slice(start, inner)) sum += (double)value * value;
            sums[channel] += sum / perChannel;
        }
    }
}
