using System.Runtime.InteropServices;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Onnx;
using Mesh.Onnx.Runtime;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Reference;
using Mesh.Training.Running;
using static Mesh.Training.Tests.SyntheticFrames;

namespace Mesh.Training.Tests;

public sealed class ManoeuvreTrainerTests : IDisposable
{
    private readonly TrainerFixture trainer = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => trainer.Dispose();

    private static RecordBatch[][] Drives(int count, int frames) => [.. Enumerable.Range(1, count).Select(number => new[] { Make(number, frames) })];

    [Fact]
    public async Task It_learns_manoeuvres_clearly_better_than_the_majority_class_on_recordings_it_has_not_seen()
    {
        await trainer.PrepareAsync(Drives(6, 1000));

        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        var evaluation = trainer.ReadJson("evaluation.json");
        var metrics = evaluation.GetProperty("metrics");
        double accuracy = metrics.GetProperty("accuracy").GetDouble();
        double baseline = metrics.GetProperty("majority_baseline").GetDouble();
        baseline.ShouldBeInRange(0.1, 0.5);
        accuracy.ShouldBeGreaterThan(baseline + 0.3);
        evaluation.GetProperty("held_out_by").GetString().ShouldBe("recording");
        evaluation.GetProperty("confusion").EnumerateArray().Sum(row => row.EnumerateArray().Sum(cell => cell.GetInt32()))
            .ShouldBe((int)metrics.GetProperty("held_out_windows").GetDouble());
        evaluation.GetProperty("classes").EnumerateArray().Select(name => name.GetString()).ShouldBe(Manoeuvres);
        TestContext.Current.TestOutputHelper?.WriteLine(trainer.Log.ToString());
    }

    [Fact]
    public async Task Its_output_passes_the_contracts_check_and_names_the_recordings_it_read()
    {
        await trainer.PrepareAsync(Drives(4, 400), new() { ["epochs"] = "5" });
        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        var card = JobOutput.Check(trainer.Output, JobSpec.Read(trainer.Environment.SpecFile));

        card.Inputs[0].IngestIds.ShouldBe(Enumerable.Range(1, 4).Select(RecordingId).Order(StringComparer.Ordinal));
        card.Inputs[0].Rows.ShouldBe(1600);
        card.Hyperparameters["epochs"].ShouldBe("5");
        card.Artifacts.Select(artifact => artifact.Path).ShouldBe(["model/model.onnx", "model/labels.txt", "model/preprocess.json"]);
        string[] lines = await File.ReadAllLinesAsync(Path.Combine(trainer.Output, "metrics.jsonl"), Stop);
        lines.Select(line => JsonDocument.Parse(line).RootElement.GetProperty("type").GetString()).ShouldBe(["start", "metric", "metric", "metric", "metric", "metric", "done"]);
    }

    [Fact]
    public async Task It_learns_only_from_the_rows_that_the_rules_filter_wants_and_names_only_their_recordings()
    {
        string[] wanted = [.. Enumerable.Range(2, 3).Select(RecordingId)];
        trainer.Filter = $"recording_id IN ({string.Join(", ", wanted.Select(id => $"'{id}'"))}) AND sequence < 300";
        await trainer.PrepareAsync(Drives(6, 400), new() { ["epochs"] = "2" });
        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        var card = JobOutput.Check(trainer.Output, JobSpec.Read(trainer.Environment.SpecFile));

        card.Inputs[0].IngestIds.ShouldBe(wanted.Order(StringComparer.Ordinal));
        trainer.Log.ToString().ShouldContain("900 frames of 3 recordings");
    }

    [Fact]
    public async Task Files_of_before_the_filters_column_was_added_hold_no_row_it_wants()
    {
        trainer.Filter = "weather = 'rain'";
        await trainer.PrepareAsync(Drives(4, 400), new() { ["epochs"] = "2" });

        (await trainer.RunAsync()).ShouldBe(2);

        trainer.Log.ToString().ShouldContain("MESH9102");
    }

    [Fact]
    public async Task Onnx_runtime_gives_the_logits_the_network_gives()
    {
        await trainer.PrepareAsync(Drives(4, 400), new() { ["epochs"] = "5" });
        var frames = new FrameSet(100_000);
        await frames.ReadAsync(JobSpec.Read(trainer.Environment.SpecFile).Inputs[0], trainer.Environment.InputFolder, Stop);
        var options = new ManoeuvreOptions { Epochs = 5 };
        var set = WindowSet.Cut(frames, options.Window, options.Stride);
        var training = new ManoeuvreTraining(set, Split.Make(set, options.HeldOut, options.Seed), options);
        training.Run(Path.Combine(trainer.Environment.CheckpointFolder, "x"), _ => { }, Stop);

        const int rows = 20;
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["model.onnx"], training.Classifier.Export(options), Stop);
        float[] input = [.. Enumerable.Range(0, rows).SelectMany(row => set.InputOf(row).ToArray())];
        await File.WriteAllBytesAsync(folder["input.f32"], MemoryMarshal.AsBytes(input.AsSpan()).ToArray(), Stop);
        var result = await NodeScript.RunAsync("onnx-run.mjs", folder["model.onnx"], folder["input.f32"], $"{rows}", "16", "7");

