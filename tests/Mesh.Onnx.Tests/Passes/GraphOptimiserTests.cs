using Google.Protobuf;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Passes;
using Mesh.Onnx.Tests.Evaluation;
using Mesh.Onnx.Tests.Graph;

namespace Mesh.Onnx.Tests.Passes;

public class GraphOptimiserTests
{
    private static (ModelProto Model, OptimisationReport Report) Optimised(ModelProto model)
    {
        var graph = ModelGraph.Read(model);
        var report = GraphOptimiser.Optimise(graph);
        return (graph.ToProto(), report);
    }

    private static OnnxTensor Run(ModelProto model, string input, OnnxTensor tensor)
    {
        using var session = new OnnxEvaluator().Open(model.ToByteArray());
        return session.Run(new Dictionary<string, OnnxTensor> { [input] = tensor }, [session.Signature.Outputs[0].Name])[0];
    }

    [Fact]
    public void A_cnn_loses_its_normalisations_dropout_and_constants_and_computes_the_same()
    {
        var image = TestModel.Random(3, 4, 1, 16, 16);

        var (model, report) = Optimised(TestModel.Cnn());

        report.Normalisations.ShouldBe(3);
        report.Identities.ShouldBe(1);
        model.Graph.Node.Select(node => node.OpType).ShouldBe(
            ["Conv", "Relu", "MaxPool", "Conv", "Relu", "Conv", "Add", "Relu", "AveragePool", "Shape", "Gather", "Unsqueeze", "Concat", "Reshape", "Gemm"]);
        TensorComparison.Difference(Run(model, "image", image), Run(TestModel.Cnn(), "image", image), 1e-4, 1e-4).ShouldBeNull();
    }

