using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Onnx.Tests;

public class OnnxModelTests
{
    private static readonly float[] Weights = [0.5f, -1f, 2f, 0.25f, 3f, -0.5f];

    private static byte[] Sample() => new OnnxModelBuilder("classifier", "1.0")
        .AddInput("features", 3)
        .AddInitializer("mean", [1, 2, 3], 3)
        .AddInitializer("std", [1, 2, 4], 3)
        .AddInitializer("w", Weights, 2, 3)
        .AddInitializer("b", [0.125f, -0.125f], 2)
        .AddNode("Sub", ["features", "mean"], "centred")
        .AddNode("Div", ["centred", "std"], "scaled")
        .AddNode("Gemm", ["scaled", "w", "b"], "logits", ("transB", 1))
        .AddNode("Softmax", ["logits"], "probabilities", ("axis", 1))
        .AddOutput("logits", 2)
        .AddOutput("probabilities", 2)
        .AddMetadata("labels", "left,right")
        .Build();

    [Fact]
    public void What_was_built_is_read_with_its_signature_and_metadata()
    {
        var (_, signature) = OnnxModelReader.Read(Sample());

        signature.IrVersion.ShouldBe(8);
        signature.Opset.ShouldBe(13);
        signature.Inputs.ShouldHaveSingleItem().ToString().ShouldBe("features: Float[?, 3]");
        signature.Outputs.Select(output => output.Name).ShouldBe(["logits", "probabilities"]);
        signature.ParameterCount.ShouldBe(3 + 3 + 6 + 2);
        signature.Metadata["labels"].ShouldBe("left,right");
    }

    [Fact]
    public void The_same_calls_give_the_same_bytes() => Sample().ShouldBe(Sample());

    [Fact]
    public async Task Onnx_runtime_computes_what_the_graph_says()
    {
        using var folder = new TemporaryFolder();
        float[] input = [1, 2, 3, 2, 6, -5];
        await File.WriteAllBytesAsync(folder["model.onnx"], Sample(), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(folder["input.f32"], MemoryMarshal.AsBytes(input.AsSpan()).ToArray(), TestContext.Current.CancellationToken);

        var result = await NodeScript.RunAsync("onnx-run.mjs", folder["model.onnx"], folder["input.f32"], "2", "3");

        float[] logits = [.. result.GetProperty("outputs").GetProperty("logits").GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        float[] probabilities = [.. result.GetProperty("outputs").GetProperty("probabilities").GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        // Row 0 is the mean, so its logits are the biases; row 1 is scaled to (1, 2, -2).
        logits.ShouldBe([0.125f, -0.125f, 0.5f - 2f - 4f + 0.125f, 0.25f + 6f + 1f - 0.125f], 1e-5);
        probabilities[0].ShouldBe(1 / (1 + MathF.Exp(-0.25f)), 1e-5f);
    }

    [Theory]
    [MemberData(nameof(BrokenModels))]
    public void A_broken_structure_is_refused_with_its_place(string expected, Action<ModelProto> damage)
    {
        var model = ModelProto.Parser.ParseFrom(Sample());
        damage(model);

        var error = Should.Throw<MeshException>(() => OnnxModelReader.Read(model.ToByteArray()));

        error.Code.ShouldBe("MESH9802");
        error.Message.ShouldContain(expected);
    }

    public static TheoryData<string, Action<ModelProto>> BrokenModels() => new()
    {
        { "ir_version", model => model.IrVersion = 0 },
        { "operator set", model => model.OpsetImport.Clear() },
        { "no graph", model => model.Graph = null },
        { "no nodes", model => model.Graph.Node.Clear() },
        { "no outputs", model => model.Graph.Output.Clear() },
        { "'scaled' before it is defined", model => model.Graph.Node.RemoveAt(1) },
        { "'centred' is defined twice", model => model.Graph.Node.Add(model.Graph.Node[0].Clone()) },
        { "'nowhere' is produced by no node", model => model.Graph.Output[0].Name = "nowhere" },
        { "input 'features' has no tensor type", model => model.Graph.Input[0].Type = null },
        { "input 'features' has a dimension of -3", model => model.Graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue = -3 },
        { "has 24 bytes where its shape needs 28", model => { model.Graph.Initializer[2].Dims[0] = 7; model.Graph.Initializer[2].Dims[1] = 1; } },
        { "more than 2^31 elements", model => model.Graph.Initializer[2].Dims[0] = long.MaxValue },
        { "dimension of -1", model => model.Graph.Initializer[2].Dims[0] = -1 },
        { "unknown element type 99", model => { model.Graph.Initializer[0].DataType = 99; model.Graph.Initializer[0].ClearRawData(); } },
        { "another file", model => model.Graph.Initializer[0].DataLocation = 1 },
        { "no name of its own", model => model.Graph.Initializer[1].Name = "mean" },
        { "holds NaN", model => model.Graph.Initializer[3].RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>([1, float.NaN])) },
    };

    [Fact]
    public void Diverged_weights_do_not_become_a_model()
    {
        var builder = new OnnxModelBuilder("m", "1").AddInput("x", 1).AddInitializer("w", [float.PositiveInfinity], 1, 1)
            .AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 1);

        Should.Throw<MeshException>(() => builder.Build()).Message.ShouldContain("diverged");
    }

    [Theory]
    [InlineData("")]
    [InlineData("this is not a model at all")]
    public void Bytes_that_are_no_model_are_refused(string text) =>
        Should.Throw<MeshException>(() => OnnxModelReader.Read(System.Text.Encoding.UTF8.GetBytes(text))).Code.ShouldBeOneOf("MESH9801", "MESH9802");

    [Fact]
    public void Mutated_models_are_read_or_refused_and_nothing_else()
    {
        byte[] valid = Sample();
        var random = new Random(20261122);
        int refused = 0;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] mutated = [.. valid];
            for (int change = random.Next(1, 5); change > 0; change--) mutated[random.Next(mutated.Length)] = (byte)random.Next(256);
            if (random.Next(4) == 0) mutated = mutated[..random.Next(mutated.Length)];
            try
            {
                OnnxModelReader.Read(mutated);
            }
            catch (MeshException)
            {
                refused++;
            }
        }

        refused.ShouldBeInRange(5_000, 19_999);
    }
}
