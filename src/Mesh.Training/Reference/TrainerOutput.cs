using Mesh.Model;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Running;

namespace Mesh.Training.Reference;

/// <summary>The files a trainer leaves, as the contract names them. <see cref="Complete"/> comes last.</summary>
internal sealed class TrainerOutput : IDisposable
{
    private readonly string folder;
    private readonly TimeProvider time;
    private readonly StreamWriter metrics;
    private readonly List<ModelArtifact> artifacts = [];

    public TrainerOutput(string folder, TimeProvider time)
    {
        this.folder = folder;
        this.time = time;
        Directory.CreateDirectory(Path.Combine(folder, "model"));
        metrics = new StreamWriter(Path.Combine(folder, JobOutput.MetricsFile), append: true) { AutoFlush = true };
    }

    /// <summary>Appends a line to <c>metrics.jsonl</c>.</summary>
    public void Report<T>(T line)
    {
        var node = JsonSerializer.SerializeToNode(line, TrainingJson.Options)!.AsObject();
        node["ts"] = time.GetUtcNow().ToUnixTimeMilliseconds();
        metrics.WriteLine(node.ToJsonString());
    }

    public void WriteModel(ManoeuvreClassifier classifier, ManoeuvreOptions options)
    {
        Add(JobOutput.ModelFile, classifier.Export(options));
        Add("model/labels.txt", System.Text.Encoding.UTF8.GetBytes(string.Concat(classifier.Classes.Select(label => label + "\n"))));
        Add("model/preprocess.json", Json(new
        {
            schema = "mesh.preprocess/v1",
            window = options.Window,
            stride = options.Stride,
            channels = FrameColumns.Channels,
            mean = classifier.Mean,
            standard_deviation = classifier.Deviation,
            note = "The model normalises by itself; feed it the table's values, frame by frame.",
        }));
    }

    public void WriteEvaluation(EvaluationReport report, IReadOnlyDictionary<string, double> values, FrameSet frames, WindowSet set, Split split) =>
        Write(JobOutput.EvaluationFile, Json(new
        {
            schema = "mesh.evaluation/v1",
            metrics = values,
            held_out_by = split.Kind,
            held_out_recordings = split.HeldOut.Select(window => set.Windows[window].Recording).Distinct().Order(StringComparer.Ordinal),
            classes = report.HeldOut.Classes,
            confusion = report.HeldOut.Confusion,
            slices = report.Slices.ToDictionary(column => column.Key, column => column.Value.ToDictionary(value => value.Key, value => Results(value.Value))),
            robustness = report.Robustness,
            holdouts = report.Holdouts.ToDictionary(
                holdout => holdout.Key,
                holdout => new { digest = holdout.Value.Digest, metrics = Results(holdout.Value.Result) }),
            recall = report.HeldOut.Classes.Zip(report.HeldOut.Recall).ToDictionary(pair => pair.First, pair => double.IsFinite(pair.Second) ? (double?)pair.Second : null),
            frames = frames.Count,
            frames_ignored = frames.Ignored,
            frames_without_signals = frames.WithoutSignals,
            windows_with_missing_samples = set.WithMissingSamples,
            windows_without_label = set.WithoutLabel,
            windows_with_gaps = set.WithGaps,
        }));

    public void WriteCard(
        JobSpec spec, JobInput input, IReadOnlyList<FrameSet.Recording> recordings, ManoeuvreOptions options, IReadOnlyDictionary<string, double> values, TimeSpan duration) =>
        Write(JobOutput.CardFile, Json(new ModelCard
        {
            Name = spec.Model.Name,
            JobId = spec.JobId,
            Inputs = [new ModelCardInput(input.Product, input.Table, input.SnapshotId, recordings.Sum(recording => (long)recording.Count), [.. recordings.Select(recording => recording.Id)])],
            Hyperparameters = options.Describe(),
            Metrics = values,
            Framework = $"mesh {spec.Code.Version}",
            Device = $"cpu {RuntimeInformation.ProcessArchitecture}".ToLowerInvariant(),
            Seed = options.Seed,
            TrainSeconds = Math.Round(duration.TotalSeconds, 3),
            Artifacts = artifacts,
        }));

    public void WriteError(string code, string message, bool retryable) =>
        Write(JobOutput.ErrorFile, Json(new { @class = code, message, retryable }));

    /// <summary>Declares the output complete.</summary>
    public void Complete()
    {
        metrics.Flush();
        AtomicFile.Write(Path.Combine(folder, JobOutput.SuccessFile), []);
    }

    public void Dispose() => metrics.Dispose();

    private static Dictionary<string, double> Results(Evaluation evaluation) => new()
    {
        ["accuracy"] = evaluation.Accuracy, ["macro_recall"] = evaluation.MacroRecall, ["majority_baseline"] = evaluation.MajorityBaseline, ["count"] = evaluation.Count,
    };

    private static byte[] Json<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, TrainingJson.Indented);

    private void Add(string path, byte[] content)
    {
        Write(path, content);
        artifacts.Add(new ModelArtifact(path, Convert.ToHexStringLower(SHA256.HashData(content)), content.Length));
    }

    private void Write(string path, byte[] content) => AtomicFile.Write(Path.Combine(folder, path), content);
}
