using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Pruning;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Pruning;

public class StructuredPrunerTests
{
    private static readonly HashSet<string> Follows = ["BatchNormalization", "Relu", "Sigmoid", "HardSigmoid", "Tanh"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static Task<(ModelProto Model, PruningReport Report)> PruneAsync(ModelProto model, PruningOptions options, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>>? samples = null) =>
        new StructuredPruner(new OnnxEvaluator()).PruneAsync(model, options, samples, Token);

    private static OnnxTensor Run(ModelProto model, IReadOnlyDictionary<string, OnnxTensor> inputs)
    {
        using var session = new OnnxEvaluator().Open(model.ToByteArray());
        return session.Run(inputs, [model.Graph.Output[0].Name])[0];
    }

    private static Dictionary<string, OnnxTensor> Image(int seed) => new() { ["image"] = TestModel.Random(seed, 3, 3, 12, 12) };

    private static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Images()
    {
        for (int i = 0; i < 2; i++)
        {
            await Task.Yield();
            yield return Image(70 + i);
        }
    }

    /// <summary>The original with a factor of 0 behind each channel that went, after what normalises and activates it: written without the pruner's own knowledge.</summary>
    private static ModelProto Masked(ModelProto model, PruningReport report)
    {
        var graph = ModelGraph.Read(model);
        foreach (var layer in report.Pruned)
        {
            var value = graph.Nodes.Single(node => node.Name == layer.Node).Outputs[0]!;
            int rank = layer.OperatorType is "Conv" or "ConvTranspose" ? 4 : 2;
            while (value.Consumers is [var only] && (Follows.Contains(only.OperatorType) || (only.OperatorType == "Add" && only.Inputs.Any(input => input!.IsConstant)))) value = only.Outputs[0]!;
            float[] factors = [.. Enumerable.Range(0, layer.ChannelsBefore).Select(i => layer.Cut.Contains(i) ? 0f : 1f)];
            var mask = graph.AddConstant("mask", OnnxTensor.Of<float>(factors, rank == 4 ? [1, factors.Length, 1, 1] : [1, factors.Length]));
            var masked = graph.AddValue("masked");
            ModelGraph.ReplaceUses(value, masked);
            graph.AddNode("Mul", [value, mask], masked);
        }

        graph.Sort();
        return graph.ToProto();
    }

    private static void ShouldBeClose(OnnxTensor actual, OnnxTensor expected)
    {
        actual.Dimensions.ShouldBe(expected.Dimensions);
        float size = 1e-3f;
        foreach (float value in expected.As<float>()) size = MathF.Max(size, MathF.Abs(value));
        for (int i = 0; i < expected.Count; i++) Math.Abs(actual.As<float>()[i] - expected.As<float>()[i]).ShouldBeLessThan(1e-5f * size);
    }

    public static TheoryData<PruningImportance, double, bool, int> Recipes => new()
    {
        { PruningImportance.L1, 0.25, false, 1 },
        { PruningImportance.L2, 0.5, false, 1 },
        { PruningImportance.L2, 0.5, true, 1 },
        { PruningImportance.L2, 0.4, false, 8 },
        { PruningImportance.BatchNormalisation, 0.5, false, 4 },
        { PruningImportance.BatchNormalisation, 0.3, true, 1 },
        { PruningImportance.Activation, 0.5, false, 1 },
        { PruningImportance.Activation, 0.6, true, 2 },
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task A_pruned_network_computes_what_the_original_does_with_those_channels_at_zero(PruningImportance importance, double ratio, bool global, int multiple)
    {
        for (int seed = 1; seed <= 3; seed++)
        {
            var original = PruningModels.Cnn(seed);

            var (pruned, report) = await PruneAsync(original, new PruningOptions { Importance = importance, Ratio = ratio, Global = global, Multiple = multiple }, Images());

            report.Pruned.ShouldNotBeEmpty();
            ShouldBeClose(Run(pruned, Image(seed)), Run(Masked(original, report), Image(seed)));
            report.After.Parameters.ShouldBeLessThan(report.Before.Parameters);
            report.After.Macs!.Value.ShouldBeLessThan(report.Before.Macs!.Value);
            OnnxModelReader.Read(pruned.ToByteArray()).Signature.Outputs.ShouldHaveSingleItem().Dimensions.ShouldBe([null, 4L]);
        }
    }

    [Theory]
    [InlineData(0.25, PruningImportance.L1)]
    [InlineData(0.7, PruningImportance.L2)]
    public async Task A_pruned_perceptron_does_too(double ratio, PruningImportance importance)
    {
        var original = TestModel.Mlp();
        var features = new Dictionary<string, OnnxTensor> { ["features"] = TestModel.Random(6, 20, 12) };

        var (pruned, report) = await PruneAsync(original, new PruningOptions { Ratio = ratio, Importance = importance });

        report.Pruned.Select(layer => layer.Node).ShouldBe(["n_h1", "n_h2"]);
        report.Untouched.ShouldHaveSingleItem().Node.ShouldBe("n_logits");
        ShouldBeClose(Run(pruned, features), Run(Masked(original, report), features));
        long first = report.Pruned[0].ChannelsAfter, second = report.Pruned[1].ChannelsAfter;
        (first, second).ShouldBe((32 - (int)(32 * ratio), 16 - (int)(16 * ratio)));
        report.After.Macs.ShouldBe((12 * first) + (first * second) + (second * 3));
        report.Before.Macs.ShouldBe((12 * 32) + (32 * 16) + (16 * 3));
    }

    [Fact]
    public async Task Checker_and_ONNX_Runtime_accept_pruned_models_and_agree_with_the_evaluator()
    {
        var models = new List<ModelProto>();
        foreach (double ratio in (double[])[0.3, 0.6])
        {
            models.Add((await PruneAsync(PruningModels.Cnn(5), new PruningOptions { Ratio = ratio })).Model);
            models.Add((await PruneAsync(PruningModels.Cnn(5), new PruningOptions { Ratio = ratio, Global = true, Importance = PruningImportance.BatchNormalisation })).Model);
            models.Add((await PruneAsync(TestModel.Cnn(), new PruningOptions { Ratio = ratio })).Model);
        }

        foreach (var answer in await OnnxChecker.CheckAsync([.. models])) answer.TryGetProperty("error", out var problem).ShouldBeFalse(problem.ToString());
        var cases = models.Select((model, i) => (model, (IReadOnlyDictionary<string, OnnxTensor>)(i % 3 == 2 ? new Dictionary<string, OnnxTensor> { ["image"] = TestModel.Random(i, 2, 1, 16, 16) } : Image(i)))).ToList();
        var results = await OnnxRuntimeOracle.RunAsync(cases);
        for (int i = 0; i < cases.Count; i++) ShouldBeClose(Run(cases[i].model, cases[i].Item2), results[i].Outputs.ShouldNotBeNull(results[i].Error!)["logits"]);
    }

    [Fact]
    public async Task Layers_that_are_added_lose_the_same_channels_and_groups_stay_even()
    {
        var (pruned, report) = await PruneAsync(PruningModels.Cnn(1), new PruningOptions { Ratio = 0.5 });

        var cut = report.Pruned.ToDictionary(layer => layer.Node);
        cut["n_joined"].Cut.ShouldBe(cut["n_stem_raw"].Cut);
        cut["n_deep"].Cut.ShouldBe(cut["n_stem_raw"].Cut);
        cut["n_joined"].Group.ShouldBe(cut["n_deep"].Group);
        // Both halves of the split are multiplied, so they lose the same places; a grouped convolution loses the same in each group.
        cut["n_stem_raw"].Cut.Where(channel => channel < 8).Select(channel => channel + 8).ShouldBe(cut["n_stem_raw"].Cut.Where(channel => channel >= 8));
        var graph = ModelGraph.Read(pruned);
        var grouped = graph.Nodes.Single(node => node.Name == "n_grouped");
        grouped.Int("group", 1).ShouldBe(4);
        (grouped.Input(1)!.Initializer!.Dims[0] % 4).ShouldBe(0);
        var deep = graph.Nodes.Single(node => node.Name == "n_deep");
        deep.Int("group", 1).ShouldBe(deep.Input(1)!.Initializer!.Dims[0]);
    }

    [Fact]
    public async Task What_is_left_is_a_multiple_where_asked_and_the_least_important_goes()
    {
        var model = TestModel.Mlp();
        var weights = OnnxTensorCodec.Read(model.Graph.Initializer.Single(tensor => tensor.Name == "w1"));
        for (int i = 0; i < weights.Count; i++) weights.As<float>()[i] = i % 32 is 3 or 5 or 30 ? 0.001f : 1;
        model.Graph.Initializer[model.Graph.Initializer.IndexOf(model.Graph.Initializer.Single(tensor => tensor.Name == "w1"))] = OnnxTensorCodec.Write("w1", weights);

        var (_, three) = await PruneAsync(model, new PruningOptions { Ratio = 0.1, LayerRatios = new Dictionary<string, double> { ["n_h2"] = 0 } });
        var (_, rounded) = await PruneAsync(model, new PruningOptions { Ratio = 0.3, Multiple = 8 });

        three.Pruned.ShouldHaveSingleItem().Cut.ShouldBe([3, 5, 30]);
        rounded.Pruned.ShouldHaveSingleItem().ChannelsAfter.ShouldBe(24);
    }

    [Fact]
    public async Task Layers_to_keep_are_kept_with_all_that_they_are_tied_to()
    {
        var (_, report) = await PruneAsync(PruningModels.Cnn(2), new PruningOptions { KeptNodes = new HashSet<string> { "n_joined" } });

        report.Pruned.Select(layer => layer.Node).ShouldNotContain("n_stem_raw");
        report.Pruned.Select(layer => layer.Node).ShouldContain("n_point");
        report.Untouched.Single(layer => layer.Node == "n_joined").Reason.ShouldBe("it is to be kept");
        report.Untouched.Single(layer => layer.Node == "n_logits").Reason.ShouldBe("'logits' is an output of the model");
    }

    [Fact]
    public async Task A_recurrent_network_is_refused_with_the_reason()
    {
        var refused = await Should.ThrowAsync<MeshException>(() => PruneAsync(PruningModels.Lstm(), new PruningOptions()));

        refused.Code.ShouldBe("MESH9841");
        refused.Message.ShouldContain("the gates and the state of the LSTM node 'n_all' share one size");
    }

    [Fact]
    public async Task Channels_before_a_layer_normalisation_stay()
    {
        var model = new TestModel(4, opset: 17).Input("x", -1, 8).Weights("w", 0.5, 8, 16).Weights("g", 1, 16).Weights("v", 0.5, 16, 24).Weights("u", 0.5, 24, 2);
        model.Node("MatMul", "h", ["x", "w"]).Node("LayerNormalization", "n", ["h", "g"]).Node("MatMul", "m", ["n", "v"]).Node("Relu", "r", ["m"]).Node("MatMul", "y", ["r", "u"]).Output("y", -1, 2);

        var (_, report) = await PruneAsync(model.Build(), new PruningOptions { Ratio = 0.5 });

        report.Pruned.ShouldHaveSingleItem().Node.ShouldBe("n_m");
        report.Untouched.Single(layer => layer.Node == "n_h").Reason.ShouldContain("normalises over channels");
    }

    [Fact]
    public async Task Options_that_make_no_sense_are_refused()
    {
        (await Should.ThrowAsync<MeshException>(() => PruneAsync(TestModel.Mlp(), new PruningOptions { Ratio = 1 }))).Code.ShouldBe("MESH9840");
        (await Should.ThrowAsync<MeshException>(() => PruneAsync(TestModel.Mlp(), new PruningOptions { KeptNodes = new HashSet<string> { "none" } }))).Code.ShouldBe("MESH9840");
        (await Should.ThrowAsync<MeshException>(() => PruneAsync(TestModel.Mlp(), new PruningOptions { Importance = PruningImportance.Activation }))).Code.ShouldBe("MESH9842");
    }
}
