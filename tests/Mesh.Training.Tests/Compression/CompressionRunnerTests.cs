using Mesh.Lakehouse.Metadata;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Onnx.Npy;
using Mesh.Testing;
using Mesh.Training.Compression;
using Mesh.Training.Governance.Policy;

namespace Mesh.Training.Tests.Compression;

/// <summary>The ledger: a registration is compressed once, whatever happens in between.</summary>
public class CompressionRunnerTests : IDisposable
{
    private const string Two =
        """
        profiles:
          - { name: a, target: onnx-int8 }
          - { name: b, target: onnx-fp16 }
        """;

    private readonly CompressionFixture fixture;

    public CompressionRunnerTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected CompressionRunnerTests(TestDatabase place) => fixture = new CompressionFixture(place);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => fixture.Dispose();

    [Fact]
    public async Task A_registration_that_comes_twice_is_compressed_once_with_one_event()
    {
        var model = await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(Two);
        await fixture.RunAsync(runner);
        int opened = fixture.Opened;

        (await runner.AcceptAsync(CompressionFixture.Registered(), null, Stop)).ShouldBeFalse();
        (await runner.RunNextAsync(Stop)).ShouldBeFalse();

        fixture.Opened.ShouldBe(opened);
        var compressed = (await fixture.EventsAsync()).ShouldHaveSingleItem();
        (compressed.Model, compressed.Version, compressed.CompressionId, compressed.ModelSha256).ShouldBe(("manoeuvre", 1, "manoeuvre@1", model.Sha256));
        compressed.Variants.Select(variant => (variant.Profile, variant.Target, variant.Status)).ShouldBe([("a", "onnx-int8", "ready"), ("b", "onnx-fp16", "ready")]);
        compressed.Variants[0].HasAccuracy.ShouldBeTrue();
        foreach (var variant in await runner.Variants.ListAsync("manoeuvre", 1, Stop))
        {
            new Uri(variant.Uri).LocalPath.TrimEnd('/').ShouldBe(fixture.VariantOf(variant.Manifest.Profile));
            compressed.Variants.Select(described => described.ManifestSha256).ShouldContain(variant.ManifestSha256);
        }
    }

