using Mesh.Model;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;

namespace Mesh.Onnx.Quantisation;

/// <summary>
/// Static INT8 quantisation after training: simplify, run on samples, choose ranges, write QDQ, compare. Where a bound is asked for, the layers are
/// ranked by what each does alone, and the worst stay in float until the bound is met.
/// </summary>
/// <param name="runtime">What runs the models for calibration and comparison.</param>
public sealed class PostTrainingQuantiser(IOnnxRuntime runtime)
{
    /// <summary>Quantises a model.</summary>
    /// <param name="model">The float model; not changed.</param>
    /// <param name="samples">Inputs by name, a batch at a time; enumerated several times.</param>
    /// <param name="options">How.</param>
    /// <exception cref="MeshException">
    /// <c>MESH9830</c>: nothing in it can be quantised, or its operator set is too old; <c>MESH9831</c>: the samples are of no use; <c>MESH9832</c>: the
    /// bound is missed whichever layers stay in float.
    /// </exception>
    public async Task<QuantisedModel> QuantiseAsync(
        ModelProto model, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples, QuantisationOptions options, CancellationToken cancellationToken)
    {
        var graph = ModelGraph.Read(model);
        GraphOptimiser.Optimise(graph);
        graph = NodeNames.Complete(graph);
        var reference = graph.ToProto();
        if (new QuantisationPlan(graph, options).Nodes.Count == 0) throw new MeshException("MESH9830", "The model has no layer that can be quantised: Conv, ConvTranspose, Gemm or MatMul of float with constant weights.");
        var ranges = await new Calibrator(runtime).CalibrateAsync(graph, samples, options, cancellationToken).ConfigureAwait(false);
        var (written, names) = Write(reference, ranges, options);
        var comparison = await CompareAsync(reference, written, samples, cancellationToken).ConfigureAwait(false);
        var leftOut = new List<LayerSensitivity>();
        var effective = options;
        bool isMissed = comparison.SqnrDb < options.MinSqnrDb;
        var sensitivity = isMissed || options.MeasureSensitivity ? await RankAsync(reference, ranges, samples, options, cancellationToken).ConfigureAwait(false) : null;
        if (isMissed && options.MinSqnrDb is { } bound)
        {
            foreach (var layer in sensitivity!)
            {
                leftOut.Add(layer);
                effective = options with { KeptNodes = options.KeptNodes.Concat(leftOut.Select(left => left.Node)).ToHashSet() };
                (written, names) = Write(reference, ranges, effective);
                comparison = await CompareAsync(reference, written, samples, cancellationToken).ConfigureAwait(false);
                if (comparison.SqnrDb >= bound) break;
            }

            if (comparison.SqnrDb < bound || names.Count == 0) throw new MeshException("MESH9832", $"No layer can be quantised so that the outputs keep {bound:F1} dB. Ask for less, give better samples, or use half precision.");
        }

        return new QuantisedModel
        {
            Model = written, Reference = reference, Ranges = ranges, Options = effective,
            Report = new QuantisationReport { Flavour = options.Flavour, Method = options.Method, Quantised = names, Sensitivity = sensitivity, LeftOut = leftOut, Outputs = comparison },
        };
    }

    /// <summary>Every quantised node by what it does alone, the one that hurts most first.</summary>
    /// <param name="reference">The simplified float model, whose nodes have names.</param>
    /// <param name="ranges">Ranges of its tensors.</param>
    /// <param name="samples">Inputs to compare on.</param>
    /// <param name="options">How it is quantised.</param>
    private async Task<IReadOnlyList<LayerSensitivity>> RankAsync(
        ModelProto reference, IReadOnlyDictionary<string, ValueRange> ranges, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples, QuantisationOptions options, CancellationToken cancellationToken)
    {
        var graph = ModelGraph.Read(reference);
        var layers = new QuantisationPlan(graph, options).Nodes;
        var ranked = new List<LayerSensitivity>();
        foreach (var layer in layers)
        {
            var alone = options with { KeptNodes = options.KeptNodes.Concat(graph.Nodes.Where(node => node != layer).Select(node => node.Name)).ToHashSet() };
            var comparison = await CompareAsync(reference, Write(reference, ranges, alone).Model, samples, cancellationToken).ConfigureAwait(false);
            ranked.Add(new LayerSensitivity(layer.Name, comparison.SqnrDb));
        }

        return [.. ranked.OrderBy(layer => layer.SqnrDb)];
    }

    private static (ModelProto Model, IReadOnlyList<string> Quantised) Write(ModelProto reference, IReadOnlyDictionary<string, ValueRange> ranges, QuantisationOptions options)
    {
        var graph = ModelGraph.Read(reference);
        var names = QdqWriter.Write(graph, ranges, options);
        return (graph.ToProto(), names);
    }

    /// <summary>Runs both models on the samples.</summary>
    private async Task<OutputComparison> CompareAsync(ModelProto reference, ModelProto quantised, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples, CancellationToken cancellationToken)
    {
        using var expected = runtime.OpenModel(reference);
        using var actual = runtime.OpenModel(quantised);
        string[] names = [.. expected.Signature.Outputs.Where(output => output.ElementType == OnnxElementType.Float).Select(output => output.Name)];
        double signal = 0, noise = 0;
        long rows = 0, agreeing = 0;
        await foreach (var sample in samples.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            var (wanted, got) = (expected.Run(sample, names), actual.Run(sample, names));
            for (int output = 0; output < names.Length; output++)
            {
                var a = wanted[output].As<float>();
                var b = got[output].As<float>();
                for (int i = 0; i < a.Length; i++)
                {
                    signal += (double)a[i] * a[i];
                    noise += Math.Pow((double)a[i] - b[i], 2);
                }

                if (output > 0 || wanted[0].Dimensions is not [var count, > 1 and var size]) continue;
                for (int row = 0; row < count; row++)
                {
                    rows++;
                    if (Largest(a.Slice(row * (int)size, (int)size)) == Largest(b.Slice(row * (int)size, (int)size))) agreeing++;
                }
            }
        }

        return new OutputComparison(noise == 0 ? OutputComparison.EqualDb : Math.Clamp(10 * Math.Log10(signal / noise), -OutputComparison.EqualDb, OutputComparison.EqualDb), rows == 0 ? null : agreeing / (double)rows);
    }

    private static int Largest(ReadOnlySpan<float> row)
    {
        int best = 0;
        for (int i = 1; i < row.Length; i++)
        {
            if (row[i] > row[best]) best = i;
        }

        return best;
    }
}
