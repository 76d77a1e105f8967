using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Mesh.Model;
using Mesh.Onnx.Runtime;
using Mesh.Testing;
using static Mesh.Onnx.Tests.Runtime.TestModels;

namespace Mesh.Onnx.Tests.Runtime;

public class OrtSessionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static IOnnxSession Open(byte[] model, OrtOptions? options = null) => new OrtRuntime(OnnxRuntimeLibrary.File, options).Open(model);

    [Fact]
    public void Every_result_can_say_which_runtime_made_it()
    {
        using var session = Open(Classifier());

        session.Runtime.ShouldMatch(@"^onnxruntime 1\.\d+\.\d+ CPU$");
        new OrtRuntime(OnnxRuntimeLibrary.File).Name.ShouldBe(session.Runtime);
        session.Signature.Inputs.ShouldHaveSingleItem().ToString().ShouldBe("image: Float[?, 1, 8, 8]");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    public async Task A_classifier_gives_bit_for_bit_what_ONNX_Runtime_gives_in_Node(int rows)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(rows);
        var image = OnnxTensor.Of<float>([.. Enumerable.Range(0, rows * 64).Select(i => (random.NextSingle() - (i / 64 % 2)) * (1 + (i / 64 % 5)))], rows, 1, 8, 8);

        using var session = Open(Classifier());
        var ours = session.Run(new Dictionary<string, OnnxTensor> { ["image"] = image }, ["probabilities", "label", "features"]);

        var theirs = await RunInNodeAsync(folder, Classifier(), ("image", "float32", image));
        ours.Select(output => output.ToString()).ShouldBe([$"Float[{rows}, 5]", $"Int64[{rows}]", $"Float[{rows}, 4]"]);
        Convert.ToBase64String(ours[0].Bytes.Span).ShouldBe(theirs.GetProperty("probabilities").GetProperty("data").GetString());
        Convert.ToBase64String(ours[1].Bytes.Span).ShouldBe(theirs.GetProperty("label").GetProperty("data").GetString());
        Convert.ToBase64String(ours[2].Bytes.Span).ShouldBe(theirs.GetProperty("features").GetProperty("data").GetString());
        // Not the same for every row: a model that ignored its input would pass otherwise.
        ours[2].As<float>().ToArray().Distinct().Count().ShouldBeGreaterThanOrEqualTo(rows);
    }

    [Fact]
    public void Outputs_come_in_the_order_they_were_asked_for_and_only_those()
    {
        using var session = Open(Classifier());
        var inputs = new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>(new float[64], 1, 1, 8, 8) };

        session.Run(inputs, ["label", "features"]).Select(output => output.ToString()).ShouldBe(["Int64[1]", "Float[1, 4]"]);
        session.Run(inputs, []).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(OnnxElementType.Float)]
    [InlineData(OnnxElementType.Double)]
    [InlineData(OnnxElementType.Float16)]
    [InlineData(OnnxElementType.Int8)]
    [InlineData(OnnxElementType.UInt8)]
    [InlineData(OnnxElementType.Int16)]
    [InlineData(OnnxElementType.UInt16)]
    [InlineData(OnnxElementType.Int32)]
    [InlineData(OnnxElementType.UInt32)]
    [InlineData(OnnxElementType.Int64)]
    [InlineData(OnnxElementType.UInt64)]
    [InlineData(OnnxElementType.Boolean)]
    [InlineData(OnnxElementType.BFloat16)]
    public void Every_type_of_number_goes_in_and_comes_out_unchanged(OnnxElementType type)
    {
        byte[] bytes = new byte[6 * OnnxTensor.WidthOf(type)];
        new Random(3).NextBytes(bytes);
        if (type == OnnxElementType.Boolean) bytes = [1, 0, 0, 1, 1, 0];
        using var session = Open(Identity(type));

        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = new(type, [2, 3], bytes) }, ["y"])[0];

        result.ToString().ShouldBe($"{type}[2, 3]");
        result.Bytes.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public void Half_precision_is_computed_in_half_precision()
    {
        var model = Make(
            [Node("Cast", ["x"], ["wide"], Int("to", (long)OnnxElementType.Float)), Node("Mul", ["wide", "wide"], ["square"]), Node("Cast", ["square"], ["y"], Int("to", (long)OnnxElementType.Float16))],
            [Value("x", OnnxElementType.Float16, -1)], [Value("y", OnnxElementType.Float16, -1)]);
        using var session = Open(model.ToByteArray());

        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<Half>([(Half)0.5f, (Half)(-3f), (Half)300f], 3) }, ["y"])[0];

        result.As<Half>().ToArray().ShouldBe([(Half)0.25f, (Half)9f, Half.PositiveInfinity]);
    }

    [Fact]
    public void Rows_may_be_none()
    {
        using var session = Open(Identity(OnnxElementType.Float));

        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>([], 0, 3) }, ["y"])[0];

        result.ToString().ShouldBe("Float[0, 3]");
    }

    [Fact]
    public void A_scalar_has_no_dimensions()
    {
        var model = Make([Node("Add", ["x", "x"], ["y"])], [Value("x", OnnxElementType.Double)], [Value("y", OnnxElementType.Double)]);
        using var session = Open(model.ToByteArray());

        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<double>([1.25]) }, ["y"])[0];

        result.Dimensions.ShouldBeEmpty();
        result.As<double>()[0].ShouldBe(2.5);
    }

    [Fact]
    public void A_slice_of_a_bigger_buffer_is_read_where_it_lies()
    {
        float[] buffer = [-1, 1, 2, 3, -1];
        byte[] bytes = MemoryMarshal.AsBytes(buffer.AsSpan()).ToArray();
        using var session = Open(Identity(OnnxElementType.Float));

        var result = session.Run(new Dictionary<string, OnnxTensor> { ["x"] = new(OnnxElementType.Float, [1, 3], bytes.AsMemory(4, 12)) }, ["y"])[0];

        result.As<float>().ToArray().ShouldBe([1f, 2f, 3f]);
    }

    public static TheoryData<string, Action<Dictionary<string, OnnxTensor>>> WrongInputs() => new()
    {
        { "the input 'image' is missing; the model takes image: Float[?, 1, 8, 8]", inputs => inputs.Remove("image") },
        { "there is no input 'more'", inputs => inputs["more"] = OnnxTensor.Of<float>([1], 1) },
        { "the input 'image' is Double[1, 1, 8, 8] where the model takes image: Float[?, 1, 8, 8]", inputs => inputs["image"] = OnnxTensor.Of<double>(new double[64], 1, 1, 8, 8) },
        { "the input 'image' is Float[1, 1, 4, 16]", inputs => inputs["image"] = OnnxTensor.Of<float>(new float[64], 1, 1, 4, 16) },
        { "the input 'image' is Float[1, 64]", inputs => inputs["image"] = OnnxTensor.Of<float>(new float[64], 1, 64) },
    };

    [Theory]
    [MemberData(nameof(WrongInputs))]
    public void Inputs_that_do_not_fit_are_refused_with_what_would(string expected, Action<Dictionary<string, OnnxTensor>> spoil)
    {
        using var session = Open(Classifier());
        var inputs = new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>(new float[64], 1, 1, 8, 8) };
        spoil(inputs);

        var error = Should.Throw<MeshException>(() => session.Run(inputs, ["label"]));

        error.Code.ShouldBe("MESH9804");
        error.Message.ShouldContain(expected);
    }

    [Fact]
    public void An_output_the_model_does_not_give_is_refused_with_those_it_gives()
    {
        using var session = Open(Classifier());
        var inputs = new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>(new float[64], 1, 1, 8, 8) };

        var error = Should.Throw<MeshException>(() => session.Run(inputs, ["probability"]));

        error.Code.ShouldBe("MESH9804");
        error.Message.ShouldContain("there is no output 'probability'; the model gives probabilities: Float[?, 5], label: Int64[?]");
    }

    [Fact]
    public void Inputs_that_only_the_operators_can_tell_do_not_fit_are_refused_in_ONNX_Runtimes_words()
    {
        var model = Make(
            [Node("Add", ["a", "b"], ["y"])], [Value("a", OnnxElementType.Float, -1), Value("b", OnnxElementType.Float, -1)], [Value("y", OnnxElementType.Float, -1)]);
        using var session = Open(model.ToByteArray());

        var error = Should.Throw<MeshException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["a"] = OnnxTensor.Of<float>([1, 2], 2), ["b"] = OnnxTensor.Of<float>([1, 2, 3], 3) }, ["y"]));

        error.Code.ShouldBeOneOf("MESH9804", "MESH9852");
        error.Message.ShouldContain("2 by 3");
    }

    [Fact]
    public void Text_is_refused_as_an_input_and_left_alone_as_an_output_nobody_asks_for()
    {
        var takesText = Make([Node("Identity", ["x"], ["y"])], [Value("x", OnnxElementType.String, 1)], [Value("y", OnnxElementType.String, 1)]);
        var givesText = Make(
            [Node("Cast", ["x"], ["text"], Int("to", (long)OnnxElementType.String)), Node("Identity", ["x"], ["y"])],
            [Value("x", OnnxElementType.Float, 1)], [Value("text", OnnxElementType.String, 1), Value("y", OnnxElementType.Float, 1)]);

        Should.Throw<MeshException>(() => Open(takesText.ToByteArray())).ShouldSatisfyAllConditions(
            error => error.Code.ShouldBe("MESH9805"), error => error.Message.ShouldContain("input 'x' is of type String"));
        using var session = Open(givesText.ToByteArray());
        var inputs = new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>([2], 1) };
        session.Run(inputs, ["y"])[0].As<float>()[0].ShouldBe(2);
        Should.Throw<MeshException>(() => session.Run(inputs, ["text"])).Message.ShouldContain("output 'text' is of type String");
    }

    public static TheoryData<string, string, Func<ModelProto>> BrokenModels() => new()
    {
        { "MESH9802", "'nowhere'", () => Make([Node("Relu", ["nowhere"], ["y"])], [Value("x", OnnxElementType.Float, 1)], [Value("y", OnnxElementType.Float, 1)]) },
        { "MESH9802", "Nonsense", () => Make([Node("Nonsense", ["x"], ["y"])], [Value("x", OnnxElementType.Float, 1)], [Value("y", OnnxElementType.Float, 1)]) },
        { "MESH9805", "Relu", () => Make([Node("Relu", ["x"], ["y"])], [Value("x", OnnxElementType.BFloat16, 1)], [Value("y", OnnxElementType.BFloat16, 1)]) },
        { "MESH9805", "MatMul", () => Make([Node("MatMul", ["x", "x"], ["y"])], [Value("x", OnnxElementType.Float, 2, 3)], [Value("y", OnnxElementType.Float, 2, 3)]) },
    };

    [Theory]
    [MemberData(nameof(BrokenModels))]
    public void A_model_that_cannot_be_run_is_refused_when_it_is_opened(string code, string expected, Func<ModelProto> model)
    {
        var error = Should.Throw<MeshException>(() => Open(model().ToByteArray()));

        error.Message.ShouldContain(expected);
        error.Code.ShouldBe(code, error.Message);
    }

    [Fact]
    public void Mutated_models_are_run_or_refused_and_nothing_else()
    {
        // Dense layers only: a damaged convolution may take for ever, or take older versions of ONNX Runtime down.
        byte[] valid = new OnnxModelBuilder("m", "1").AddInput("x", 3).AddInitializer("mean", [1, 2, 3], 3).AddInitializer("w", new float[18], 6, 3).AddInitializer("b", new float[6], 6)
            .AddNode("Sub", ["x", "mean"], "c").AddNode("Gemm", ["c", "w", "b"], "h", ("transB", 1)).AddNode("Relu", ["h"], "r").AddNode("Softmax", ["r"], "y", ("axis", 1))
            .AddOutput("y", 6).Build();
        var inputs = new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>([1, 2, 3, 4, 5, 6], 2, 3) };
        var random = new Random(20261130);
        (int ran, int refused) = (0, 0);
        for (int round = 0; round < 1_000; round++)
        {
            byte[] mutated = [.. valid];
            for (int change = random.Next(1, 4); change > 0; change--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            try
            {
                using var session = Open(mutated);
                session.Run(inputs, ["y"]);
                ran++;
            }
            catch (MeshException)
            {
                refused++;
            }
        }

        ran.ShouldBeGreaterThan(50);
        refused.ShouldBeGreaterThan(50);
    }

    [Fact]
    public async Task Many_threads_may_run_one_session_at_the_same_time()
    {
        using var session = Open(Classifier());
        float[][] images = [.. Enumerable.Range(0, 8).Select(seed => new Random(seed)).Select(random => Enumerable.Range(0, 3 * 64).Select(_ => random.NextSingle()).ToArray())];
        float[] Run(float[] image) =>
            session.Run(new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>(image, 3, 1, 8, 8) }, ["probabilities"])[0].As<float>().ToArray();
        float[][] alone = [.. images.Select(Run)];

        await Task.WhenAll(images.Select((image, index) => Task.Run(() =>
        {
            for (int round = 0; round < 200; round++) Run(image).ShouldBe(alone[index]);
        }, Stop)));

        alone.Select(row => row[0]).Distinct().Count().ShouldBe(8);
    }

    [Fact]
    public async Task A_run_ends_when_it_is_cancelled()
    {
        using var session = new OrtRuntime(OnnxRuntimeLibrary.File).Open(Endless());
        var inputs = new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>([0], 1) };
        using var cancellation = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var running = Task.Run(() => session.Run(inputs, ["y"], cancellation.Token), Stop);
        // Long enough to be under way on any machine; the run itself never ends.
        await Task.Delay(200, Stop);
        running.IsCompleted.ShouldBeFalse();

        await cancellation.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => running);
    }

    [Fact]
    public void A_session_that_was_disposed_refuses_to_run()
    {
        var session = Open(Identity(OnnxElementType.Float));
        session.Dispose();

        Should.Throw<ObjectDisposedException>(() => session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>(new float[3], 1, 3) }, ["y"]));
    }

    [Theory]
    [InlineData(OrtOptimisation.None, 1, true)]
    [InlineData(OrtOptimisation.Basic, 2, false)]
    [InlineData(OrtOptimisation.All, 0, true)]
    public void Options_change_the_way_and_not_the_result(OrtOptimisation optimisation, int threads, bool arena)
    {
        var image = new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>([.. Enumerable.Range(0, 128).Select(i => i / 128f)], 2, 1, 8, 8) };
        using var plain = Open(Classifier());
        using var session = Open(Classifier(), new OrtOptions { Optimisation = optimisation, Threads = threads, MemoryArena = arena });

        session.Run(image, ["probabilities"])[0].As<float>().ToArray().ShouldBe(plain.Run(image, ["probabilities"])[0].As<float>().ToArray(), 1e-5);
    }

    private static async Task<JsonElement> RunInNodeAsync(TemporaryFolder folder, byte[] model, params (string Name, string Type, OnnxTensor Tensor)[] inputs)
    {
        await File.WriteAllBytesAsync(folder["model.onnx"], model, Stop);
        await File.WriteAllTextAsync(
            folder["inputs.json"],
            JsonSerializer.Serialize(inputs.ToDictionary(input => input.Name, input => new { type = input.Type, dims = input.Tensor.Dimensions, data = Convert.ToBase64String(input.Tensor.Bytes.Span) })),
            Stop);
        return await NodeScript.RunAsync("onnx-run-typed.mjs", folder["model.onnx"], folder["inputs.json"]);
    }
}