    [Fact]
    public void Nodes_that_are_added_have_names_of_their_own_also_where_others_are_named_after_their_outputs()
    {
        byte[] named = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2], 2, 1).AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 1).Build();
        var graph = ModelGraph.Read(named);

        HalfPrecision.Convert(graph);

        var names = graph.ToProto().Graph.Node.Select(node => node.Name).ToList();
        names.Count.ShouldBe(3);
        names.ShouldBeUnique();
    }

    [Fact]
    public async Task The_onnx_package_and_onnx_runtime_accept_what_the_passes_write()
    {
        var image = new Dictionary<string, OnnxTensor> { ["image"] = TestModel.Random(3, 4, 1, 16, 16) };
        var optimised = Optimised(TestModel.Cnn()).Model;
        var half = ModelGraph.Read(optimised);
        HalfPrecision.Convert(half);

        foreach (var answer in await OnnxChecker.CheckAsync(optimised, half.ToProto())) answer.TryGetProperty("error", out var error).ShouldBeFalse(error.ToString());
        var results = await OnnxRuntimeOracle.RunAsync([(TestModel.Cnn(), image), (optimised, image), (half.ToProto(), image)]);
        var expected = results[0].Outputs.ShouldNotBeNull(results[0].Error!)["logits"];
        TensorComparison.Difference(results[1].Outputs.ShouldNotBeNull(results[1].Error!)["logits"], expected, 1e-4, 1e-4).ShouldBeNull();
        TensorComparison.Difference(results[2].Outputs.ShouldNotBeNull(results[2].Error!)["logits"], expected, 0.02, 0.01).ShouldBeNull();
    }

    [Fact]
    public void With_a_fixed_batch_the_shape_arithmetic_goes_too()
    {
        var model = TestModel.Cnn();
        foreach (var info in model.Graph.Input.Concat(model.Graph.Output)) info.Type.TensorType.Shape.Dim[0] = new TensorShapeProto.Types.Dimension { DimValue = 1 };

        Optimised(model).Model.Graph.Node.Select(node => node.OpType).ShouldNotContain("Shape");
    }

    [Theory]
    [InlineData("ConvTranspose", 2)]
    [InlineData("Conv", 2)]
    [InlineData("Gemm", 1)]
    public void A_normalisation_is_put_into_every_kind_of_layer(string layer, int groups)
    {
        var model = new TestModel(5);
        if (layer == "Gemm") model.Input("x", 3, 4).Weights("w", 1, 4, 6).Weights("b", 1, 6).Node("Gemm", "raw", ["x", "w", "b"], OperatorCase.Attribute("alpha", 0.5f));
        else model.Input("x", 3, 4, 5, 5).Weights("w", 1, layer == "Conv" ? [6, 2, 3, 3] : [4, 3, 3, 3]).Weights("b", 1, 6).Node(layer, "raw", ["x", "w", "b"], OperatorCase.Attribute("group", (long)groups));
        model.Weights("scale", 1, 6).Weights("shift", 1, 6).Weights("mean", 1, 6).Constant("var", OnnxTensor.Of<float>([0.5f, 1, 2, 3, 0.1f, 0.7f], 6)).Node("BatchNormalization", "y", ["raw", "scale", "shift", "mean", "var"]);
        var original = (layer == "Gemm" ? model.Output("y", 3, 6) : layer == "Conv" ? model.Output("y", 3, 6, 3, 3) : model.Output("y", 3, 6, 7, 7)).Build();
        var x = layer == "Gemm" ? TestModel.Random(1, 3, 4) : TestModel.Random(1, 3, 4, 5, 5);

        var (optimised, _) = Optimised(original);

        optimised.Graph.Node.ShouldHaveSingleItem().OpType.ShouldBe(layer);
        TensorComparison.Difference(Run(optimised, "x", x), Run(original, "x", x), 1e-4, 1e-4).ShouldBeNull();
    }

    [Fact]
    public void What_does_not_depend_on_the_input_is_computed_once()
    {
        var model = new TestModel(1).Input("x", 3).Constant("a", OnnxTensor.Of<float>([1, 2, 3], 3)).Node("Exp", "e", ["a"]).Node("Mul", "m", ["e", "a"]).Node("Add", "y", ["x", "m"]).Output("y", 3).Build();

        var (optimised, report) = Optimised(model);

        report.Constants.ShouldBe(2);
        optimised.Graph.Node.ShouldHaveSingleItem().OpType.ShouldBe("Add");
        optimised.Graph.Initializer.ShouldHaveSingleItem().Name.ShouldBe("m");
    }

    [Fact]
    public void Quantised_weights_huge_constants_and_infinities_are_not_folded()
    {
        var model = new TestModel(1).Input("x", 3).Constant("q", OnnxTensor.Of<sbyte>([1, 2, 3], 3)).Constant("s", OnnxTensor.Of<float>([0.1f])).Constant("sizes", OnnxTensor.Of<long>([1 << 14, 1 << 14], 2)).Constant("zero", OnnxTensor.Of<float>([0]));
        model.Node("DequantizeLinear", "w", ["q", "s"]).Node("Add", "y", ["x", "w"]).Node("ConstantOfShape", "huge", ["sizes"]).Node("ReduceSum", "sum", ["huge"]).Node("Log", "minus", ["zero"]).Node("Max", "z", ["y", "sum", "minus"]);

        Optimised(model.Output("z", 1, 3).Build()).Report.Constants.ShouldBe(0);
    }

    [Fact]
    public void Subgraphs_come_through_with_what_they_use()
    {
        var (optimised, _) = Optimised(GraphConditional());

        optimised.Graph.Node.Select(node => node.OpType).ShouldBe(["Identity", "If"]);
    }

    private static ModelProto GraphConditional() => ModelGraphTests.Conditional();

    [Fact]
    public void Half_precision_keeps_inputs_outputs_and_listed_nodes_in_single()
    {
        var graph = ModelGraph.Read(TestModel.Mlp());

        var report = HalfPrecision.Convert(graph, new HalfPrecisionOptions { KeptNodes = new HashSet<string> { "n_probabilities" } });
        var model = graph.ToProto();

        report.Kept.ShouldBe(1);
        report.Clipped.ShouldBe(0);
        model.Graph.Input[0].Type.TensorType.ElemType.ShouldBe((int)OnnxElementType.Float);
        model.Graph.Output[0].Type.TensorType.ElemType.ShouldBe((int)OnnxElementType.Float);
        model.Graph.Initializer.ShouldAllBe(tensor => tensor.DataType == (int)OnnxElementType.Float16);
        graph.Nodes.Select(node => node.OperatorType).ShouldBe(["Cast", "Gemm", "Relu", "MatMul", "Add", "Tanh", "Gemm", "Cast", "Softmax"]);
        var x = TestModel.Random(4, 5, 12);
        TensorComparison.Difference(Run(model, "features", x), Run(TestModel.Mlp(), "features", x), 0.005, 0.01).ShouldBeNull();
    }

    [Fact]
    public void Weights_too_large_for_half_precision_are_counted()
    {
        var graph = ModelGraph.Read(new TestModel(1).Input("x", 2).Constant("w", OnnxTensor.Of<float>([1e6f, 1], 2)).Node("Mul", "y", ["x", "w"]).Output("y", 2).Build());

        HalfPrecision.Convert(graph).Clipped.ShouldBe(1);

        ModelGraph.ConstantOf(graph.Find("w_half")).ShouldNotBeNull().As<Half>()[0].ShouldBe(Half.MaxValue);
    }
}
