using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Onnx.Quantisation;
using Mesh.Streaming.Topologies;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Compression.Profiles;

namespace Mesh.Training.Tests.Compression;

public sealed class CompressionTargetsTests : IDisposable
{
    private const string Head = "apiVersion: mesh/v1\nkind: CompressionTargets\nprofiles:\n";

    private readonly TemporaryFolder folder = new();

    /// <summary>Mistakes that both Mesh and the schema find, with what Mesh says.</summary>
    public static TheoryData<string, string> Mistakes => new()
    {
        { "  - { name: A, target: qnn }", "targets.yaml:4:13: 'A' is no name of a profile" },
        { "  - { name: a, target: qnn2 }", "targets.yaml:4:24: target: 'qnn2' is none of onnx-int8, onnx-fp16, tensorrt, qnn, aimet, qaic, triton" },
        { "  - { name: a, target: qnn, precision: fp16 }", "precision: fp16 cannot be made for target qnn; int8 can" },
        { "  - { name: a, target: qaic, triton: { backend: qaic } }", "'triton' is for target: triton" },
        { "  - { name: a, target: qaic, bounds: { minAgreement: 1.5 } }", "minAgreement: 1.5 must be from 0 to 1" },
        { "  - { name: a, target: qaic, calibration: { samples: 0 } }", "samples: 0 must be from 1" },
        { "  - { name: a, target: qaic, calibration: { sampels: 3 } }", "Did you mean 'samples'?" },
        { "  - { name: a, target: tensorrt, compiler: { version: ten } }", "'ten' is no version" },
        { "  - { name: a, target: tensorrt, compiler: { timeLimit: 3 } }", "a duration with its unit" },
        { "  - { name: a, target: tensorrt, quantisation: { method: median } }", "'median' is none of minMax" },
        { "  - { target: qnn }", "needs 'name'" },
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void The_shipped_profiles_are_for_four_targets()
    {
        CompressionTargets.Default.Profiles.Select(profile => profile.Target).ShouldBe([VariantTarget.OnnxInt8, VariantTarget.Tensorrt, VariantTarget.Qnn, VariantTarget.Qaic]);
        CompressionTargets.Load(Path.Combine(Repository.Root, "compression", "every-target.yaml")).Profiles.Select(profile => profile.Target).Distinct().Count().ShouldBe(Enum.GetValues<VariantTarget>().Length);
    }

    [Fact]
    public void What_the_file_says_is_what_the_profile_has()
    {
        var profile = Parse(
            """
              - name: edge
                target: triton
                precision: fp16
                quantisation: { method: percentile, percentile: 99.5, minSqnrDb: 20, keep: [head] }
                calibration: { folder: /samples, samples: 10, validationSamples: 20 }
                bounds: { maxAccuracyDrop: 0.1, minAgreement: 0.9, maxAbsError: 2 }
                batch: { min: 2, optimal: 4, max: 16 }
                compiler: { version: "10.3", timeLimit: 90s, arguments: [--verbose] }
                hardware: { name: Orin, cores: 8 }
                triton: { backend: tensorrt, instances: 3, maxQueueDelay: 5ms, repositoryPath: /mnt/models/ }
            """).ShouldHaveSingleItem();

        (profile.Name, profile.Target, profile.Precision).ShouldBe(("edge", VariantTarget.Triton, ProfilePrecision.Fp16));
        (profile.Quantisation.Method, profile.Quantisation.Percentile, profile.Quantisation.MinSqnrDb, profile.Quantisation.Keep[0]).ShouldBe((CalibrationMethod.Percentile, 99.5, 20, "head"));
        profile.Calibration.ShouldBe(new ProfileCalibration { Folder = "/samples", Samples = 10, ValidationSamples = 20 });
        profile.Bounds.ShouldBe(new ProfileBounds { MaxAccuracyDrop = 0.1, MinAgreement = 0.9, MaxAbsError = 2 });
        profile.Batch.ShouldBe(new ProfileBatch(2, 4, 16));
        (profile.Compiler.Version, profile.Compiler.TimeLimit, profile.Compiler.Arguments[0]).ShouldBe(("10.3", TimeSpan.FromSeconds(90), "--verbose"));
        profile.Hardware.ShouldBe(new ProfileHardware { Name = "Orin", Cores = 8 });
        profile.Triton.ShouldBe(new ProfileTriton { Backend = TritonBackend.Tensorrt, Instances = 3, Gpu = true, MaxQueueDelay = TimeSpan.FromMilliseconds(5), RepositoryPath = "/mnt/models" });
    }

    [Theory]
    [MemberData(nameof(Mistakes))]
    public void A_mistake_is_told_with_its_line_and_a_remedy(string profile, string said)
    {
        var errors = new TopologyErrors("targets.yaml");

        CompressionTargets.Parse(Head + profile, errors).ShouldBeNull();

        string.Join('\n', errors.All).ShouldContain(said);
        errors.All.ShouldAllBe(error => error.Line == 4);
    }

    [Theory]
    [InlineData("", "The file is empty")]
    [InlineData("apiVersion: mesh/v1\nkind: CompressionTargets", "needs 'profiles'")]
    [InlineData(Head + "  - { name: a, target: qnn }\n  - { name: a, target: qaic }", "targets.yaml:5:5: There are two profiles 'a'")]
    [InlineData(Head + "  - { name: a, target: tensorrt, batch: { min: 4, optimal: 2 } }", "min <= optimal <= max")]
    public void So_is_what_a_schema_cannot_say(string yaml, string said)
    {
        var errors = new TopologyErrors("targets.yaml");
        CompressionTargets.Parse(yaml, errors).ShouldBeNull();
        string.Join('\n', errors.All).ShouldContain(said);
    }

    [Fact]
    public void A_file_that_is_not_there_and_a_profile_that_is_not_in_it_are_errors_with_a_remedy()
    {
        Should.Throw<MeshException>(() => CompressionTargets.Load(folder["none.yaml"])).Code.ShouldBe("MESH9402");
        File.WriteAllText(folder["broken.yaml"], "kind: Topology");
        Should.Throw<MeshException>(() => CompressionTargets.Load(folder["broken.yaml"])).Code.ShouldBe("MESH9403");
        var unknown = Should.Throw<MeshException>(() => CompressionTargets.Default.Select(["gpu"]));
        (unknown.Code, unknown.Message.Contains("cpu-int8, tensorrt-int8, qnn-int8, cloud-ai-100")).ShouldBe(("MESH9404", true));
        CompressionTargets.Default.Select(["qnn-int8", "cpu-int8"]).Select(profile => profile.Name).ShouldBe(["cpu-int8", "qnn-int8"]);
    }

    [Fact]
    public async Task The_schema_for_editors_finds_the_same_mistakes()
    {
        var documents = new JsonObject();
        foreach (string file in (string[])["targets.yaml", "every-target.yaml"])
        {
            documents[file] = ToJson(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "compression", file), TestContext.Current.CancellationToken));
        }

        int number = 0;
        foreach (var row in Mistakes) documents[$"broken-{number++}"] = ToJson(Head + row.Data.Item1);
        await File.WriteAllTextAsync(folder["documents.json"], documents.ToJsonString(), TestContext.Current.CancellationToken);
        var errors = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "compression.schema.json"), folder["documents.json"]);

        foreach (var document in errors.EnumerateObject())
        {
            (document.Value.GetArrayLength() == 0).ShouldBe(!document.Name.StartsWith("broken", StringComparison.Ordinal), $"{document.Name}: {documents[document.Name]} {document.Value}");
        }
    }

    private static IReadOnlyList<CompressionProfile> Parse(string profiles)
    {
        var errors = new TopologyErrors("targets.yaml");
        var targets = CompressionTargets.Parse(Head + profiles, errors);
        errors.All.ShouldBeEmpty();
        return targets!.Profiles;
    }

    private static JsonNode? ToJson(string yaml) => TopologyNode.Load(yaml, new TopologyErrors("targets.yaml"))!.ToJson();
}