        float[] theirs = [.. result.GetProperty("outputs").GetProperty("logits").GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        float[] normalised = new float[set.InputLength];
        var ours = new List<float>();
        for (int row = 0; row < rows; row++)
        {
            training.Classifier.Normalise(set.InputOf(row), normalised);
            ours.AddRange(training.Classifier.Network.Forward(normalised));
        }

        theirs.ShouldBe(ours, 1e-4);
        float[] probabilities = [.. result.GetProperty("outputs").GetProperty("probabilities").GetProperty("values").EnumerateArray().Select(value => value.GetSingle())];
        probabilities.Chunk(Manoeuvres.Length).ShouldAllBe(row => Math.Abs(row.Sum() - 1) < 1e-5);

        using var session = new OrtRuntime(OnnxRuntimeLibrary.File).Open(training.Classifier.Export(options));
        var outputs = session.Run(new Dictionary<string, OnnxTensor> { ["window"] = OnnxTensor.Of<float>(input, rows, 16, 7) }, ["logits", "probabilities"], Stop);
        outputs[0].As<float>().ToArray().ShouldBe(theirs);
        outputs[1].As<float>().ToArray().ShouldBe(probabilities);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_bytes_whatever_the_order_of_the_files_and_another_seed_gives_others()
    {
        var hyperparameters = new Dictionary<string, string> { ["epochs"] = "3" };
        await trainer.PrepareAsync(Drives(4, 300), hyperparameters, "first");
        await trainer.RunAsync();
        byte[] first = await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model/model.onnx"), Stop);

        await trainer.PrepareAsync([.. Drives(4, 300).Reverse()], hyperparameters, "second");
        await trainer.RunAsync();
        (await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model/model.onnx"), Stop)).ShouldBe(first);

        await trainer.PrepareAsync(Drives(4, 300), new() { ["epochs"] = "3", ["seed"] = "8" }, "third");
        await trainer.RunAsync();
        (await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model/model.onnx"), Stop)).ShouldNotBe(first);
    }

    [Fact]
    public async Task A_run_that_was_stopped_continues_from_its_checkpoint_and_ends_with_the_same_model()
    {
        var hyperparameters = new Dictionary<string, string> { ["epochs"] = "25" };
        await trainer.PrepareAsync(Drives(4, 300), hyperparameters, "straight");
        await trainer.RunAsync();
        byte[] expected = await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model/model.onnx"), Stop);

        await trainer.PrepareAsync(Drives(4, 300), hyperparameters, "stopped");
        using var stop = new CancellationTokenSource();
        var watch = WaitForAsync(Path.Combine(trainer.Environment.CheckpointFolder, "manoeuvre.ckpt"), stop);
        int exit = await trainer.RunAsync(stop.Token);
        await watch;
        exit.ShouldBeOneOf(143, 0);
        File.Exists(Path.Combine(trainer.Output, "_SUCCESS")).ShouldBe(exit == 0);

        (await trainer.RunAsync()).ShouldBe(0);
        (await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model/model.onnx"), Stop)).ShouldBe(expected);
    }

    [Fact]
    public async Task With_fewer_than_three_recordings_blocks_of_time_are_held_out_with_a_gap_around_them()
    {
        await trainer.PrepareAsync(Drives(2, 1500));
        var frames = new FrameSet(100_000);
        await frames.ReadAsync(JobSpec.Read(trainer.Environment.SpecFile).Inputs[0], trainer.Environment.InputFolder, Stop);
        var set = WindowSet.Cut(frames, 16, 4);

        var split = Split.Make(set, 0.25, 7);

        split.Kind.ShouldBe("time");
        split.HeldOut.Length.ShouldBeInRange(set.Windows.Count / 8, set.Windows.Count / 3);
        foreach (int held in split.HeldOut)
        {
            var other = set.Windows[held];
            split.Training.ShouldAllBe(index => set.Windows[index].Recording != other.Recording || Math.Abs(set.Windows[index].Start - other.Start) >= 32);
        }
    }

    [Fact]
    public async Task Windows_with_missing_samples_or_gaps_are_left_out_and_counted()
    {
        await trainer.PrepareAsync([.. Enumerable.Range(1, 4).Select(number => new[] { Make(number, 600, missingShare: 0.01) })], new() { ["epochs"] = "2" });
        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        var evaluation = trainer.ReadJson("evaluation.json");
        int missing = evaluation.GetProperty("windows_with_missing_samples").GetInt32();
        missing.ShouldBeInRange(20, 200);
        var metrics = evaluation.GetProperty("metrics");
        double used = metrics.GetProperty("train_windows").GetDouble() + metrics.GetProperty("held_out_windows").GetDouble();
        used.ShouldBe(4 * ((600 - 16) / 4 + 1) - missing);
    }

    [Fact]
    public async Task A_product_without_the_signals_is_refused_for_good_with_what_is_missing()
    {
        var builder = new StructBuilder(new StructType([new("recording_id", DataType.Utf8), new("sequence", DataType.Int64), new("x", DataType.Float64)]));
        ((BinaryBuilder)builder.Children[0]).Append(RecordingId(1));
        ((FixedWidthBuilder<long>)builder.Children[1]).Append(0L);
        ((FixedWidthBuilder<double>)builder.Children[2]).Append(1.0);
        builder.EndStruct();
        await trainer.PrepareAsync([[builder.BuildBatch()]]);

        (await trainer.RunAsync()).ShouldBe(2);

        var error = trainer.ReadJson("error.json");
        error.GetProperty("class").GetString().ShouldBe("MESH9101");
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
        error.GetProperty("message").GetString()!.ShouldContain("linear_acceleration.x");
        File.Exists(Path.Combine(trainer.Output, "_SUCCESS")).ShouldBeFalse();
    }

    [Fact]
    public async Task Recordings_without_a_signal_are_left_out_and_not_claimed_as_seen()
    {
        var all = Make(9, 100);
        var unlabelled = new RecordBatch(new Schema([.. all.Schema.Fields.Take(6)]), all.Length, [.. all.Columns.Take(6)]);
        await trainer.PrepareAsync([.. Drives(4, 300), [unlabelled]], new() { ["epochs"] = "2" });

        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());

        trainer.ReadJson("evaluation.json").GetProperty("frames_without_signals").GetInt32().ShouldBe(100);
        var seen = trainer.ReadJson("model_card.json").GetProperty("inputs")[0].GetProperty("ingest_ids").EnumerateArray().Select(id => id.GetString()).ToArray();
        seen.Length.ShouldBe(4);
        seen.ShouldNotContain(RecordingId(9));
    }

    [Theory]
    [InlineData("epochs", "many", "MESH9103")]
    [InlineData("epoch", "5", "MESH9103")]
    [InlineData("window", "100000", "MESH9103")]
    public async Task Wrong_hyperparameters_are_refused_for_good(string name, string value, string code)
    {
        await trainer.PrepareAsync(Drives(1, 50), new() { [name] = value });

        (await trainer.RunAsync()).ShouldBe(2);

        trainer.ReadJson("error.json").GetProperty("class").GetString().ShouldBe(code);
    }

    [Fact]
    public async Task Too_little_data_is_refused_with_the_numbers()
    {
        await trainer.PrepareAsync(Drives(3, 20));

        (await trainer.RunAsync()).ShouldBe(2);

        trainer.ReadJson("error.json").GetProperty("class").GetString().ShouldBe("MESH9102");
        trainer.Log.ToString().ShouldContain("60 frames");
    }

    [Fact]
    public async Task A_missing_input_file_may_be_there_next_time_or_is_named()
    {
        await trainer.PrepareAsync(Drives(1, 50));
        File.Delete(Path.Combine(trainer.Environment.InputFolder, "train/00000.parquet"));

        (await trainer.RunAsync()).ShouldBeOneOf(1, 2);

        trainer.ReadJson("error.json").GetProperty("message").GetString()!.ShouldContain("00000.parquet");
    }

    [Fact]
    public async Task Mutated_parquet_files_end_in_an_error_and_nothing_else()
    {
        await trainer.PrepareAsync(Drives(1, 60), new() { ["epochs"] = "1" });
        string path = Path.Combine(trainer.Environment.InputFolder, "train/00000.parquet");
        byte[] valid = await File.ReadAllBytesAsync(path, Stop);
        var random = new Random(99);
        for (int round = 0; round < 100; round++)
        {
            byte[] mutated = [.. valid];
            for (int change = 0; change < 3; change++) mutated[random.Next(mutated.Length)] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(path, mutated, Stop);

            (await trainer.RunAsync()).ShouldBeOneOf(0, 2);
        }

        trainer.Log.ToString().ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not json")]
    [InlineData("""{"schema":"mesh.job/v2"}""")]
    public async Task A_spec_that_is_none_is_refused(string text)
    {
        await trainer.PrepareAsync(Drives(1, 50));
        await File.WriteAllTextAsync(trainer.Environment.SpecFile, text, Stop);

        (await trainer.RunAsync()).ShouldBe(2);

        trainer.ReadJson("error.json").GetProperty("class").GetString().ShouldBe("MESH9104");
    }

    [Fact]
    public void The_exported_model_says_what_it_takes()
    {
        var frames = new FrameSet(10_000);
        frames.Add(Make(1, 300));
        var options = new ManoeuvreOptions();
        var set = WindowSet.Cut(frames, options.Window, options.Stride);
        var classifier = new ManoeuvreClassifier(set, options, new float[7], [1, 1, 1, 1, 1, 1, 1]);

        var (_, signature) = OnnxModelReader.Read(classifier.Export(options));

        signature.Inputs.ShouldHaveSingleItem().ToString().ShouldBe("window: Float[?, 16, 7]");
        signature.Outputs.Select(output => output.Name).ShouldBe(["logits", "probabilities"]);
        signature.Metadata["labels"].Split('\n').ShouldBe(set.Classes);
    }

    private static async Task WaitForAsync(string path, CancellationTokenSource stop)
    {
        while (!File.Exists(path)) await Task.Delay(1, Stop);
        await stop.CancelAsync();
    }
}
