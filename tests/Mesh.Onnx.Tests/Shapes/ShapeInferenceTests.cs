using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;
using Mesh.Onnx.Shapes;
using Mesh.Onnx.Tests.Evaluation;

namespace Mesh.Onnx.Tests.Shapes;

public class ShapeInferenceTests
{
    [Theory]
    [MemberData(nameof(OperatorTests.Families), MemberType = typeof(OperatorTests))]
    public void What_is_inferred_is_what_is_computed(string family, int atLeast)
    {
        int known = 0;
        foreach (var one in new OperatorCases(5).Of(family))
        {
            var model = one.Model();
            using var session = new OnnxEvaluator().Open(model.ToByteArray());
            var computed = session.Run(one.Fed, one.OutputNames);
            var inferred = ShapeInference.Infer(ModelGraph.Read(model));
            for (int i = 0; i < computed.Count; i++)
            {
                var type = inferred[one.OutputNames[i]];
                type.ElementType.ShouldBe(computed[i].ElementType, one.ToString());
                if (type.Shape is not { } shape) continue;
                shape.Count.ShouldBe(computed[i].Dimensions.Count, one.ToString());
                for (int d = 0; d < shape.Count; d++) (shape[d].Size ?? computed[i].Dimensions[d]).ShouldBe(computed[i].Dimensions[d], one.ToString());
                if (shape.All(size => size.Size is not null)) known++;
            }
        }

        // Recurrent layers and operators whose result depends on data are not inferred; shapes given as inputs are not known either.
        if (family is "unary" or "binary" or "matrices" or "convolution" or "pooling" or "normalisation") known.ShouldBeGreaterThanOrEqualTo(atLeast);
    }

    [Fact]
    public void A_symbolic_batch_comes_through_shape_arithmetic()
    {
        var types = ShapeInference.Infer(ModelGraph.Read(TestModel.Cnn()));

        types["c1"].ToString().ShouldBe("Float[batch, 8, 16, 16]");
        types["p1"].ToString().ShouldBe("Float[batch, 8, 8, 8]");
        types["wanted"].ToString().ShouldBe("Int64[2]");
        types["flat"].ToString().ShouldBe("Float[batch, 128]");
        types["logits"].ToString().ShouldBe("Float[batch, 4]");
    }

    [Fact]
    public async Task The_onnx_package_infers_the_same()
    {
        var models = new[] { TestModel.Cnn(), TestModel.Mlp() };
        var theirs = await OnnxChecker.CheckAsync(models);

        for (int i = 0; i < models.Length; i++)
        {
            theirs[i].TryGetProperty("error", out var error).ShouldBeFalse(error.ToString());
            var ours = ShapeInference.Infer(ModelGraph.Read(models[i]));
            foreach (var value in theirs[i].GetProperty("values").EnumerateObject())
            {
                ((int)ours[value.Name].ElementType).ShouldBe(value.Value.GetProperty("type").GetInt32(), value.Name);
                if (value.Value.GetProperty("dims").ValueKind == System.Text.Json.JsonValueKind.Null) continue;
                string[] dims = [.. value.Value.GetProperty("dims").EnumerateArray().Select(size => size.ToString())];
                var shape = ours[value.Name].Shape.ShouldNotBeNull(value.Name);
                shape.Count.ShouldBe(dims.Length, value.Name);
                for (int d = 0; d < dims.Length; d++)
                {
                    // Where the package only has a made-up symbol, ours may know more.
                    if (long.TryParse(dims[d], out _) || dims[d] == "batch") shape[d].ToString().ShouldBe(dims[d], value.Name);
                }
            }
        }
    }

    public static TheoryData<string, ModelProto> Contradictions => new()
    {
        { "12 columns meet 11 rows", new TestModel(1).Input("x", -1, 12).Weights("w", 1, 11, 3).Node("MatMul", "y", ["x", "w"]).Output("y", -1, 3).Build() },
        { "do not fit each other", new TestModel(1).Input("a", 3, 2).Input("b", 4, 2).Node("Add", "y", ["a", "b"]).Output("y", 3, 2).Build() },
        { "where the model says", new TestModel(1).Input("x", 3, 2).Node("Relu", "y", ["x"]).Output("y", 3, 4).Build() },
        { "reshapes [2, 3] to [4]", new TestModel(1).Input("x", 2, 3).Constant("s", OnnxTensor.Of<long>([4], 1)).Node("Reshape", "y", ["x", "s"]).Output("y", 4).Build() },
        { "has axis 5", new TestModel(1).Input("x", 2, 3).Node("Concat", "y", ["x", "x"], OperatorCase.Attribute("axis", 5L)).Output("y", 2, 3).Build() },
    };

    [Theory]
    [MemberData(nameof(Contradictions))]
    public void Sizes_that_do_not_fit_are_refused_with_the_node(string expected, ModelProto model)
    {
        var error = Should.Throw<MeshException>(() => ShapeInference.Infer(ModelGraph.Read(model)));

        error.Code.ShouldBe("MESH9821");
        error.Message.ShouldContain(expected);
        error.Message.ShouldContain("'n_y'");
    }
}