    [Fact]
    public async Task A_rejected_model_is_not_compressed_nor_one_that_is_rejected_while_it_waits()
    {
        await fixture.RegisterAsync([], "a script", new Dictionary<string, string>(), Lifecycle.Rejected);
        var runner = fixture.Runner(Two);

        (await runner.AcceptAsync(CompressionFixture.Registered("rejected: accuracy"), null, Stop)).ShouldBeFalse();
        (await fixture.RunAsync(runner)).State.ShouldBe(CompressionState.Skipped);
        (await Should.ThrowAsync<MeshException>(() => runner.RequestAsync("manoeuvre", 1, [], Stop))).Code.ShouldBe("MESH9405");

        (await runner.Variants.ListAsync("manoeuvre", 1, Stop)).ShouldBeEmpty();
        (await fixture.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_dead_process_had_finished_is_kept_and_the_rest_is_made()
    {
        await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(Two);
        await fixture.RunAsync(runner);
        var first = VariantManifest.Read(fixture.VariantOf("a"));
        // As if the process had died after the first variant was in its place, with the second half made.
        await fixture.Database.WriteAsync(
            async transaction =>
            {
                foreach (string sql in (string[])["DELETE FROM model_variants", "DELETE FROM outbox", "UPDATE compressions SET state = 'running', finished_at_us = NULL"]) await transaction.ExecuteAsync(sql);
            },
            Stop);
        Directory.Move(fixture.VariantOf("b"), fixture.VariantOf(".b.tmp"));
        File.Delete(fixture.VariantOf(".b.tmp", "manifest.json"));

        await runner.ResumeAsync(Stop);
        var compression = await fixture.RunAsync(runner);

        (compression.State, compression.Attempts).ShouldBe((CompressionState.Done, 2));
        VariantManifest.Read(fixture.VariantOf("a")).CreatedAt.ShouldBe(first.CreatedAt);
        (await fixture.ManifestsAsync(runner)).Keys.ShouldBe(["a", "b"], ignoreOrder: true);
        Directory.GetDirectories(Path.Combine(fixture.VersionFolder, "variants")).Select(Path.GetFileName).ShouldBe(["a", "b"], ignoreOrder: true);
        (await fixture.EventsAsync()).ShouldHaveSingleItem().Variants.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Asked_for_by_hand_a_profile_is_made_anew_and_the_others_stay()
    {
        await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(Two);
        await fixture.RunAsync(runner);
        var before = await fixture.ManifestsAsync(runner);

        var asked = await runner.RequestAsync("manoeuvre", 1, ["b"], Stop);
        await runner.RunNextAsync(Stop);

        asked.CompressionId.ShouldBe("manoeuvre@1/2");
        var after = await fixture.ManifestsAsync(runner);
        after["a"].CreatedAt.ShouldBe(before["a"].CreatedAt);
        after["b"].CreatedAt.ShouldBeGreaterThan(before["b"].CreatedAt);
        (await fixture.EventsAsync()).Select(compressed => compressed.Variants.Count).ShouldBe([2, 1]);
        (await Should.ThrowAsync<MeshException>(() => runner.RequestAsync("manoeuvre", 1, ["c"], Stop))).Code.ShouldBe("MESH9404");
        (await Should.ThrowAsync<MeshException>(() => runner.RequestAsync("manoeuvre", 7, [], Stop))).Code.ShouldBe("MESH9405");
        (await runner.Variants.ResolveAsync("manoeuvre", Stop)).ShouldBe(("manoeuvre", 1));
        (await Should.ThrowAsync<MeshException>(async () => await runner.Variants.ResolveAsync("manoeuvre@best", Stop))).Code.ShouldBe("MESH9405");
    }

    [Fact]
    public async Task A_model_file_that_is_not_the_registered_one_fails_the_compression_and_makes_nothing()
    {
        await fixture.RegisterTrainedAsync();
        await File.AppendAllTextAsync(Path.Combine(fixture.VersionFolder, "model.onnx"), "x", Stop);
        var runner = fixture.Runner(Two);

        var compression = await fixture.RunAsync(runner);

        (compression.State, compression.Code).ShouldBe((CompressionState.Failed, "MESH9410"));
        Directory.Exists(Path.Combine(fixture.VersionFolder, "variants")).ShouldBeFalse();
        (await fixture.EventsAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_model_of_an_unknown_trainer_is_compressed_on_the_samples_that_it_left_or_failed_with_what_to_do()
    {
        byte[] bytes = new OnnxModelBuilder("m", "1").AddInput("x", 2).AddInitializer("w", [1, 2, 3, -4], 2, 2).AddNode("MatMul", ["x", "w"], "y").AddOutput("y", 2).Build();
        await fixture.RegisterAsync(bytes, "python3 train.py", new Dictionary<string, string>());
        var runner = fixture.Runner("profiles: [ { name: a, target: onnx-int8, bounds: { maxAccuracyDrop: 0.5 } } ]");
        await fixture.RunAsync(runner);
        var without = (await fixture.ManifestsAsync(runner))["a"];
        (without.Status, without.Validation).ShouldBe((VariantStatus.Failed, null));
        without.Reason.ShouldStartWith("MESH9411: There are no samples for manoeuvre@1");

        WriteSamples(Path.Combine(fixture.VersionFolder, "samples"));
        await runner.RequestAsync("manoeuvre", 1, [], Stop);
        await runner.RunNextAsync(Stop);
        var unlabelled = (await fixture.ManifestsAsync(runner))["a"];
        unlabelled.Reason.ShouldStartWith("accuracy was not evaluated, because the samples have no labels");
        unlabelled.Validation!.Agreement.ShouldNotBeNull().ShouldBeGreaterThan(0.9);

        await File.WriteAllBytesAsync(Path.Combine(fixture.VersionFolder, "samples", "validation", "labels.npy"), NpyFile.Write(OnnxTensor.Of<long>(new long[32], 32)), Stop);
        await runner.RequestAsync("manoeuvre", 1, [], Stop);
        await runner.RunNextAsync(Stop);
        var labelled = (await fixture.ManifestsAsync(runner))["a"];
        (labelled.Status, labelled.Calibration!.Samples, labelled.Calibration.SnapshotId).ShouldBe((VariantStatus.Ready, 32, 0));
        labelled.Validation!.Accuracy.ShouldNotBeNull();
    }

    [Fact]
    public async Task Pruning_comes_before_everything_else()
    {
        await fixture.RegisterTrainedAsync();
        var runner = fixture.Runner(
            """
            profiles:
              - { name: whole, target: onnx-int8 }
              - { name: pruned, target: onnx-int8, prune: 0.25 }
            """);

        await fixture.RunAsync(runner);

        var made = await fixture.ManifestsAsync(runner);
        made["pruned"].Reason.ShouldContain("parameters left by pruning");
        made["pruned"].Validation!.Bytes.ShouldBeLessThan(made["whole"].Validation!.Bytes);
    }

    private static void WriteSamples(string folder)
    {
        foreach (string part in (string[])["calibration", "validation"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
            float[] samples = [.. Enumerable.Range(0, 64).Select(i => MathF.Sin(i))];
            File.WriteAllBytes(Path.Combine(folder, part, "x.npy"), NpyFile.Write(OnnxTensor.Of<float>(samples, 32, 2)));
        }
    }
}
