using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;

namespace Mesh.EndToEnd.Tests;

/// <summary>The PyTorch trainer, run for real: by a rule, killed, resumed, in two processes.</summary>
public sealed class PyTorchTrainerTests(PyTorchJob job) : IClassFixture<PyTorchJob>
{
    [Fact]
    public void A_rule_trains_a_model_with_PyTorch_that_our_evaluator_runs_with_torchs_own_results()
    {
        PyTorchJob.Require();
        job.Model.GetProperty("state").GetString().ShouldBe("registered", job.Model.ToString());
        job.Model.GetProperty("metrics").GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(0.75);
        string uri = job.Model.GetProperty("uri").GetString()!;
        string folder = Path.GetDirectoryName(new Uri(uri).LocalPath)!;

        byte[] model = File.ReadAllBytes(Path.Combine(folder, "model.onnx"));
        using var session = new OnnxEvaluator().Open(model);
        session.Signature.Metadata["labels"].Split('\n').ShouldBe(File.ReadAllLines(Path.Combine(folder, "labels.txt")));
        using var vectors = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "test_vectors.json")));
        var window = Read(vectors.RootElement.GetProperty("inputs").GetProperty("window"));
        var outputs = session.Run(new Dictionary<string, OnnxTensor> { ["window"] = OnnxTensor.Of<float>(window.Values, window.Shape) }, ["logits", "probabilities"]);
        foreach (var (output, name) in outputs.Zip(["logits", "probabilities"]))
        {
            var expected = Read(vectors.RootElement.GetProperty("outputs").GetProperty(name));
            output.Dimensions.ToArray().ShouldBe(expected.Shape);
            output.As<float>().ToArray().Zip(expected.Values).Max(pair => Math.Abs(pair.First - pair.Second)).ShouldBeLessThan(1e-4f, name);
        }
    }

    [Fact]
    public async Task A_trainer_that_was_killed_goes_on_at_its_checkpoint_and_ends_with_the_model_that_it_would_have_made()
    {
        PyTorchJob.Require();
        job.Metrics("attempt-1").ShouldNotContain(line => line.GetProperty("type").GetString() == "done");
        var resumed = job.Metrics("attempt-2").Single(line => line.GetProperty("type").GetString() == "resumed");
        resumed.GetProperty("epoch").GetInt32().ShouldBeGreaterThanOrEqualTo(19);

        var undisturbed = await job.TrainAsync("undisturbed", [$"{PyTorchJob.Trainer}/train.py"]);
        undisturbed.ExitCode.ShouldBe(0, undisturbed.Said);
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(undisturbed.Output, "model", "model.onnx")))).ShouldBe(job.Model.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task SIGTERM_ends_the_trainer_with_143_and_the_next_attempt_goes_on_within_the_epoch()
    {
        PyTorchJob.Require();
        string[] command = [$"{PyTorchJob.Trainer}/train.py"];
        var preempted = await job.TrainAsync("preempted", command, async (process, output) =>
        {
            await Testing.Eventually.TrueAsync(() => PyTorchJob.Lines(Path.Combine(output, "metrics.jsonl")).Count > 20, TestContext.Current.CancellationToken);
            using var kill = System.Diagnostics.Process.Start("kill", ["-TERM", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
            await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
        });
        preempted.ExitCode.ShouldBe(143, preempted.Said);
        File.Exists(Path.Combine(preempted.Output, "_SUCCESS")).ShouldBeFalse();

        var resumed = await job.TrainAsync("preempted", command);
        resumed.ExitCode.ShouldBe(0, resumed.Said);
        resumed.Said.ShouldContain("Resumed at epoch");
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(resumed.Output, "model", "model.onnx")))).ShouldBe(job.Model.GetProperty("sha256").GetString());
    }

    [Fact]
    public async Task Two_processes_share_the_data_and_train_one_model()
    {
        PyTorchJob.Require();
        var (exitCode, output, said) = await job.TrainAsync("two", [$"{PyTorchJob.Trainer}/launch.py", "2"]);
        exitCode.ShouldBe(0, said);
        using var card = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(output, "model_card.json")));
        card.RootElement.GetProperty("device").GetString().ShouldBe("cpu, 2 processes");
        card.RootElement.GetProperty("metrics").GetProperty("accuracy").GetDouble().ShouldBeGreaterThan(0.75);
        // Half of the steps of one process: each saw half of the windows.
        int steps = PyTorchJob.Lines(Path.Combine(output, "metrics.jsonl")).Last(line => line.GetProperty("type").GetString() == "metric").GetProperty("step").GetInt32();
        int alone = job.Metrics("attempt-2").Last(line => line.GetProperty("type").GetString() == "metric").GetProperty("step").GetInt32();
        steps.ShouldBeInRange(alone * 4 / 10, alone * 6 / 10);
    }

    private static (long[] Shape, float[] Values) Read(JsonElement tensor) =>
        (tensor.GetProperty("shape").Deserialize<long[]>()!, tensor.GetProperty("values").Deserialize<float[]>()!);
}
