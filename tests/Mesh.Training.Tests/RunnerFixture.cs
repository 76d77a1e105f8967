using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Kafka.Events;
using Mesh.Lakehouse.Metadata;
using Mesh.Onnx;
using Mesh.Testing;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Training.Tests;

/// <summary>A runner whose trainers are shell scripts. <c>$GOOD</c> in a script copies a valid output without <c>_SUCCESS</c>.</summary>
internal sealed class RunnerFixture : IDisposable
{
    public const string Recording = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    private readonly TemporaryFolder folder = new();
    private readonly List<JobRunner> runners = [];

    public RunnerFixture(TestDatabase? place = null)
    {
        place ??= TestDatabase.Sqlite;
        Database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        Options = new TrainingOptions
        {
            JobsFolder = folder["jobs"],
            ModelsFolder = folder["models"],
            CodeVersion = "1.2.3",
            RetryDelay = TimeSpan.Zero,
            GracePeriod = TimeSpan.FromSeconds(5),
            MaxDuration = TimeSpan.FromMinutes(1),
        };
        File.WriteAllText(folder["data.parquet"], "not looked at");
        WriteTemplate(0.9);
    }

    public MetadataDatabase Database { get; }

    public TrainingOptions Options { get; set; }

    public TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>Path of something in the fixture's folder.</summary>
    public string this[params string[] segments] => folder[segments];

    /// <summary>A script's command.</summary>
    public (string File, string[] Arguments) Script(string text)
    {
        string path = folder[$"trainer-{Guid.NewGuid():N}.sh"];
        string good = $"cp -r '{folder["template"]}/.' \"$MESH_OUTPUT_DIR\" && sed -i \"s/JOB_ID/$MESH_JOB_ID/\" \"$MESH_OUTPUT_DIR/model_card.json\"";
        string success = "touch \"$MESH_OUTPUT_DIR/_SUCCESS.tmp\" && mv \"$MESH_OUTPUT_DIR/_SUCCESS.tmp\" \"$MESH_OUTPUT_DIR/_SUCCESS\"";
        File.WriteAllText(path, "set -e\n" + text.Replace("$GOOD", good).Replace("$SUCCESS", success) + "\n");
        return ("/bin/sh", [path]);
    }

    public JobRunner Runner(string script)
    {
        var command = Script(script);
        return Runner(_ => command);
    }

    public JobRunner Runner(Func<string, (string File, string[] Arguments)> commandOf, IJobObserver? observer = null)
    {
        var runner = new JobRunner(Database, Options, ResolveAsync, commandOf, NullLogger.Instance, Time, observer: observer);
        runners.Add(runner);
        return runner;
    }

    public static JobRequested Request(string trigger = "t1", string gates = "") => new()
    {
        TriggerId = trigger,
        Rule = "retrain",
        Topology = "fleet",
        TopologyVersion = "v1",
        Trainer = "a script",
        Pool = "cpu",
        Model = "manoeuvre",
        Reason = "enough new rows",
        RequestedAtUs = 1_700_000_000_000_000,
        GatesJson = gates,
        Inputs = { new ProductRange { Product = "frames", Table = "raw.frames", FromSnapshotId = 3, ToSnapshotId = 1L << 60, NewRows = 7 } },
        Hyperparameters = { ["epochs"] = "5" },
    };

    /// <summary>Takes a request in and runs until nothing may run any more.</summary>
    public async Task<JobEntry> RunAsync(JobRunner runner, JobRequested request)
    {
        await runner.AcceptAsync(request, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", TestContext.Current.CancellationToken);
        while (await runner.RunNextAsync(TestContext.Current.CancellationToken))
        {
        }

        return (await runner.Jobs.FindAsync(IdOf(request), TestContext.Current.CancellationToken))!;
    }

    public string IdOf(JobRequested request) => JobId.Compute(request.TriggerId, request.Trainer, request.Hyperparameters, Options.CodeVersion);

    public JobFolder FolderOf(JobRequested request) => new(Path.Combine(Options.JobsFolder, IdOf(request)));

    public async Task<IReadOnlyList<ModelRegistered>> EventsAsync()
    {
        using var outbox = new Outbox(Database);
        var entries = await outbox.PeekAsync(100, TestContext.Current.CancellationToken);
        return [.. entries.Where(entry => entry.Topic == "model.registered.v1").Select(entry => ModelRegistered.Parser.ParseFrom(entry.Protobuf))];
    }

    /// <summary>The output that <c>$GOOD</c> copies.</summary>
    public void WriteTemplate(double accuracy, Action<Dictionary<string, object>>? change = null)
    {
        byte[] model = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2], 2, 1)
            .AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 1).Build();
        Directory.CreateDirectory(folder["template", "model"]);
        File.WriteAllBytes(folder["template", "model", "model.onnx"], model);
        File.WriteAllText(folder["template", "metrics.jsonl"], """{"type":"start"}""" + "\n" + """{"type":"metric","epoch":1}""" + "\n");
        var card = new Dictionary<string, object>
        {
            ["schema"] = "mesh.modelcard/v1",
            ["name"] = "manoeuvre",
            ["job_id"] = "JOB_ID",
            ["inputs"] = new[] { new { product = "frames", table = "raw.frames", snapshot_id = (1L << 60).ToString(), rows = 7, ingest_ids = new[] { Recording } } },
            ["metrics"] = new { accuracy, note_free = 1.5 },
            ["artifacts"] = new[] { new { path = "model/model.onnx", sha256 = Convert.ToHexStringLower(SHA256.HashData(model)), bytes = model.Length } },
        };
        change?.Invoke(card);
        File.WriteAllText(folder["template", "model_card.json"], JsonSerializer.Serialize(card));
    }

    /// <summary>Whether a process is alive; a zombie is not.</summary>
    public static bool IsAlive(int id)
    {
        try
        {
            return !File.ReadAllText($"/proc/{id}/stat").Split(')')[^1].TrimStart().StartsWith('Z');
        }
        catch (IOException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        foreach (var runner in runners) runner.Dispose();
        Database.Dispose();
        folder.Dispose();
    }

    private ValueTask<JobInput> ResolveAsync(ProductRange range, CancellationToken cancellationToken) => ValueTask.FromResult(new JobInput
    {
        Product = range.Product,
        Table = range.Table,
        SnapshotId = range.ToSnapshotId,
        FromSnapshotId = range.FromSnapshotId,
        Rows = 7,
        Files = [new JobInputFile("train/00000.parquet", new Uri(folder["data.parquet"]).AbsoluteUri, 13, 7)],
    });
}
