using System.Text.Json;
using Mesh.Columnar;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Reference;

namespace Mesh.Training.Tests;

/// <summary>A job folder for the built-in trainer, with synthetic frames as input.</summary>
internal sealed class TrainerFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public string Output => Environment.OutputFolder;

    public TrainerEnvironment Environment { get; private set; } = null!;

    public StringWriter Log { get; } = new();

    /// <summary>Condition on the input's rows.</summary>
    public string? Filter { get; set; }

    /// <summary>Prepares a job over files, each with its batches.</summary>
    public async Task PrepareAsync(IReadOnlyList<RecordBatch[]> files, Dictionary<string, string>? hyperparameters = null, string name = "job", params JobHoldout[] holdouts)
    {
        var folderOf = new JobFolder(folder[name]);
        Directory.CreateDirectory(folderOf.Checkpoint);
        var inputs = new List<JobInputFile>();
        foreach (var batches in files)
        {
            string path = $"train/{inputs.Count:D5}.parquet";
            long bytes = await SyntheticFrames.WriteAsync(Path.Combine(folderOf.Input, path), batches);
            inputs.Add(new JobInputFile(path, new Uri(Path.Combine(folderOf.Input, path)).AbsoluteUri, bytes, batches.Sum(batch => batch.Length)));
        }

        new JobSpec
        {
            JobId = "0123456789abcdef",
            Attempt = 1,
            Trigger = new JobTrigger("t", "retrain", "fleet", "v1", "because", DateTimeOffset.UnixEpoch),
            Model = new JobModel("manoeuvre", null),
            Inputs = [new JobInput { Product = "perception.frames", Table = "raw.synchronised_frames", SnapshotId = 7654321987654321987, FromSnapshotId = 0, Filter = Filter, Rows = inputs.Sum(file => file.Rows), Files = inputs }],
            Code = new JobCode("builtin/manoeuvre", "1.0"),
            Hyperparameters = hyperparameters ?? [],
            Resources = new JobResources("cpu", 60),
            Outputs = new JobOutputs(13, 1 << 20),
            Holdouts = holdouts,
            Gates = new Dictionary<string, JobGate> { ["accuracy"] = new() { Min = 0.8, MaxRegression = 0.01 } },
        }.Write(folderOf.SpecFile);
        Environment = new TrainerEnvironment(folderOf.SpecFile, folderOf.Input, folderOf.OutputOf(1), folderOf.Checkpoint);
    }

    public Task<int> RunAsync(CancellationToken? cancellationToken = null) =>
        ManoeuvreTrainer.RunAsync(Environment, Log, TimeProvider.System, cancellationToken ?? TestContext.Current.CancellationToken);

    public JsonElement ReadJson(string name) => JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Output, name))).RootElement;

    public void Dispose() => folder.Dispose();
}
