using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Quantisation;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Quantisation;

public class PostTrainingQuantiserTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Samples(string name, int count, params long[] sizes)
    {
        for (int i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return new Dictionary<string, OnnxTensor> { [name] = TestModel.Random(1000 + i, sizes) };
        }
    }

    private static IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Images() => Samples("image", 4, 8, 1, 16, 16);

    private static Task<QuantisedModel> QuantiseAsync(ModelProto model, IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples, QuantisationOptions options) =>
        new PostTrainingQuantiser(new OnnxEvaluator()).QuantiseAsync(model, samples, options, Token);

    private static double Sqnr(OnnxTensor actual, OnnxTensor expected)
    {
        double signal = 0, noise = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            double a = TensorComparison.Number(actual, i), b = TensorComparison.Number(expected, i);
            signal += b * b;
            noise += (a - b) * (a - b);
        }

        return 10 * Math.Log10(signal / noise);
    }

    public static TheoryData<string, QuantisationFlavour, CalibrationMethod, double> Recipes => new()
    {
        { "cnn", QuantisationFlavour.OrtU8S8, CalibrationMethod.MinMax, 25 },
        { "cnn", QuantisationFlavour.OrtU8S8, CalibrationMethod.Percentile, 20 },
        { "cnn", QuantisationFlavour.OrtU8S8, CalibrationMethod.Entropy, 12 },
        { "cnn", QuantisationFlavour.OrtU8S8, CalibrationMethod.MeanSquaredError, 25 },
        { "cnn", QuantisationFlavour.OrtS8S8, CalibrationMethod.MinMax, 25 },
        { "cnn", QuantisationFlavour.TensorRt, CalibrationMethod.MinMax, 25 },
        { "mlp", QuantisationFlavour.OrtU8S8, CalibrationMethod.MinMax, 25 },
        { "mlp", QuantisationFlavour.OrtS8S8, CalibrationMethod.MeanSquaredError, 25 },
        { "mlp", QuantisationFlavour.TensorRt, CalibrationMethod.MinMax, 25 },
    };

    [Theory]
    [MemberData(nameof(Recipes))]
    public async Task A_quantised_model_runs_in_onnx_runtime_close_to_the_float_one(string kind, QuantisationFlavour flavour, CalibrationMethod method, double minSqnr)
    {
        var (original, name, samples) = kind == "cnn" ? (TestModel.Cnn(), "image", Images()) : (TestModel.Mlp(), "features", Samples("features", 8, 16, 12));
        var unseen = new Dictionary<string, OnnxTensor> { [name] = kind == "cnn" ? TestModel.Random(5, 32, 1, 16, 16) : TestModel.Random(5, 64, 12) };
        string output = original.Graph.Output[0].Name;

        var (quantised, report) = await QuantiseAsync(original, samples, new QuantisationOptions { Flavour = flavour, Method = method });

        report.Outputs.SqnrDb.ShouldBeGreaterThan(minSqnr);
        (await OnnxChecker.CheckAsync(quantised))[0].TryGetProperty("error", out var problem).ShouldBeFalse(problem.ToString());
        var asWritten = await OnnxRuntimeOracle.RunAsync([(original, unseen), (quantised, unseen)], "disabled");
        var fused = await OnnxRuntimeOracle.RunAsync([(quantised, unseen)], "all");
        var reference = asWritten[0].Outputs.ShouldNotBeNull(asWritten[0].Error!)[output];
        Sqnr(asWritten[1].Outputs.ShouldNotBeNull(asWritten[1].Error!)[output], reference).ShouldBeGreaterThan(minSqnr);
        Sqnr(fused[0].Outputs.ShouldNotBeNull(fused[0].Error!)[output], reference).ShouldBeGreaterThan(minSqnr - 3);

        // Run as it is written, the evaluator and ONNX Runtime may round a sum to the other side of a step now and then, and no more.
        using var session = new OnnxEvaluator().Open(quantised.ToByteArray());
        Sqnr(session.Run(unseen, [output])[0], asWritten[1].Outputs![output]).ShouldBeGreaterThan(minSqnr + 10);
        quantised.CalculateSize().ShouldBeLessThan(original.CalculateSize());
    }

    [Fact]
    public async Task For_onnx_runtime_layers_take_and_give_quantised_tensors_and_the_interior_before_relu_stays()
    {
        var (model, report) = await QuantiseAsync(TestModel.Cnn(), Images(), new QuantisationOptions());

        var graph = ModelGraph.Read(model);
        report.Quantised.Count.ShouldBe(11);
        foreach (var conv in graph.Nodes.Where(node => node.OperatorType == "Conv"))
        {
            conv.Inputs.ShouldAllBe(input => input!.Producer!.OperatorType == "DequantizeLinear");
            ModelGraph.ConstantOf(conv.Input(1)!.Producer!.Input(0)).ShouldNotBeNull().ElementType.ShouldBe(OnnxElementType.Int8);
            ModelGraph.ConstantOf(conv.Input(2)!.Producer!.Input(0)).ShouldNotBeNull().ElementType.ShouldBe(OnnxElementType.Int32);
        }

        graph.Nodes.Where(node => node.OperatorType == "Relu").ShouldAllBe(relu => relu.Input(0)!.Producer!.OperatorType == "Conv" || relu.Input(0)!.Producer!.OperatorType == "Add");
        var pool = graph.Nodes.Single(node => node.OperatorType == "MaxPool");
        var (before, after) = (pool.Input(0)!.Producer!, pool.Outputs[0]!.Consumers.Single());
        ModelGraph.ConstantOf(before.Input(1))!.As<float>()[0].ShouldBe(ModelGraph.ConstantOf(after.Input(1))!.As<float>()[0]);
        graph.Find("logits")!.Producer!.OperatorType.ShouldBe("DequantizeLinear");
    }

    [Fact]
    public async Task For_TensorRT_everything_is_symmetric_and_bias_stays_in_float()
    {
        var (model, _) = await QuantiseAsync(TestModel.Cnn(), Images(), new QuantisationOptions { Flavour = QuantisationFlavour.TensorRt });

        var graph = ModelGraph.Read(model);
        foreach (var node in graph.Nodes.Where(node => node.OperatorType is "QuantizeLinear" or "DequantizeLinear"))
        {
            var zero = ModelGraph.ConstantOf(node.Input(2)).ShouldNotBeNull();
            zero.ElementType.ShouldBe(OnnxElementType.Int8);
            zero.Bytes.ToArray().ShouldAllBe(value => value == 0);
        }

        graph.Nodes.Where(node => node.OperatorType is "Conv" or "Gemm").ShouldAllBe(node => node.Input(2)!.IsConstant);
    }

    [Fact]
    public async Task Weights_are_restored_to_half_a_step_per_channel()
    {
        var (model, _) = await QuantiseAsync(TestModel.Mlp(), Samples("features", 4, 16, 12), new QuantisationOptions());
        var original = ModelGraph.ConstantOf(ModelGraph.Read(TestModel.Mlp()).Find("w1"))!;
        var graph = ModelGraph.Read(model);
        var scales = ModelGraph.ConstantOf(graph.Find("w1_scale"))!.As<float>().ToArray();
        using var session = new OnnxEvaluator().Open(model.ToByteArray());

        var restored = session.Run(new Dictionary<string, OnnxTensor> { ["features"] = TestModel.Random(1, 1, 12) }, ["w1_dequantised"])[0];

        scales.Length.ShouldBe(32);
        for (int i = 0; i < original.Count; i++) Math.Abs(restored.As<float>()[i] - original.As<float>()[i]).ShouldBeLessThanOrEqualTo((scales[i % 32] / 2) * 1.0001f);
    }

    [Fact]
    public async Task Layers_that_hurt_most_stay_in_float_until_the_bound_is_met()
    {
        // The middle layer has one huge weight a channel, which leaves few steps for the others.
        var model = TestModel.Mlp();
        var tensor = OnnxTensorCodec.Read(model.Graph.Initializer.Single(initializer => initializer.Name == "w2"));
        for (int i = 0; i < 16; i++) tensor.As<float>()[i] = 40;
        model.Graph.Initializer[model.Graph.Initializer.IndexOf(model.Graph.Initializer.Single(initializer => initializer.Name == "w2"))] = OnnxTensorCodec.Write("w2", tensor);
        IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> samples = Samples("features", 6, 16, 12);
        var (_, whole) = await QuantiseAsync(model, samples, new QuantisationOptions());
        double bound = whole.Outputs.SqnrDb + 3;

        var (_, mixed) = await QuantiseAsync(model, samples, new QuantisationOptions { MinSqnrDb = bound });

        mixed.Outputs.SqnrDb.ShouldBeGreaterThanOrEqualTo(bound);
        mixed.LeftOut.ShouldNotBeEmpty();
        mixed.LeftOut.Select(layer => layer.SqnrDb).ShouldBeInOrder();
        mixed.Quantised.Count.ShouldBe(whole.Quantised.Count - mixed.LeftOut.Count);
        mixed.Quantised.Intersect(mixed.LeftOut.Select(layer => layer.Node)).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_effect_of_each_layer_is_measured_when_asked_the_worst_first()
    {
        var (_, report) = await QuantiseAsync(TestModel.Mlp(), Samples("features", 4, 16, 12), new QuantisationOptions { MeasureSensitivity = true });

        report.LeftOut.ShouldBeEmpty();
        report.Sensitivity.ShouldNotBeNull().Select(layer => layer.Node).ShouldBe(report.Quantised, ignoreOrder: true);
        report.Sensitivity!.Select(layer => layer.SqnrDb).ShouldBeInOrder();
        report.Sensitivity![0].SqnrDb.ShouldBeGreaterThan(report.Outputs.SqnrDb - 0.5);
    }

    /// <summary>Two branches of different size that are joined, then functions of known range.</summary>
    private static ModelProto Joined()
    {
        var model = new TestModel(9).Input("x", -1, 8).Weights("w1", 0.5, 8, 6).Weights("w2", 6, 8, 6).Weights("w3", 0.3, 12, 5).Weights("w4", 0.5, 5, 4).Weights("w5", 0.5, 4, 3);
        model.Constant("more", OnnxTensor.Of<float>([1, -40, 3], 1, 3));
        model.Node("MatMul", "small", ["x", "w1"]).Node("MatMul", "large", ["x", "w2"]).Node("Concat", "both", ["small", "large"], OperatorCase.Attribute("axis", 1L));
        model.Node("MatMul", "h", ["both", "w3"]).Node("Tanh", "t", ["h"]).Node("MatMul", "i", ["t", "w4"]).Node("Sigmoid", "s", ["i"]).Node("MatMul", "j", ["s", "w5"]).Node("Softmax", "y", ["j"], OperatorCase.Attribute("axis", 1L));
        return model.Output("y", -1, 3).Build();
    }

    [Fact]
    public async Task The_parts_of_a_Concat_and_its_result_have_one_scale()
    {
        var (model, _) = await QuantiseAsync(Joined(), Samples("x", 3, 16, 8), new QuantisationOptions());

        var graph = ModelGraph.Read(model);
        float[] scales = [.. new[] { "small", "large", "both" }.Select(name => ModelGraph.ConstantOf(graph.Find(name + "_scale")).ShouldNotBeNull(name).As<float>()[0])];
        scales.Distinct().ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(0.001f, false)]
    [InlineData(2f, true)]
    public async Task A_division_stays_in_float_where_a_divisor_would_become_zero(float divisor, bool isQuantised)
    {
        var original = ModelProto.Parser.ParseFrom(new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("d", [divisor, 5], 2).AddNode("Div", ["x", "d"], "q").AddNode("Add", ["q", "x"], "y").AddOutput("y", 2).Build());

        var (model, _) = await QuantiseAsync(original, Samples("x", 3, 16, 2), new QuantisationOptions { Flavour = QuantisationFlavour.Qnn });

        model.Graph.Initializer.Any(constant => constant.Name == "d_quantised").ShouldBe(isQuantised);
        model.Graph.Initializer.Any(constant => constant.Name == "d").ShouldBe(!isQuantised);
    }

    [Theory]
    [InlineData(8, 1f / 256, 2f / 256, 128)]
    [InlineData(16, 1f / 65536, 2f / 65536, 32768)]
    public async Task For_QNN_known_functions_have_their_own_step_and_every_operator_is_quantised(int bits, float unit, float tanh, int tanhZero)
    {
        var (model, report) = await QuantiseAsync(Joined(), Samples("x", 3, 16, 8), new QuantisationOptions { Flavour = QuantisationFlavour.Qnn, ActivationBits = bits });

        var graph = ModelGraph.Read(model);
        report.Quantised.Count.ShouldBe(9);
        foreach (string name in (string[])["s", "y"]) ModelGraph.ConstantOf(graph.Find(name + "_scale"))!.As<float>()[0].ShouldBe(unit);
        ModelGraph.ConstantOf(graph.Find("t_scale"))!.As<float>()[0].ShouldBe(tanh);
        var zero = ModelGraph.ConstantOf(graph.Find("t_zero_point"))!;
        int point = bits == 8 ? zero.As<byte>()[0] : zero.As<ushort>()[0];
        point.ShouldBe(tanhZero);
        foreach (var product in graph.Nodes.Where(node => node.OperatorType == "MatMul")) ModelGraph.ConstantOf(product.Input(1)!.Producer!.Input(0))!.ElementType.ShouldBe(OnnxElementType.Int8);
        report.Outputs.SqnrDb.ShouldBeGreaterThan(bits == 8 ? 25 : 35);
        // 16 bits are in ONNX Runtime's own operators before operator set 21, which the onnx checker does not know.
        graph.Nodes.Where(node => node.OperatorType == "QuantizeLinear").ShouldAllBe(node => node.Domain == (bits == 8 ? "" : "com.microsoft"));
    }

    [Fact]
    public async Task Sixteen_bits_are_for_QNN_alone() =>
        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(TestModel.Mlp(), Samples("features", 1, 4, 12), new QuantisationOptions { ActivationBits = 16 }))).Code.ShouldBe("MESH9830");

    [Fact]
    public async Task What_cannot_be_quantised_is_refused_with_the_reason()
    {
        var nothing = new TestModel(1).Input("x", 2).Node("Exp", "y", ["x"]).Output("y", 2).Build();
        var old = TestModel.Mlp();
        old.OpsetImport[0].Version = 11;
        async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> Infinite()
        {
            await Task.Yield();
            yield return new Dictionary<string, OnnxTensor> { ["features"] = OnnxTensor.Of<float>([.. Enumerable.Repeat(float.PositiveInfinity, 12)], 1, 12) };
        }

        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(nothing, Samples("x", 1, 2), new QuantisationOptions()))).Code.ShouldBe("MESH9830");
        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(old, Samples("features", 1, 4, 12), new QuantisationOptions()))).Code.ShouldBe("MESH9830");
        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(TestModel.Mlp(), Samples("features", 0, 4, 12), new QuantisationOptions()))).Code.ShouldBe("MESH9831");
        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(TestModel.Mlp(), Infinite(), new QuantisationOptions()))).Code.ShouldBe("MESH9831");
        (await Should.ThrowAsync<MeshException>(() => QuantiseAsync(TestModel.Mlp(), Samples("features", 2, 4, 12), new QuantisationOptions { MinSqnrDb = 400, KeptNodes = new HashSet<string> { "n_h1" } }))).Code.ShouldBe("MESH9832");
    }
}
