using Mesh.Commands.OnnxModels;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Npy;
using Mesh.Onnx.Passes;
using Mesh.Onnx.Quantisation;
using Mesh.Testing;

namespace Mesh.Commands.Tests.OnnxModels;

public class OnnxCommandTests
{
    private static byte[] Model() => new OnnxModelBuilder("classifier", "1.0").AddInput("features", 3)
        .AddInitializer("w", [1, 0, 0, 0, 1, 0], 2, 3).AddInitializer("b", [0.5f, -0.5f], 2)
        .AddNode("Gemm", ["features", "w", "b"], "gemm", ("transB", 1)).AddNode("Identity", ["gemm"], "logits").AddOutput("logits", 2).Build();

    [Fact]
    public void A_model_is_described_with_its_operators_and_shapes()
    {
        var report = OnnxInspection.Examine(Model());

        report.Inputs.ShouldBe([new OnnxValueReport("features", "Float[batch, 3]")]);
        report.Outputs.ShouldBe([new OnnxValueReport("logits", "Float[batch, 2]")]);
        report.Operators.ShouldBe(new Dictionary<string, int> { ["Gemm"] = 1, ["Identity"] = 1 });
        report.Parameters.ShouldBe(8);
        report.NotEvaluated.ShouldBeEmpty();
        report.Nodes[0].Outputs[0].Type.ShouldBe("Float[batch, 2]");
    }

    [Fact]
    public async Task A_model_is_run_on_files_and_its_outputs_become_files()
    {
        using var folder = new TemporaryFolder();
        var token = TestContext.Current.CancellationToken;
        await File.WriteAllBytesAsync(folder["model.onnx"], Model(), token);
        await File.WriteAllBytesAsync(folder["x.npy"], NpyFile.Write(OnnxTensor.Of<float>([1, 2, 3, 4, 5, 6], 2, 3)), token);

        var report = await OnnxRun.RunAsync(new OnnxEvaluator(), folder["model.onnx"], new Dictionary<string, string> { ["features"] = folder["x.npy"] }, folder["out"], token);

        report.Outputs.ShouldHaveSingleItem().ShouldBe(new OnnxOutputReport("logits", "Float[2, 2]", 1.5, 4.5, 3, folder["out", "logits.npy"]));
        NpyFile.Read(await File.ReadAllBytesAsync(folder["out", "logits.npy"], token)).As<float>().ToArray().ShouldBe([1.5f, 1.5f, 4.5f, 4.5f]);
    }

    [Fact]
    public async Task An_optimised_model_is_a_sound_file()
    {
        using var folder = new TemporaryFolder();
        var token = TestContext.Current.CancellationToken;
        await File.WriteAllBytesAsync(folder["model.onnx"], Model(), token);

        var report = await OnnxOptimisation.RunAsync(folder["model.onnx"], folder["small.onnx"], new HalfPrecisionOptions(), token);

        report.Simplified.Identities.ShouldBe(1);
        report.HalfPrecision!.Converted.ShouldBe(1);
        OnnxModelReader.Read(await File.ReadAllBytesAsync(folder["small.onnx"], token)).Signature.Outputs.ShouldHaveSingleItem().Name.ShouldBe("logits");
        Directory.GetFiles(folder.Path).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_model_is_quantised_with_the_batches_of_a_directory()
    {
        using var folder = new TemporaryFolder();
        var token = TestContext.Current.CancellationToken;
        await File.WriteAllBytesAsync(folder["model.onnx"], Model(), token);
        Directory.CreateDirectory(folder["samples"]);
        for (int i = 0; i < 3; i++) await File.WriteAllBytesAsync(folder["samples", $"{i}.npy"], NpyFile.Write(OnnxTensor.Of<float>([i, 5, -3, 9, 1, 6], 2, 3)), token);

        var report = await OnnxQuantisation.RunAsync(
            new OnnxEvaluator(), new OnnxQuantisationRequest(folder["model.onnx"], folder["int8.onnx"], new QuantisationOptions(), folder["export"]), new CalibrationFolder(folder["samples"]), token);

        report.Quantisation.Quantised.ShouldBe(["gemm"]);
        report.Quantisation.Outputs.Agreement.ShouldBe(1);
        OnnxInspection.Examine(await File.ReadAllBytesAsync(folder["int8.onnx"], token)).Operators["DequantizeLinear"].ShouldBe(4);
        report.Calibration.Folder.ShouldBe(folder["samples"]);
        Directory.GetFiles(folder["export"]).Select(path => Path.GetFileName(path)).Order().ShouldBe(["aimet.encodings.json", "float.onnx", "qnn.overrides.json", "tensorrt.calibration.cache"]);
        OnnxInspection.Examine(await File.ReadAllBytesAsync(folder["export", "float.onnx"], token)).Operators.ShouldBe(new Dictionary<string, int> { ["Gemm"] = 1 });
        (await File.ReadAllTextAsync(folder["export", "tensorrt.calibration.cache"], token)).ShouldContain("\nfeatures: 3d912245\n");
    }

    [Fact]
    public async Task Samples_of_several_inputs_lie_in_a_directory_each()
    {
        using var folder = new TemporaryFolder();
        var token = TestContext.Current.CancellationToken;
        foreach (string input in (string[])["a", "b"])
        {
            Directory.CreateDirectory(folder["samples", input]);
            await File.WriteAllBytesAsync(folder["samples", input, "0.npy"], NpyFile.Write(OnnxTensor.Of<float>([1], 1)), token);
        }

        await File.WriteAllBytesAsync(folder["samples", "a", "1.npy"], NpyFile.Write(OnnxTensor.Of<float>([1], 1)), token);
        var batches = CalibrationFolder.ReadAsync(folder["samples"], ["a", "b"], token).GetAsyncEnumerator(token);

        (await batches.MoveNextAsync()).ShouldBeTrue();
        batches.Current.Keys.ShouldBe(["a", "b"]);
        var error = await Should.ThrowAsync<MeshException>(async () => await batches.MoveNextAsync());

        error.Code.ShouldBe("MESH11091");
        error.Message.ShouldContain(folder["samples", "b", "1.npy"]);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var error = await Should.ThrowAsync<MeshException>(() => OnnxFiles.ReadAsync("/nowhere/model.onnx", TestContext.Current.CancellationToken));

        error.Code.ShouldBe("MESH11090");
        error.Message.ShouldContain("/nowhere/model.onnx");
    }
}
