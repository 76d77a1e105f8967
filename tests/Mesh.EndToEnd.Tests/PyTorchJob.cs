using System.Diagnostics;
using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// A server whose rule starts the PyTorch trainer. Four drives are uploaded; the trainer that they start is killed once while it learns; the job's
/// model is registered all the same.
/// </summary>
public sealed class PyTorchJob : IAsyncLifetime
{
    public const string Python = "/usr/bin/python3";

    private readonly TemporaryFolder folder = new();

    public static string Trainer { get; } = Path.Combine(Repository.Root, "deploy", "trainers", "pytorch");

    public JsonElement Model { get; private set; }

    public string JobFolder { get; private set; } = "";

    public static void Require()
    {
        Testing.Require.AtLeast(TestLevel.Full);
        Assert.SkipUnless(File.Exists(Python) && Directory.Exists("/usr/lib/python3/dist-packages/torch"), "needs PyTorch: apt-get install --no-install-recommends python3-torch");
    }

    public async ValueTask InitializeAsync()
    {
        if (Testing.Require.Level < TestLevel.Full || !Directory.Exists("/usr/lib/python3/dist-packages/torch")) return;
        var token = CancellationToken.None;
        string topology = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "topologies", "fleet-ingest.yaml"), token);
        topology = topology.Replace("trainer: builtin/manoeuvre,", $"trainer: \"{Python} '{Trainer}/train.py'\", hyperparameters: {{ epochs: 300, seed: 11 }},");
        await File.WriteAllTextAsync(folder["topology.yaml"], topology, token);
        await using var server = await MeshProcess.UpAsync(folder["data"], null, "--topology", folder["topology.yaml"]);
        for (int drive = 1; drive <= 4; drive++)
        {
            string path = folder[$"{drive}.mcap"];
            await SimulatedRecording.WriteAsync(path, new DriveOptions { Duration = TimeSpan.FromSeconds(60), Seed = 10 * drive, VehicleId = $"V{drive}" }, token);
            (await MeshProcess.RunAsync("publish", path, "--vehicle", $"V{drive}", "--wait", "--data", folder["data"])).ExitCode.ShouldBe(0);
        }

        await server.WaitUntilAsync(() => Learning("attempt-1") >= 20, "the trainer to be at its twentieth epoch");
        JobFolder = Directory.GetDirectories(folder["data", "jobs"]).Single();
        using (var trainer = Process.GetProcessById(FindTrainer())) trainer.Kill();
        await server.WaitUntilAsync(() => Directory.Exists(folder["data", "models", "manoeuvre"]) && Directory.GetDirectories(folder["data", "models", "manoeuvre"]).Length > 0, "the model");
        await Eventually.TrueAsync(async () => (await MeshProcess.RunJsonAsync("models", "list", "--json", "--data", folder["data"])).GetArrayLength() == 1, token);
        Model = await MeshProcess.RunJsonAsync("models", "show", "manoeuvre", "--version", "1", "--data", folder["data"]);
    }

    /// <summary>Lines of an attempt's metrics.jsonl.</summary>
    public List<JsonElement> Metrics(string attempt) => Lines(Path.Combine(JobFolder, "output", attempt, "metrics.jsonl"));

    /// <summary>Runs the trainer on the job's spec and files again, with an output and checkpoints of its own.</summary>
    public async Task<(int ExitCode, string Output, string Said)> TrainAsync(string name, IReadOnlyList<string> command, Func<Process, string, Task>? meanwhile = null)
    {
        string output = folder["again", name, "output"];
        var start = new ProcessStartInfo(Python, command) { RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment["MESH_JOB_SPEC"] = Path.Combine(JobFolder, "spec.json");
        start.Environment["MESH_INPUT_DIR"] = Path.Combine(JobFolder, "input");
        start.Environment["MESH_OUTPUT_DIR"] = output;
        start.Environment["MESH_CHECKPOINT_DIR"] = folder["again", name, "checkpoint"];
        start.Environment["MESH_COMMAND"] = JsonSerializer.Serialize(new[] { "dotnet", MeshProcess.Program });
        using var process = Process.Start(start)!;
        var said = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (meanwhile is not null) await meanwhile(process, output);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await said + await errors);
    }

    public static List<JsonElement> Lines(string path)
    {
        if (!File.Exists(path)) return [];
        // The last line may be half written.
        string text = File.ReadAllText(path);
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    public ValueTask DisposeAsync()
    {
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The process of this job's trainer: known by the spec in its environment, and by what it runs.</summary>
    private int FindTrainer() => Directory.GetDirectories("/proc").Select(entry => (Entry: entry, IsId: int.TryParse(Path.GetFileName(entry), out int id), Id: id)).Where(entry => entry.IsId).First(entry =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(entry.Entry, "environ")).Contains($"MESH_JOB_SPEC={JobFolder}/", StringComparison.Ordinal)
                && File.ReadAllText(Path.Combine(entry.Entry, "cmdline")).Contains("train.py", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }).Id;

    private int Learning(string attempt)
    {
        if (!Directory.Exists(folder["data", "jobs"]) || Directory.GetDirectories(folder["data", "jobs"]) is not [var job]) return 0;
        return Lines(Path.Combine(job, "output", attempt, "metrics.jsonl")).Count(line => line.GetProperty("type").GetString() == "metric");
    }
}
