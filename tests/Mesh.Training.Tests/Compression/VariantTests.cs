using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Onnx;
using Mesh.Testing;
using Mesh.Training.Compression;

namespace Mesh.Training.Tests.Compression;

/// <summary>What is made for each target, of a model that the built-in trainer has made.</summary>
public sealed class VariantTests : IDisposable
{
    private readonly CompressionFixture fixture = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task Every_target_gets_its_files_its_commands_and_a_validation_on_the_trainers_own_hold_out()
    {
        var model = await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "compression", "every-target.yaml"), Stop));

        var compression = await fixture.RunAsync(runner);

        (compression.State, compression.Reason).ShouldBe((CompressionState.Done, "4 ready, 5 inputs_only"));
        var made = await fixture.ManifestsAsync(runner);
        made.Count.ShouldBe(9);
        foreach (var (profile, manifest) in made)
        {
            // What the registry has is what the folder has, and every file is what the manifest says.
            JsonSerializer.Serialize(VariantManifest.Read(fixture.VariantOf(profile))).ShouldBe(JsonSerializer.Serialize(manifest));
            foreach (var file in manifest.Files) Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(fixture.VariantOf(profile, file.Path), Stop))).ShouldBe(file.Sha256);
            Directory.GetFiles(fixture.VariantOf(profile), "*", SearchOption.AllDirectories).Length.ShouldBe(manifest.Files.Count + 1);
            manifest.ParentSha256.ShouldBe(model.Sha256);
            var validation = manifest.Validation.ShouldNotBeNull();
            // The trainer's own numbers: the same windows, cut by the same code.
            validation.ParentAccuracy!.Value.ShouldBe(fixture.TrainedAccuracy, 1e-9, profile);
            (validation.ParentBytes, validation.Data).ShouldBe((model.Bytes, "windows held out by recording"));
            validation.Accuracy!.Value.ShouldBe(fixture.TrainedAccuracy, 0.05, profile);
            validation.LatencyUs!.Min.ShouldBeLessThanOrEqualTo(validation.LatencyUs.P50);
            validation.LatencyUs.P95.ShouldBeLessThanOrEqualTo(validation.LatencyUs.Max);
        }

        made["cpu-int8"].Validation!.Bytes.ShouldBeLessThan(model.Bytes / 2);
        made["cpu-int8"].Calibration.ShouldNotBeNull().Samples.ShouldBe(256);
        made["cpu-fp16"].Calibration.ShouldBeNull();
        Roles(made["tensorrt-int8"]).ShouldBe(["calibration_cache legacy/calibration.cache", "model legacy/model.onnx", "model model_qdq.onnx"]);
        Roles(made["aimet-int8"]).ShouldBe(["encodings model.encodings", "model model.onnx", "simulation simulation/model_qdq.onnx"]);
        Roles(made["qnn-int8"]).Where(file => !file.StartsWith("input_data", StringComparison.Ordinal))
            .ShouldBe(["encodings overrides.json", "input_list input_list.txt", "model model.onnx", "simulation simulation/model_qdq.onnx"]);
        Roles(made["triton-onnx"]).ShouldBe(["configuration repository/manoeuvre/config.pbtxt", "model repository/manoeuvre/1/model.onnx"]);
        File.ReadAllText(fixture.VariantOf("tensorrt-int8", "legacy", "calibration.cache")).ShouldStartWith("TRT-100300-EntropyCalibration2\n");
        File.Exists(Path.Combine(fixture.VersionFolder, "variants", "tradeoff.svg")).ShouldBeTrue();
        Directory.GetDirectories(Path.Combine(fixture.VersionFolder, "variants"), ".*").ShouldBeEmpty();
    }

    [Fact]
    public async Task The_commands_are_those_of_the_vendors_and_say_why_they_did_not_run()
    {
        await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(
            """
            profiles:
              - { name: trt8, target: tensorrt, compiler: { version: "8.5" } }
              - { name: trt10, target: tensorrt, precision: fp16, compiler: { version: "10.3", arguments: [--verbose] }, batch: { min: 1, optimal: 4, max: 16 } }
              - { name: trt11, target: tensorrt }
              - { name: qnn, target: qnn, compiler: { tools: qnn }, calibration: { samples: 2 } }
              - { name: qairt, target: qnn, calibration: { samples: 2 } }
              - { name: aic, target: qaic, batch: { optimal: 8 }, hardware: { cores: 2 } }
              - { name: aic8, target: qaic, precision: int8 }
            """);

        await fixture.RunAsync(runner);

        var made = await fixture.ManifestsAsync(runner);
        string shapes = "--minShapes=window:1x16x7 --optShapes=window:8x16x7 --maxShapes=window:32x16x7";
        Line("trt8").ShouldBe($"trtexec --onnx=model_qdq.onnx --saveEngine=model.plan --int8 {shapes} --buildOnly");
        Line("trt10").ShouldBe("trtexec --onnx=model.onnx --saveEngine=model.plan --fp16 --minShapes=window:1x16x7 --optShapes=window:4x16x7 --maxShapes=window:16x16x7 --skipInference --verbose");
        // Version 11 has neither the flag nor calibration caches.
        Line("trt11").ShouldBe($"trtexec --onnx=model_qdq.onnx --saveEngine=model.plan {shapes} --skipInference");
        Roles(made["trt11"]).ShouldBe(["model model_qdq.onnx"]);
        Line("qnn").ShouldBe("qnn-onnx-converter --input_network model.onnx --input_dim window 1,16,7 --quantization_overrides overrides.json --input_list input_list.txt --act_bw 8 --weight_bw 8 --bias_bw 32 "
            + "--use_per_channel_quantization --preserve_io layout -o qnn/model.cpp");
        Line("qairt").ShouldBe("qairt-converter --input_network model.onnx --source_model_input_shape window 1,16,7 --quantization_overrides overrides.json --output_path qairt/model.dlc");
        Line("qairt", 1).ShouldBe("qairt-quantizer --input_dlc qairt/model.dlc --input_list input_list.txt --act_bitwidth 8 --weights_bitwidth 8 --bias_bitwidth 32 --output_dlc qairt/model_quantised.dlc");
        Line("aic").ShouldBe("qaic-compile -m=model.onnx -aic-hw -aic-num-cores=2 -mos=1 -ols=1 -convert-to-fp16 -onnx-define-symbol=batch,8 -compile-only -aic-binary-dir=qpc");
        Line("aic8").ShouldBe("qaic-compile -m=model_qdq.onnx -aic-hw -aic-num-cores=4 -mos=1 -ols=1 -onnx-define-symbol=batch,8 -compile-only -aic-binary-dir=qpc");
        foreach (var manifest in made.Values)
        {
            manifest.Status.ShouldBe(VariantStatus.InputsOnly, manifest.Reason);
            manifest.Commands.ShouldAllBe(command => !command.Ran && command.ExitCode == null && command.Reason != null);
            manifest.Commands[0].Reason!.ShouldContain("is not on PATH");
        }

        made["qairt"].Commands[1].Reason.ShouldBe("it takes what qairt-converter makes, which did not run");
        (await File.ReadAllLinesAsync(fixture.VariantOf("qnn", "input_list.txt"), Stop)).ShouldBe(["window:=inputs/0/00000.raw", "window:=inputs/0/00001.raw"]);
        new FileInfo(fixture.VariantOf("qnn", "inputs", "0", "00001.raw")).Length.ShouldBe(16 * 7 * sizeof(float));

        string Line(string profile, int number = 0) => $"{made[profile].Commands[number].Program} {string.Join(' ', made[profile].Commands[number].Arguments)}";
    }

    [Fact]
    public async Task Models_that_onnx_accepts_and_onnx_runtime_runs_as_Mesh_does()
    {
        await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "compression", "every-target.yaml"), Stop));
        await fixture.RunAsync(runner);
        string[] models = Directory.GetFiles(Path.Combine(fixture.VersionFolder, "variants"), "*.onnx", SearchOption.AllDirectories);
        models.Length.ShouldBeGreaterThanOrEqualTo(9);

        float[] input = [.. Enumerable.Range(0, 3 * 16 * 7).Select(i => MathF.Sin(i) * 3)];
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(input.AsSpan()).ToArray();
        await File.WriteAllBytesAsync(fixture["inputs.bin"], bytes, Stop);
        var cases = models.Select(path => new { model = Path.GetRelativePath(fixture[""], path), inputs = new[] { new { name = "window", type = "float32", dims = (int[])[3, 16, 7], offset = 0, bytes = bytes.Length } } });
        await File.WriteAllTextAsync(fixture["cases.json"], JsonSerializer.Serialize(cases), Stop);
        var answers = await NodeScript.RunAsync("onnx-cases.mjs", fixture[""]);
        byte[] outputs = await File.ReadAllBytesAsync(fixture["outputs.bin"], Stop);
        var inputs = new Dictionary<string, OnnxTensor> { ["window"] = OnnxTensor.Of<float>(input, 3, 16, 7) };
        foreach (var (path, answer) in models.Zip(answers.EnumerateArray()))
        {
            answer.TryGetProperty("error", out var refusal).ShouldBeFalse($"{path}: {refusal}");
            var logits = answer.GetProperty("outputs").EnumerateArray().Single(output => output.GetProperty("name").GetString() == "logits");
            float[] theirs = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(outputs.AsSpan(logits.GetProperty("offset").GetInt32(), logits.GetProperty("bytes").GetInt32())).ToArray();
            using var session = new Onnx.Evaluation.OnnxEvaluator().Open(await File.ReadAllBytesAsync(path, Stop));
            float[] ours = session.Run(inputs, ["logits"])[0].As<float>().ToArray();
            // ONNX Runtime fuses; a value on the edge between two integers may then fall to the other side.
            float largest = ours.Max(Math.Abs);
            (theirs.Zip(ours).Max(pair => Math.Abs(pair.First - pair.Second)) / largest).ShouldBeLessThan(path.Contains("fp16") ? 0.01f : 0.02f, path);
        }

        string python = Require.Program("/usr/bin/python3", "install python3-onnx");
        string checks = await Mesh.Testing.ToolProcess.RunAsync(python, [Path.Combine(Repository.Root, "tests", "foreign", "onnx-check.py"), .. models]);
        foreach (var result in JsonDocument.Parse(checks).RootElement.EnumerateArray()) result.TryGetProperty("error", out var error).ShouldBeFalse(error.ToString());
    }

    [Fact]
    public async Task A_variant_outside_its_bounds_is_failed_with_the_number_and_its_compiler_is_not_started()
    {
        await fixture.RegisterTrainedAsync();
        fixture.AddTool("trtexec", "touch model.plan");
        var runner = fixture.Runner(
            """
            profiles:
              - { name: exact, target: onnx-int8, bounds: { maxAbsError: 0.000001 } }
              - { name: engine, target: tensorrt, bounds: { maxAbsError: 0 } }
              - { name: same, target: onnx-fp16, bounds: { minAgreement: 1, maxAccuracyDrop: 0 } }
            """);

        await fixture.RunAsync(runner);

        var made = await fixture.ManifestsAsync(runner);
        made["exact"].Status.ShouldBe(VariantStatus.Failed);
        made["exact"].Reason.ShouldMatch(@"^the largest error \d+\.?\d* is above 0$");
        made["engine"].Status.ShouldBe(VariantStatus.Failed);
        made["engine"].Commands[0].ShouldSatisfyAllConditions(command => command.Ran.ShouldBeFalse(), command => command.Reason.ShouldBe("the variant is outside its bounds"));
        made["same"].Status.ShouldBe(VariantStatus.Ready, made["same"].Reason);
        (await fixture.EventsAsync()).ShouldHaveSingleItem().Variants.Select(variant => variant.Status).ShouldBe(["failed", "failed", "ready"]);
    }

    private static IReadOnlyList<string> Roles(VariantManifest manifest) => [.. manifest.Files.Select(file => $"{file.Role} {file.Path}").Order(StringComparer.Ordinal)];
}
