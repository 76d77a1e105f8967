using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Graph;

public class ModelGraphTests
{
    [Fact]
    public void A_model_comes_back_as_it_went_in_unknown_fields_included()
    {
        var original = TestModel.Cnn();
        // Field 99 of a node and of the model, which this project's schema does not have.
        byte[] unknown = [0x98, 0x06, 0x2A];
        var extended = ModelProto.Parser.ParseFrom([.. original.ToByteArray(), .. unknown]);
        extended.Graph.Node[0] = NodeProto.Parser.ParseFrom([.. original.Graph.Node[0].ToByteArray(), .. unknown]);

        ModelGraph.Read(extended).ToProto().ShouldBe(extended);
    }

    [Fact]
    public void Values_know_their_producer_and_consumers()
    {
        var graph = ModelGraph.Read(TestModel.Cnn());

        var pooled = graph.Find("p1").ShouldNotBeNull();
        pooled.Producer.ShouldNotBeNull().OperatorType.ShouldBe("MaxPool");
        pooled.Consumers.Select(node => node.OperatorType).ShouldBe(["Conv", "Add"]);
        graph.Find("image")!.IsInput.ShouldBeTrue();
        graph.Find("logits")!.IsOutput.ShouldBeTrue();
        graph.Find("w")!.IsConstant.ShouldBeTrue();
    }

    [Fact]
    public void Initialisers_that_are_listed_as_inputs_are_constants()
    {
        var model = TestModel.Mlp();
        model.IrVersion = 3;
        foreach (var tensor in model.Graph.Initializer) model.Graph.Input.Add(OperatorCase.Describe(tensor.Name, OnnxElementType.Float, tensor.Dims));

        var written = ModelGraph.Read(model).ToProto();

        written.Graph.Input.ShouldHaveSingleItem().Name.ShouldBe("features");
        written.IrVersion.ShouldBe(4);
        OnnxModelChecker.Check(written);
    }

    [Fact]
    public void Nodes_added_at_the_end_are_sorted_to_where_they_are_needed()
    {
        var graph = ModelGraph.Read(TestModel.Mlp());
        var hidden = graph.Find("a1")!;

        var doubled = graph.AddNode("Add", [hidden, hidden], "doubled").Outputs[0]!;
        ModelGraph.SetInput(graph.Find("h2")!.Producer!, 0, doubled);
        graph.Sort();

        OnnxModelChecker.Check(graph.ToProto());
        graph.Nodes.Select(node => node.OperatorType).ShouldBe(["Gemm", "Relu", "Add", "MatMul", "Add", "Tanh", "Gemm", "Softmax"]);
    }

    [Fact]
    public void A_cycle_is_refused_with_a_node_on_it()
    {
        var graph = ModelGraph.Read(TestModel.Mlp());
        ModelGraph.SetInput(graph.Find("a1")!.Producer!, 0, graph.Find("a2"));

        var error = Should.Throw<MeshException>(graph.Sort);

        error.Code.ShouldBe("MESH9802");
        error.Message.ShouldContain("needs its own output");
    }

    [Fact]
    public void A_cycle_in_a_file_is_refused()
    {
        var model = TestModel.Mlp();
        model.Graph.Node[1].Input[0] = "a2";

        Should.Throw<MeshException>(() => ModelGraph.Read(model.ToByteArray())).Code.ShouldBe("MESH9802");
    }

    [Fact]
    public void What_a_subgraph_uses_keeps_its_name_and_its_producer()
    {
        var model = Conditional();
        var graph = ModelGraph.Read(model);

        graph.Find("copy")!.IsCaptured.ShouldBeTrue();
        graph.TryBypass(graph.Find("copy")!.Producer!, graph.Find("x")!).ShouldBeFalse();
        Mesh.Onnx.Passes.DeadCodeRemoval.Run(graph).ShouldBe(0);
        graph.ToProto().ShouldBe(model);
    }

    /// <summary>An If whose branches use a value of the graph around it.</summary>
    internal static ModelProto Conditional()
    {
        GraphProto Branch(string operatorType)
        {
            var branch = new GraphProto { Name = operatorType };
            branch.Node.Add(new NodeProto { OpType = operatorType, Input = { "copy" }, Output = { operatorType + "_out" } });
            branch.Output.Add(OperatorCase.Describe(operatorType + "_out", OnnxElementType.Float, [2]));
            return branch;
        }

        var model = new TestModel(1).Input("x", 2).Node("Identity", "copy", ["x"]).Constant("condition", new OnnxTensor(OnnxElementType.Boolean, [], new byte[] { 1 }));
        return model.Node("If", "y", ["condition"], new AttributeProto { Name = "then_branch", G = Branch("Neg"), Type = (int)AttributeKind.Graph }, new AttributeProto { Name = "else_branch", G = Branch("Abs"), Type = (int)AttributeKind.Graph })
            .Output("y", 2).Build();
    }

    [Fact]
    public void Tensors_are_read_from_every_field_they_may_be_kept_in()
    {
        OnnxTensorCodec.Read(new TensorProto { DataType = (int)OnnxElementType.Int8, Dims = { 2 }, Int32Data = { -1, 5 } }).As<sbyte>().ToArray().ShouldBe([-1, 5]);
        OnnxTensorCodec.Read(new TensorProto { DataType = (int)OnnxElementType.Float16, Dims = { 1 }, Int32Data = { 0x3C00 } }).As<Half>().ToArray().ShouldBe([(Half)1]);
        OnnxTensorCodec.Read(new TensorProto { DataType = (int)OnnxElementType.UInt32, Dims = { 1 }, Uint64Data = { 4_000_000_000 } }).As<uint>().ToArray().ShouldBe([4_000_000_000]);
        OnnxTensorCodec.Read(new TensorProto { DataType = (int)OnnxElementType.Double, Dims = { 1 }, DoubleData = { 0.1 } }).As<double>().ToArray().ShouldBe([0.1]);
        OnnxTensorCodec.Read(new TensorProto { DataType = (int)OnnxElementType.Int64, DoubleData = { }, Int64Data = { 7 } }).As<long>().ToArray().ShouldBe([7]);
    }
}
