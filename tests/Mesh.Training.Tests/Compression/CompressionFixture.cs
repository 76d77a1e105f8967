using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;
using Mesh.Training.Governance.Policy;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests.Compression;

/// <summary>A registered model of the built-in trainer with the frames it learnt from, and runners that compress it.</summary>
internal sealed class CompressionFixture : IDisposable
{
    public const string Model = "manoeuvre";

    private readonly TemporaryFolder folder = new();
    private readonly TrainerFixture trainer = new();
    private readonly List<CompressionRunner> runners = [];

    public CompressionFixture(TestDatabase? place = null)
    {
        place ??= TestDatabase.Sqlite;
        Database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        _ = new ModelStore(Database);
        Directory.CreateDirectory(folder["bin"]);
    }

    public MetadataDatabase Database { get; }

    /// <summary>Accuracy on the held-out windows as the trainer found it.</summary>
    public double TrainedAccuracy { get; private set; }

    /// <summary>Runs that the runtime has begun, models opened by anybody.</summary>
    public int Opened { get; private set; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public string this[params string[] segments] => folder[segments];

    public string VersionFolder => folder["models", Model, "1"];

    public string VariantOf(string profile, params string[] path) => Path.Combine([VersionFolder, "variants", profile, .. path]);

    /// <summary>Trains on some drives and registers the model.</summary>
    public async Task<ModelEntry> RegisterTrainedAsync()
    {
        await trainer.PrepareAsync([[.. Enumerable.Range(1, 5).Select(number => SyntheticFrames.Make(number, 400))]], new Dictionary<string, string> { ["epochs"] = "12" });
        (await trainer.RunAsync()).ShouldBe(0, trainer.Log.ToString());
        var card = JsonSerializer.Deserialize<ModelCard>(await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model_card.json"), Stop), TrainingJson.Options)!;
        TrainedAccuracy = card.Metrics["accuracy"];
        byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(trainer.Output, "model", "model.onnx"), Stop);
        return await RegisterAsync(bytes, "builtin/manoeuvre", card.Hyperparameters);
    }

    /// <summary>Registers a model's bytes.</summary>
    public async Task<ModelEntry> RegisterAsync(byte[] bytes, string trainerName, IReadOnlyDictionary<string, string> hyperparameters, string lifecycleState = Lifecycle.Candidate)
    {
        Directory.CreateDirectory(VersionFolder);
        await File.WriteAllBytesAsync(Path.Combine(VersionFolder, "model.onnx"), bytes, Stop);
        var entry = new ModelEntry
        {
            Name = Model, Version = 1, State = ModelState.Registered, LifecycleState = lifecycleState, Reason = "no gates were set", JobId = "j1", TriggerId = "t1", Trainer = trainerName, CodeVersion = "1",
            Hyperparameters = hyperparameters, Metrics = new Dictionary<string, double>(), Gates = [], Inputs = [new ModelInput("perception.frames", "raw.frames", 0, 1L << 60, 2000)], RecordingCount = 0,
            Uri = new Uri(Path.Combine(VersionFolder, "model.onnx")).AbsoluteUri, Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), Bytes = bytes.Length, RegisteredAt = DateTimeOffset.UnixEpoch,
        };
        await Database.WriteAsync(transaction => ModelStore.AddAsync(transaction, entry), Stop);
        return entry;
    }

    /// <summary>A runner for profiles.</summary>
    /// <param name="yaml">The file's text; what comes before <c>profiles</c> may be left out.</param>
    /// <param name="change">Further options.</param>
    public CompressionRunner Runner(string yaml, Func<CompressionOptions, CompressionOptions>? change = null)
    {
        if (!yaml.Contains("apiVersion")) yaml = "apiVersion: mesh/v1\nkind: CompressionTargets\n" + yaml;
        var errors = new TopologyErrors("targets.yaml");
        var targets = CompressionTargets.Parse(yaml, errors);
        errors.All.ShouldBeEmpty();
        var options = new CompressionOptions { Targets = targets!, Runtime = Open, SearchPath = folder["bin"], RetryDelay = TimeSpan.Zero };
        var runner = new CompressionRunner(Database, change?.Invoke(options) ?? options, folder["jobs"], ResolveAsync, NullLogger.Instance, TimeProvider.System);
        runners.Add(runner);
        return runner;
    }

    /// <summary>Takes a registration in and works everything off.</summary>
    public async Task<CompressionEntry> RunAsync(CompressionRunner runner)
    {
        await runner.AcceptAsync(Registered(), null, Stop);
        while (await runner.RunNextAsync(Stop))
        {
        }

        return (await runner.Variants.FindAsync($"{Model}@1", Stop))!;
    }

    public async Task<IReadOnlyDictionary<string, VariantManifest>> ManifestsAsync(CompressionRunner runner) =>
        (await runner.Variants.ListAsync(Model, 1, Stop)).ToDictionary(variant => variant.Manifest.Profile, variant => variant.Manifest);

    public static ModelRegistered Registered(string state = "registered") => new() { Model = Model, Version = 1, State = state };

    /// <summary>The events that wait to be published.</summary>
    public async Task<IReadOnlyList<ModelCompressed>> EventsAsync()
    {
        using var outbox = new Outbox(Database);
        return [.. (await outbox.PeekAsync(100, Stop)).Where(entry => entry.Topic == "model.compressed.v1").Select(entry => ModelCompressed.Parser.ParseFrom(entry.Protobuf))];
    }

    /// <summary>Puts a stand-in for a vendor's tool on the path that is searched.</summary>
    public void AddTool(string name, string script)
    {
        string path = folder["bin", name];
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose()
    {
        foreach (var runner in runners) runner.Dispose();
        Database.Dispose();
        trainer.Dispose();
        folder.Dispose();
    }

    private ValueTask<JobInput> ResolveAsync(ProductRange range, CancellationToken cancellationToken) =>
        ValueTask.FromResult(JobSpec.Read(trainer.Environment.SpecFile).Inputs[0]);

    private OnnxEvaluator Open()
    {
        Opened++;
        return new OnnxEvaluator();
    }
}
