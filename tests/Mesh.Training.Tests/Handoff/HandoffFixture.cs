using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Evaluation;
using Mesh.Onnx.Quantisation;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Handoff;
using Mesh.Training.Jobs;
using Mesh.Training.Models;
using Mesh.Training.Tests.Governance;

namespace Mesh.Training.Tests.Handoff;

/// <summary>A released version with an INT8 variant, and the bundle that is handed over; tests change copies of it.</summary>
public sealed class HandoffFixture : IAsyncLifetime
{
    internal const string Lifecycle =
        """
        apiVersion: mesh/v1
        kind: Lifecycle
        metadata: { name: full, owner: platform }
        states: [candidate, rejected, validated, approved, released, retired]
        transitions:
          - from: [candidate]
            to: validated
            gates:
              - { gate: metric, metric: accuracy, min: 0.6 }
              - { gate: regression, metric: accuracy, maxRegression: 0.05 }
              - { gate: slices, by: vehicle_id, metric: accuracy, min: 0.4 }
              - { gate: robustness, metric: accuracy_with_noise, min: 0.4 }
              - { gate: dataQuality, maxLosses: 10 }
              - { gate: consent }
              - { gate: artifact }
          - { from: [validated], to: approved, approvals: { people: 2, roles: [safety, release-manager], notAuthor: true, notSubmitter: true } }
          - { from: [approved], to: released, roles: [release-manager], gates: [{ gate: consent }] }
          - { from: [candidate, validated, approved, released], to: retired, roles: [safety] }
        """;

    internal const string Evaluation =
        """
        {"schema":"mesh.evaluation/v1","slices":{"vehicle_id":{"V1":{"accuracy":0.92,"macro_recall":0.9,"count":120},"V2":{"accuracy":0.87,"macro_recall":0.8,"count":80}}},"robustness":{"accuracy_with_noise":0.85}}
        """;

    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, SigningKey> keys = [];

    internal GovernanceFixture Governed { get; } = new(lifecycle: Lifecycle);

    /// <summary>The bundle as it was written.</summary>
    public string Bundle => folder["bundle"];

    /// <summary>Private keys by fingerprint.</summary>
    public IReadOnlyDictionary<string, SigningKey> Keys => keys;

    public SigningKey ServerKey => Governed.ServerKey;

