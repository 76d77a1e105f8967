using System.Diagnostics;
using System.Text.Json;
using Mesh.Cli.Hosting;
using Mesh.Commands.Compression;
using Mesh.Commands.Configuration;
using Mesh.Commands.Governance;
using Mesh.Commands.Handoff;
using Mesh.Model;
using Mesh.Simulation;
using Mesh.Training.Compression;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff.Verification;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Upload;

namespace Mesh.Cli.Demo;

/// <summary>
/// The life of a model, twice through and once stopped: new drives make a rule fire, its job trains a version, which is compressed for its
/// targets; gates look at it, two people approve it, it is released, handed over and verified as the receiving side does. With more data the second version is better; drives with wrong labels make a third that no gate lets through.
/// </summary>
internal sealed class LifecycleDemo : IAsyncDisposable
{
    private const string Model = "manoeuvre";
    private const string Product = "perception.frames";
    private const string Holdout = "reference";
    private const string Validated = "validated";
    private const int Seconds = 60;

    private static readonly (string Name, string Role)[] People = [("erin", "engineer"), ("sam", "safety"), ("rita", "release-manager")];

    private readonly MeshServer server;
    private readonly HttpGovernance governance;
    private readonly HttpCompression compression;
    private readonly HttpHandoff handoff;
    private readonly HttpClient http = new() { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<string, SigningKey> keys = [];
    private readonly Action<string> say;

    private LifecycleDemo(MeshServer server, Action<string> say)
    {
        this.server = server;
        this.say = say;
        var address = new Uri(server.Endpoints.Http + "/");
        governance = new HttpGovernance(address, token: null);
        compression = new HttpCompression(address, token: null);
        handoff = new HttpHandoff(address, token: null);
    }

    /// <summary>Runs the demo.</summary>
    /// <param name="dataFolder">State directory; null for a fresh temporary one, which is kept for looking around.</param>
    /// <param name="say">Told what happens, line by line.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="MeshException"><c>MESH11071</c> when the directory has models already.</exception>
    public static async Task<LifecycleReport> RunAsync(string? dataFolder, Action<string> say, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string root = Path.GetFullPath(dataFolder ?? Directory.CreateTempSubdirectory("mesh-lifecycle-").FullName);
        Directory.CreateDirectory(root);
        string lifecycle = Path.Combine(root, "lifecycle.yaml");
        using (var shipped = typeof(LifecycleDemo).Assembly.GetManifestResourceStream("lifecycle-holdout.yaml")!)
        using (var file = File.Create(lifecycle)) await shipped.CopyToAsync(file, cancellationToken).ConfigureAwait(false);

        var flags = DemoServer.FreePorts();
        flags[SettingKeys.GovernanceLifecycle] = ("demo", lifecycle);
        using var loggers = DemoServer.Log("Mesh.Training");
        var server = await MeshServer.StartAsync(root, Settings.Read(flags, new Dictionary<string, string>(), configFile: null), loggers, TimeProvider.System, cancellationToken)
            .ConfigureAwait(false);
        await using (server.ConfigureAwait(false))
        {
            if ((await server.Queries.ListModelsAsync(cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                throw new MeshException("MESH11071", $"'{root}' has models already; the demo tells its story from the beginning. Give it an empty --data directory.");
            }

            var demo = new LifecycleDemo(server, say);
            await using (demo.ConfigureAwait(false))
            {
                return await demo.RunAsync(clock, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var key in keys.Values) key.Dispose();
        http.Dispose();
        handoff.Dispose();
        await compression.DisposeAsync().ConfigureAwait(false);
        await governance.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<LifecycleReport> RunAsync(Stopwatch clock, CancellationToken cancellationToken)
    {
        say($"mesh is up: {server.Endpoints.Http}");
        await MakeIdentitiesAsync(cancellationToken).ConfigureAwait(false);

        say("a drive that no model may learn from, frozen as the hold-out `reference`");
        await DeliverAsync("reference", [new Delivery("vehicle-9", 91)], cancellationToken).ConfigureAwait(false);
        var frozen = await governance.FreezeAsync(new FreezeRequest(Holdout, Product, Snapshot: null, Filter: null), cancellationToken).ConfigureAwait(false);
        say($"  {frozen.Recordings.Count} recording, digest {frozen.Digest[..12]}");

        LifecycleRound[] rounds =
        [
            await RunRoundAsync("first drives", [new("vehicle-1", 11), new("vehicle-2", 21), new("vehicle-3", 31)], cancellationToken).ConfigureAwait(false),
            await RunRoundAsync("more drives", [new("vehicle-1", 12), new("vehicle-2", 22), new("vehicle-3", 32), new("vehicle-4", 41)], cancellationToken).ConfigureAwait(false),
            await RunRoundAsync("drives with wrong labels", [.. Enumerable.Range(61, 4).Select(seed => new Delivery("vehicle-6", seed) { LabelFaults = true })], cancellationToken).ConfigureAwait(false),
        ];
        // Releasing the second version retired the first.
        for (int i = 0; i < rounds.Length; i++)
        {
            rounds[i] = rounds[i] with { State = (await governance.GetModelStatusAsync(rounds[i].Model, cancellationToken).ConfigureAwait(false)).State };
        }

        var audit = await governance.VerifyAsync(anchor: null, cancellationToken).ConfigureAwait(false);
        return new LifecycleReport(rounds, audit.Entries, audit.IsIntact, Math.Round(clock.Elapsed.TotalSeconds, 1), server.DataFolder);
    }

    private async Task MakeIdentitiesAsync(CancellationToken cancellationToken)
    {
        foreach (var (name, role) in People)
        {
            var key = SigningKey.Create();
            keys[name] = key;
            key.Write(Path.Combine(server.DataFolder, "identities", $"{name}.pem"));
            await governance.RegisterAsync(new IdentityRequest { Name = name, Roles = [role], PublicKey = key.PublicPem }, cancellationToken).ConfigureAwait(false);
        }

        say($"identities: {string.Join(", ", People.Select(person => $"{person.Name} ({person.Role})"))}");
    }

    private async Task<LifecycleRound> RunRoundAsync(string name, IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        say($"{name}: {deliveries.Count} recordings of {Seconds} s");
        int before = (await server.Queries.ListModelsAsync(cancellationToken).ConfigureAwait(false)).Count;
        await DeliverAsync(name, deliveries, cancellationToken).ConfigureAwait(false);
        var model = await WaitForModelAsync(before + 1, cancellationToken).ConfigureAwait(false);
        var job = (await server.Queries.FindJobAsync(model.JobId, cancellationToken).ConfigureAwait(false))!;
        var request = (await server.Triggers.ListFiringsAsync(10, cancellationToken).ConfigureAwait(false)).First(firing => firing.TriggerId == job.TriggerId);
        string reference = $"{model.Name}@{model.Version}";
        double? accuracy = HoldoutAccuracyOf(model);
        say($"  {reference} because of {request.Reason}; {model.RecordingCount} recordings seen, accuracy on the hold-out {accuracy:P1}");

        // A version that was rejected when it was registered is not compressed.
        var variants = model.State == ModelState.Registered ? await WaitForVariantsAsync(reference, cancellationToken).ConfigureAwait(false) : [];

        string[] stopped = [.. model.Gates.Where(gate => gate.Blocks).Select(gate => gate.Reason)];
        if (stopped.Length == 0)
        {
            var gates = await governance.EvaluateAsync(reference, Validated, cancellationToken).ConfigureAwait(false);
            stopped = [.. gates.Findings.Where(finding => finding.Blocks).Select(finding => finding.Reason)];
            if (stopped.Length == 0) say($"  {gates.Findings.Count} gates passed");
        }

        LifecycleHandoff? handedOver = null;
        if (stopped.Length == 0)
        {
            await ReleaseAsync(model, cancellationToken).ConfigureAwait(false);
            handedOver = await HandOverAsync(reference, cancellationToken).ConfigureAwait(false);
        }

        foreach (string reason in stopped) say($"  stopped by a gate: {reason}");
        return new LifecycleRound(name, reference, request.Reason, model.RecordingCount, accuracy, model.LifecycleState, stopped, variants, handedOver);
    }

    private async Task ReleaseAsync(ModelEntry model, CancellationToken cancellationToken)
    {
        await DecideAsync("erin", GovernanceAction.Promote, Validated, "the gates hold").ConfigureAwait(false);
        await DecideAsync("sam", GovernanceAction.Approve, "", "slices and noise looked at").ConfigureAwait(false);
        await DecideAsync("rita", GovernanceAction.Approve, "", "the fleet is ready").ConfigureAwait(false);
        await DecideAsync("rita", GovernanceAction.Promote, "approved", "both agreed").ConfigureAwait(false);
        await DecideAsync("rita", GovernanceAction.Promote, "released", "better than what drives today").ConfigureAwait(false);
        say("  approved by sam and rita, released");

        Task<SignedDecision> DecideAsync(string who, GovernanceAction action, string to, string reason) => GovernanceSigner.DecideAsync(
            governance,
            new GovernanceRequest { Action = action, Model = model.Name, Version = model.Version, To = to, Reason = reason, KeySha256 = keys[who].Sha256 },
            keys[who],
            cancellationToken);
    }

    private async Task<LifecycleHandoff> HandOverAsync(string reference, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(server.DataFolder, "handoff", reference);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var result = await handoff.HandOverAsync(reference, folder, cancellationToken).ConfigureAwait(false);

        // The receiving side has the keys by another way than the bundle.
        string trustFile = Path.Combine(server.DataFolder, "handoff", "trust.json");
        var trust = await handoff.GetTrustAsync(cancellationToken).ConfigureAwait(false);
        AtomicFile.Write(trustFile, trust.ToUtf8());
        var report = HandoffVerifier.Verify(folder, trust, TimeProvider.System);
        string[] findings = [.. report.Checks.SelectMany(check => check.Findings).Select(finding => $"{finding.Code} {finding.File}: {finding.Problem}")];
        say($"  handed over: {result.Files} files in {folder}, {report.Checks.Count(check => check.Status == CheckStatus.Passed)} of {report.Checks.Count} checks passed");
        foreach (string finding in findings) say($"    {finding}");
        return new LifecycleHandoff(folder, trustFile, result.Files, report.Passed, findings);
    }

    private async Task DeliverAsync(string name, IReadOnlyList<Delivery> deliveries, CancellationToken cancellationToken)
    {
        string folder = Path.Combine(server.DataFolder, "recordings", name.Replace(' ', '-'));
        Directory.CreateDirectory(folder);
        var client = new UploadClient(http, new UploadClientOptions { Server = new Uri(server.Endpoints.Http + "/") });
        var pending = new HashSet<string>();
        foreach (var delivery in deliveries)
        {
            string file = Path.Combine(folder, $"{delivery.Vehicle}-{delivery.Seed}.mcap");
            await SimulatedRecording.WriteAsync(
                file,
                new DriveOptions { VehicleId = delivery.Vehicle, Seed = delivery.Seed, Duration = TimeSpan.FromSeconds(Seconds), LabelFaults = delivery.LabelFaults },
                cancellationToken).ConfigureAwait(false);
            pending.Add((await client.UploadAsync(file, delivery.Vehicle, "", progress: null, cancellationToken).ConfigureAwait(false)).IngestId!);
        }

        await DemoServer.WaitAsync("the recordings are not all committed", async () =>
        {
            foreach (string id in pending.ToList())
            {
                if ((await server.Queries.FindRecordingAsync(id, cancellationToken).ConfigureAwait(false))?.State == "committed") pending.Remove(id);
            }

            return pending.Count == 0;
        }, cancellationToken).ConfigureAwait(false);
    }

    private async Task<ModelEntry> WaitForModelAsync(int version, CancellationToken cancellationToken)
    {
        ModelEntry? model = null;
        await DemoServer.WaitAsync($"there is no version {version} of {Model}", async () =>
        {
            var jobs = await server.Queries.ListJobsAsync(100, cancellationToken).ConfigureAwait(false);
            if (jobs.FirstOrDefault(job => job.State == JobState.Failed) is { } failed) throw new MeshException("MESH11072", $"Job {failed.JobId} failed: {failed.Reason}");
            model = await server.Queries.FindModelAsync(Model, version, cancellationToken).ConfigureAwait(false);
            return model is not null;
        }, cancellationToken).ConfigureAwait(false);
        return model!;
    }

    private async Task<IReadOnlyList<LifecycleVariant>> WaitForVariantsAsync(string reference, CancellationToken cancellationToken)
    {
        IReadOnlyList<LifecycleVariant> variants = [];
        await DemoServer.WaitAsync($"{reference} is not compressed", async () =>
        {
            var view = await compression.GetVariantsAsync(reference, cancellationToken).ConfigureAwait(false);
            if (view.Compressions is not [{ State: CompressionState.Done or CompressionState.Failed or CompressionState.Skipped }, ..]) return false;
            variants = [.. view.Variants.Select(variant => LifecycleVariant.Of(variant.Manifest))];
            return true;
        }, cancellationToken).ConfigureAwait(false);
        foreach (var variant in variants) say($"    {variant.Profile}: {variant.Status}, {ByteSizeText.Format(variant.Bytes)}, agrees with the model on {variant.Agreement:P1} of the samples");
        return variants;
    }

    // mesh.evaluation/v1, beside the model.
    private static double? HoldoutAccuracyOf(ModelEntry model)
    {
        string file = Path.Combine(Path.GetDirectoryName(new Uri(model.Uri).LocalPath)!, "evaluation.json");
        if (!File.Exists(file)) return null;
        using var evaluation = JsonDocument.Parse(File.ReadAllBytes(file));
        return evaluation.RootElement.TryGetProperty("holdouts", out var holdouts) && holdouts.TryGetProperty(Holdout, out var results)
            ? results.GetProperty("metrics").GetProperty("accuracy").GetDouble()
            : null;
    }

    private sealed record Delivery(string Vehicle, int Seed)
    {
        public bool LabelFaults { get; init; }
    }
}
