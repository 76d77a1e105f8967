using Mesh.Onnx;
using Mesh.Onnx.Tests.Variants;
using Mesh.Training.Jobs;
using Mesh.Training.Reference;

namespace Mesh.Training.Tests;

/// <summary>The built-in model compressed, on windows of recordings that it was not trained on.</summary>
public sealed class ManoeuvreVariantTests : IDisposable
{
    private readonly TrainerFixture trainer = new();

    public void Dispose() => trainer.Dispose();

    [Fact]
    public async Task Variants_of_the_built_in_model_keep_its_accuracy_and_ONNX_Runtime_gives_the_same_answers()
    {
        var token = TestContext.Current.CancellationToken;
        await trainer.PrepareAsync([.. Enumerable.Range(1, 8).Select(number => new[] { SyntheticFrames.Make(number, 1000) })]);
        var frames = new FrameSet(100_000);
        await frames.ReadAsync(JobSpec.Read(trainer.Environment.SpecFile).Inputs[0], trainer.Environment.InputFolder, token);
        var options = new ManoeuvreOptions { Epochs = 20 };
        var set = WindowSet.Cut(frames, options.Window, options.Stride);
        var split = Split.Make(set, options.HeldOut, options.Seed);
        var training = new ManoeuvreTraining(set, split, options);
        training.Run(Path.Combine(trainer.Environment.CheckpointFolder, "x"), _ => { }, token);
        var model = OnnxModelReader.Read(training.Classifier.Export(options)).Model;
        var calibration = Enumerable.Range(0, 4).Select(i => (IReadOnlyDictionary<string, OnnxTensor>)Windows(set, split.Training[(i * 32)..((i + 1) * 32)])).ToList();
        int[] truth = [.. split.HeldOut.Select(window => set.Windows[window].Class)];

        // What normalises the inputs stays in float: signals of different sizes share one tensor before it.
        var lines = await VariantTable.MeasureAsync(model, "logits", calibration, Windows(set, split.HeldOut), truth, new HashSet<string> { "centred", "normalised" }, token);

        TestContext.Current.TestOutputHelper?.WriteLine(VariantTable.Write(lines));
        lines[0].Accuracy.ShouldBe(training.Evaluate(split.HeldOut).Accuracy, 0.005);
        foreach (var line in lines)
        {
            line.RuntimesAgree.ShouldBeGreaterThanOrEqualTo(0.98, line.Name);
            Math.Abs(line.Accuracy - line.OrtAccuracy).ShouldBeLessThanOrEqualTo(0.01, line.Name);
            if (!line.Name.StartsWith("int8", StringComparison.Ordinal)) continue;
            line.Accuracy.ShouldBeGreaterThanOrEqualTo(lines[0].Accuracy - 0.02, line.Name);
            line.Bytes.ShouldBeLessThan(lines[0].Bytes / 2, line.Name);
        }
    }

    private static Dictionary<string, OnnxTensor> Windows(WindowSet set, int[] windows) =>
        new() { ["window"] = OnnxTensor.Of<float>([.. windows.SelectMany(window => set.InputOf(window).ToArray())], windows.Length, set.Frames, set.InputLength / set.Frames) };
}
