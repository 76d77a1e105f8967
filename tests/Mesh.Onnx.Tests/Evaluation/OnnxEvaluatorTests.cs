using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Graph;

namespace Mesh.Onnx.Tests.Evaluation;

public class OnnxEvaluatorTests
{
    private static Dictionary<string, OnnxTensor> Fed(string name, OnnxTensor tensor) => new() { [name] = tensor };

    private static IReadOnlyList<OnnxTensor> Evaluate(ModelProto model, IReadOnlyDictionary<string, OnnxTensor> inputs, params string[] outputs)
    {
        using var session = new OnnxEvaluator().Open(model.ToByteArray());
        return session.Run(inputs, outputs.Length > 0 ? outputs : [.. session.Signature.Outputs.Select(output => output.Name)]);
    }

    [Fact]
    public async Task A_cnn_and_an_mlp_give_what_onnx_runtime_gives()
    {
        var cases = new[] { (TestModel.Cnn(), Fed("image", TestModel.Random(7, 5, 1, 16, 16))), (TestModel.Mlp(), Fed("features", TestModel.Random(8, 9, 12))) };
        var expected = await OnnxRuntimeOracle.RunAsync([.. cases.Select(one => (one.Item1, (IReadOnlyDictionary<string, OnnxTensor>)one.Item2))]);

        for (int i = 0; i < cases.Length; i++)
        {
            var actual = Evaluate(cases[i].Item1, cases[i].Item2).ShouldHaveSingleItem();
            TensorComparison.Difference(actual, expected[i].Outputs.ShouldNotBeNull(expected[i].Error!).Values.Single(), 1e-4, 1e-4).ShouldBeNull();
        }
    }

    [Fact]
    public void A_value_inside_the_model_can_be_asked_for_and_only_what_it_needs_runs()
    {
        var values = Evaluate(TestModel.Cnn(), Fed("image", TestModel.Random(7, 2, 1, 16, 16)), "r1", "c1");

        values[0].ToString().ShouldBe("Float[2, 8, 16, 16]");
        values[0].As<float>().ToArray().ShouldBe(values[1].As<float>().ToArray().Select(value => MathF.Max(0, value)));
    }

    [Fact]
    public void A_tensor_is_released_after_its_last_use()
    {
        const int elements = 1 << 18;
        var model = new TestModel(1).Input("x", elements);
        for (int i = 0; i < 20; i++) model.Node("Neg", $"y{i}", [i == 0 ? "x" : $"y{i - 1}"]);
        var proto = model.Output("y19", elements).Build();
        using var session = new OnnxEvaluator().Open(ModelGraph.Read(proto), OnnxModelChecker.Check(proto));

        session.Run(Fed("x", OnnxTensor.Of<float>(new float[elements], elements)), ["y19"]);

        session.PeakBytes.ShouldBe(2 * elements * sizeof(float));
    }

    [Fact]
    public void Results_stay_when_the_model_runs_again()
    {
        using var session = new OnnxEvaluator().Open(TestModel.Mlp().ToByteArray());
        var first = session.Run(Fed("features", TestModel.Random(1, 4, 12)), ["probabilities"])[0];
        float[] before = first.As<float>().ToArray();

        session.Run(Fed("features", TestModel.Random(2, 4, 12)), ["probabilities"]);

        first.As<float>().ToArray().ShouldBe(before);
    }

    public static TheoryData<string, Dictionary<string, OnnxTensor>> Misfits => new()
    {
        { "input 'features' is missing", [] },
        { "is Double, expected Float", Fed("features", OnnxTensor.Of<double>(new double[12], 1, 12)) },
        { "expected 12 in dimension 1", Fed("features", OnnxTensor.Of<float>(new float[11], 1, 11)) },
        { "where 2 dimensions are expected", Fed("features", OnnxTensor.Of<float>(new float[12], 12)) },
        { "there is no input 'more'", new() { ["features"] = OnnxTensor.Of<float>(new float[12], 1, 12), ["more"] = OnnxTensor.Of<float>([1], 1) } },
    };

