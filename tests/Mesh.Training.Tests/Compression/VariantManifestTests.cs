using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Compression;

namespace Mesh.Training.Tests.Compression;

public sealed class VariantManifestTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public static VariantManifest Example { get; } = new()
    {
        Model = "manoeuvre", Version = 3, Profile = "tensorrt-int8", Target = VariantTarget.Tensorrt, ParentSha256 = new string('a', 64), CreatedAt = DateTimeOffset.UnixEpoch.AddTicks(7),
        Status = VariantStatus.InputsOnly, Reason = "trtexec is not on PATH", Settings = JsonSerializer.SerializeToElement(new { target = "tensorrt" }),
        Files = [new VariantFile("model_qdq.onnx", 5, new string('b', 64), VariantRoles.Model)],
        Commands = [new VariantCommand { Program = "trtexec", Arguments = ["--onnx=model_qdq.onnx"], Reason = "not there" }, new VariantCommand { Program = "x", Arguments = [], Ran = true, ExitCode = 0, ToolVersion = "1.2" }],
        Calibration = new VariantCalibration("raw.frames", 1L << 60, 256, new string('c', 64)),
        Validation = new VariantValidation
        {
            Runtime = "mesh 1", File = "model_qdq.onnx", Data = "windows", Samples = 10, Accuracy = 0.9, ParentAccuracy = 0.95, Agreement = 1, MaxAbsError = 0.25, Bytes = 5, ParentBytes = 20,
            LatencyUs = new VariantLatency(2, 3, 1, 4, 5),
        },
    };

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_manifest_is_read_as_it_was_written()
    {
        Example.Write(folder.Path);

        var read = VariantManifest.Read(folder.Path);

        JsonSerializer.Serialize(read).ShouldBe(JsonSerializer.Serialize(Example));
        var json = JsonNode.Parse(File.ReadAllText(folder["manifest.json"]))!;
        json["status"]!.GetValue<string>().ShouldBe("inputs_only");
        json["target"]!.GetValue<string>().ShouldBe("tensorrt");
        json["calibration"]!["snapshot_id"]!.GetValue<string>().ShouldBe("1152921504606846976");
        json["commands"]![0]!.AsObject().ContainsKey("exit_code").ShouldBeTrue();
        json["commands"]![0]!["exit_code"].ShouldBeNull();
    }

    [Theory]
    [InlineData("mesh.variant/v1", "mesh.variant/v2", "newer Mesh")]
    [InlineData("\"status\"", "\"stat\"", "broken")]
    [InlineData("{", "[", "broken")]
    public void A_manifest_of_another_schema_or_with_damage_is_refused(string part, string instead, string said)
    {
        Example.Write(folder.Path);
        File.WriteAllText(folder["manifest.json"], File.ReadAllText(folder["manifest.json"]).Replace(part, instead));

        var refused = Should.Throw<MeshException>(() => VariantManifest.Read(folder.Path));

        (refused.Code, refused.Message.Contains(said)).ShouldBe(("MESH9401", true), refused.Message);
    }

    [Fact]
    public async Task The_schema_takes_manifests_and_refuses_broken_ones()
    {
        Example.Write(folder.Path);
        string text = await File.ReadAllTextAsync(folder["manifest.json"], TestContext.Current.CancellationToken);
        (Example with { Calibration = null, Validation = null, Settings = null, Files = [], Commands = [] }).Write(folder.Path);
        var documents = new JsonObject { ["full"] = JsonNode.Parse(text), ["empty"] = JsonNode.Parse(await File.ReadAllTextAsync(folder["manifest.json"], TestContext.Current.CancellationToken)) };
        (string Part, string Instead)[] broken =
        [
            ("mesh.variant/v1", "mesh.variant/v9"), ("\"inputs_only\"", "\"fine\""), ("\"1152921504606846976\"", "1152"), ("\"role\": \"model\"", "\"role\": \"thing\""), (new string('b', 64), "b"), ("\"agreement\": 1", "\"agreement\": 2"),
        ];
        for (int i = 0; i < broken.Length; i++)
        {
            text.ShouldContain(broken[i].Part);
            documents[$"broken-{i}"] = JsonNode.Parse(text.Replace(broken[i].Part, broken[i].Instead));
        }

        await File.WriteAllTextAsync(folder["documents.json"], documents.ToJsonString(), TestContext.Current.CancellationToken);
        var errors = await NodeScript.RunAsync("validate-schema.mjs", Path.Combine(Repository.Root, "schemas", "variant.schema.json"), folder["documents.json"]);

        foreach (var document in errors.EnumerateObject())
        {
            (document.Value.GetArrayLength() == 0).ShouldBe(!document.Name.StartsWith("broken", StringComparison.Ordinal), $"{document.Name}: {document.Value}");
        }
    }
}