    internal HandoffResult Result { get; private set; } = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await Governed.Governance.AnnouncePolicyAsync(Stop);
        await Governed.AddPeopleAsync();
        await Governed.Topologies.ActivateAsync(new StoredTopology { Name = "fleet", Version = 1, Yaml = "metadata: { name: fleet, owner: otto }", Digest = "d", FileName = "fleet.yaml" }, Stop);
        await Governed.Recordings.TryAddAsync(
            new RecordingEntry
            {
                IngestId = IngestId.Parse(RunnerFixture.Recording), VehicleId = "V1", Session = "morning", FileName = "a.mcap", Uri = "file:///a", SizeBytes = 1,
                ContentSha256 = new string('0', 64), AcceptedAt = DateTimeOffset.UnixEpoch,
            },
            _ => Task.CompletedTask, Stop);
        int version = await TrainAsync();
        await Governed.ReleaseAsync(version);
        await AddVariantAsync(version);
        foreach (var key in new[] { ServerKey, Governed.KeyOf("erin"), Governed.KeyOf("sam"), Governed.KeyOf("rita") }) keys[key.Sha256] = key;
        Result = await WriteAsync(version, Bundle);
    }

    /// <summary>Makes a version whose model names its classes and channels.</summary>
    internal async Task<int> TrainAsync(string evaluation = Evaluation)
    {
        Governed.Report(evaluation);
        Directory.CreateDirectory(Governed.Models["template", "model"]);
        int version = await Governed.TrainAsync(0.9, card =>
        {
            byte[] model = Model();
            byte[] preprocess = Encoding.UTF8.GetBytes("""{"schema":"mesh.preprocess/v1","mean":[1,2],"standard_deviation":[0.5,3],"note":"The model normalises by itself."}""");
            File.WriteAllBytes(Governed.Models["template", "model", "model.onnx"], model);
            File.WriteAllBytes(Governed.Models["template", "model", "preprocess.json"], preprocess);
            card["metrics"] = new { accuracy = 0.9, held_out_windows = 200 };
            card["artifacts"] = new[] { Artifact("model/model.onnx", model), Artifact("model/preprocess.json", preprocess) };
        });
        // The requests of the fixture say version v1; events name it by its number.
        await Governed.Database.WriteAsync(
            async transaction =>
            {
                string job = (await ModelStore.LoadAsync(transaction, "manoeuvre", version))!.JobId;
                var request = (await JobStore.FindRequestAsync(transaction, job))!;
                request.TopologyVersion = "1";
                await transaction.ExecuteAsync("UPDATE jobs SET request = @bytes WHERE job_id = @job", new { bytes = request.ToByteArray(), job });
            },
            Stop);
        return version;
    }

    internal async Task<HandoffResult> WriteAsync(int version, string target, TimeProvider? time = null) =>
        await new HandoffWriter(Governed.Database, Governed.Governance, time ?? TimeProvider.System).WriteAsync(
            new HandoffRequest { Name = "manoeuvre", Version = version, Target = target, JobsFolder = Governed.Models.Options.JobsFolder, CodeVersion = "1.2.3", Key = ServerKey }, Stop);

    /// <summary>A copy to change.</summary>
    public MutableBundle Copy(string name) => new(Bundle, folder[$"{name}-{Guid.NewGuid():N}"], this);

    public string PathOf(string name) => folder[name];

    public ValueTask DisposeAsync()
    {
        Governed.Dispose();
        folder.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>A small network: two channels in, three classes out.</summary>
    internal static byte[] Model(float weight = 0.5f) => new OnnxModelBuilder("m", "1")
        .AddInput("window", 3, 2)
        .AddNode("Flatten", ["window"], "flat", ("axis", 1))
        .AddInitializer("w", [weight, -0.25f, 0.75f, 1, -1, 0.5f, 0.25f, 0.5f, -0.5f, 2, -0.75f, 0.125f, -1, 0.5f, 0.25f, 1.5f, -0.5f, 0.75f], 3, 6)
        .AddInitializer("b", [0.1f, -0.2f, 0.3f], 3)
        .AddNode("Gemm", ["flat", "w", "b"], "logits", ("transB", 1))
        .AddOutput("logits", 3)
        .AddMetadata("labels", "brake\ncruise\nturn")
        .AddMetadata("channels", "acceleration\nspeed")
        .Build();

    private static object Artifact(string path, byte[] bytes) => new { path, sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes = bytes.Length };

    private async Task AddVariantAsync(int version)
    {
        byte[] parent = Model();
        var (quantised, _) = await new PostTrainingQuantiser(new OnnxEvaluator()).QuantiseAsync(OnnxModelReader.Read(parent).Model, SamplesAsync(), new QuantisationOptions(), Stop);
        byte[] bytes = quantised.ToByteArray();
        string place = Path.Combine(Governed.Models.Options.ModelsFolder, "manoeuvre", $"{version}", "variants", "cpu-int8");
        Directory.CreateDirectory(place);
        await File.WriteAllBytesAsync(Path.Combine(place, "model.onnx"), bytes, Stop);
        new VariantManifest
        {
            Model = "manoeuvre", Version = version, Profile = "cpu-int8", Target = VariantTarget.OnnxInt8, ParentSha256 = Convert.ToHexStringLower(SHA256.HashData(parent)), CreatedAt = DateTimeOffset.UnixEpoch,
            Status = VariantStatus.Ready, Reason = "within bounds", Files = [new VariantFile("model.onnx", bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)), VariantRoles.Model)], Commands = [],
            Validation = new VariantValidation { Runtime = "mesh evaluator", File = "model.onnx", Data = "held-out windows", Samples = 200, Accuracy = 0.89, ParentAccuracy = 0.9, MaxAbsError = 0.1, Bytes = bytes.Length, ParentBytes = parent.Length },
        }.Write(place);
    }

    private static async IAsyncEnumerable<IReadOnlyDictionary<string, OnnxTensor>> SamplesAsync()
    {
        await Task.Yield();
        for (int i = 0; i < 16; i++)
        {
            yield return new Dictionary<string, OnnxTensor> { ["window"] = OnnxTensor.Of<float>([1 + i * 0.1f, 2 - i, 0.5f, 3 + i * 0.5f, 1.5f - i * 0.05f, i * 0.7f], 1, 3, 2) };
        }
    }
}