    [Theory]
    [MemberData(nameof(Misfits))]
    public void Inputs_that_do_not_fit_are_refused_by_name(string expected, Dictionary<string, OnnxTensor> inputs)
    {
        var error = Should.Throw<MeshException>(() => Evaluate(TestModel.Mlp(), inputs));

        error.Code.ShouldBe("MESH9804");
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void One_symbol_is_one_size()
    {
        var model = new TestModel(1).Input("a", -1, 2).Input("b", -1, 2).Node("Add", "y", ["a", "b"]).Output("y", -1, 2).Build();

        var error = Should.Throw<MeshException>(() => Evaluate(model, new Dictionary<string, OnnxTensor> { ["a"] = TestModel.Random(1, 3, 2), ["b"] = TestModel.Random(1, 1, 2) }));

        error.Code.ShouldBe("MESH9804");
        error.Message.ShouldContain("'batch' is 3 in input 'a' and 1 in 'b'");
    }

    [Fact]
    public void An_operator_that_is_not_known_is_refused_when_the_model_is_opened()
    {
        var model = new TestModel(1).Input("x", 2).Node("Frobnicate", "y", ["x"]).Output("y", 2).Build();

        var error = Should.Throw<MeshException>(() => new OnnxEvaluator().Open(model.ToByteArray()));

        error.Code.ShouldBe("MESH9805");
        error.Message.ShouldContain("Frobnicate node 'n_y'");
    }

    public static TheoryData<string, string, long[]> Bombs => new()
    {
        { "ConstantOfShape", "MESH9820", [1 << 20, 1 << 20] },
        { "ConstantOfShape", "MESH9821", [-1] },
        { "ConstantOfShape", "MESH9820", [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue] },
        { "Expand", "MESH9820", [1 << 20, 1 << 20] },
        { "Tile", "MESH9820", [1 << 30] },
        { "Reshape", "MESH9821", [long.MaxValue, long.MaxValue] },
        { "Pad", "MESH9820", [1 << 27, 1 << 27] },
    };

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Absurd_sizes_are_refused_before_memory_is_taken(string operatorType, string code, long[] sizes)
    {
        var model = new TestModel(1).Input("x", 1).Constant("sizes", OnnxTensor.Of<long>(sizes, sizes.Length));
        model.Node(operatorType, "y", operatorType == "ConstantOfShape" ? ["sizes"] : ["x", "sizes"]).Output("y");
        long before = GC.GetAllocatedBytesForCurrentThread();

        var error = Should.Throw<MeshException>(() => Evaluate(model.Build(), Fed("x", OnnxTensor.Of<float>([1], 1))));

        error.Code.ShouldBe(code);
        error.Message.ShouldContain($"{operatorType} node 'n_y'");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(16 << 20);
    }

    [Fact]
    public void A_model_that_keeps_too_much_alive_is_stopped()
    {
        var model = new TestModel(1).Input("x", 1 << 16);
        for (int i = 0; i < 20; i++) model.Node("Neg", $"y{i}", ["x"]);
        model.Node("Sum", "sum", [.. Enumerable.Range(0, 20).Select(i => $"y{i}")]).Output("sum", 1 << 16);
        using var session = new OnnxEvaluator(new OnnxEvaluatorOptions { MaxLiveBytes = 1 << 21 }).Open(model.Build().ToByteArray());

        Should.Throw<MeshException>(() => session.Run(Fed("x", OnnxTensor.Of<float>(new float[1 << 16], 1 << 16)), ["sum"])).Code.ShouldBe("MESH9820");
    }

    [Fact]
    public void Mutated_models_are_run_or_refused_and_nothing_else()
    {
        var random = new Random(20261130);
        var evaluator = new OnnxEvaluator(new OnnxEvaluatorOptions { MaxTensorBytes = 1 << 22, MaxLiveBytes = 1 << 24 });
        byte[][] originals = [TestModel.Cnn().ToByteArray(), TestModel.Mlp().ToByteArray(), .. Small(40)];
        int refused = 0, ran = 0;
        for (int round = 0; round < 6_000; round++)
        {
            byte[] mutated = [.. originals[random.Next(originals.Length)]];
            for (int change = random.Next(1, 4); change > 0; change--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            try
            {
                using var session = evaluator.Open(mutated);
                var inputs = session.Signature.Inputs.ToDictionary(input => input.Name, input => Zeros(input));
                session.Run(inputs, [.. session.Signature.Outputs.Select(output => output.Name)]);
                ran++;
            }
            catch (MeshException exception)
            {
                exception.Code.ShouldStartWith("MESH98");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(500);
        ran.ShouldBeGreaterThan(500);
    }

    private static OnnxTensor Zeros(OnnxValue value)
    {
        long[] sizes = [.. value.Dimensions.Select(size => Math.Min(size ?? 2, 1 << 10))];
        long count = Math.Min(1 << 20, sizes.Aggregate(1L, (a, b) => a * b));
        int width = value.ElementType is OnnxElementType.String || !Enum.IsDefined(value.ElementType) ? 1 : OnnxTensor.WidthOf(value.ElementType);
        return new OnnxTensor(width == 1 ? OnnxElementType.UInt8 : value.ElementType, sizes, new byte[count * width]);
    }

    /// <summary>One-node models of many operators, small enough that a changed byte often hits an attribute or a size.</summary>
    private static IEnumerable<byte[]> Small(int count)
    {
        var families = OperatorTests.Families.Select(family => family.Data.Item1);
        var all = families.SelectMany(family => new OperatorCases(3).Of(family)).ToList();
        for (int i = 0; i < count; i++) yield return all[i * all.Count / count].Model().ToByteArray();
    }

    [Fact]
    public void Gelu_is_its_formula()
    {
        var x = OnnxTensor.Of<float>([-3, -1, -0.1f, 0, 0.5f, 2, 10], 7);
        double[] exact = [-0.00404969409489031, -0.158655253931457, -0.0460172162722971, 0, 0.345731230637009, 1.95449973610364, 10];
        var actual = Evaluate(new OperatorCase("Gelu", 20, [x]).Model(), Fed("x0", x))[0].As<float>().ToArray();
        var approximate = Evaluate(new OperatorCase("Gelu", 20, [x]) { Attributes = [OperatorCase.Attribute("approximate", "tanh")] }.Model(), Fed("x0", x))[0].As<float>().ToArray();

        for (int i = 0; i < exact.Length; i++)
        {
            ((double)actual[i]).ShouldBe(exact[i], 1e-6);
            ((double)approximate[i]).ShouldBe(exact[i], 2e-3);
        }
    }

    [Fact]
    public void Blocked_quantisation_of_operator_set_21_has_a_scale_per_block()
    {
        var x = OnnxTensor.Of<float>([1, 2, 3, 4, 10, 20, 30, 40], 2, 4);
        var scales = OnnxTensor.Of<float>([1, 0.5f, 10, 5], 2, 2);
        var model = new OperatorCase("QuantizeLinear", 21, [x, scales, OnnxTensor.Of<sbyte>([0, 0, 1, 0], 2, 2)])
        {
            Attributes = [OperatorCase.Attribute("axis", 1L), OperatorCase.Attribute("block_size", 2L)], OutputTypes = [OnnxElementType.Int8],
        };

        Evaluate(model.Model(), model.Fed)[0].As<sbyte>().ToArray().ShouldBe([1, 2, 6, 8, 2, 3, 6, 8]);
    }
}
