using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>The whole loop by itself: <c>mesh demo --lifecycle</c>.</summary>
public sealed class LifecycleDemoTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Two_versions_are_released_the_second_better_and_wrong_labels_are_stopped_by_a_gate()
    {
        var (exitCode, output, errors) = await MeshProcess.RunAsync("demo", "--lifecycle", "--json", "--data", folder["data"]);

        exitCode.ShouldBe(0, errors + output);
        var report = JsonDocument.Parse(output).RootElement;
        var rounds = report.GetProperty("rounds").EnumerateArray().ToList();
        rounds.Select(round => round.GetProperty("state").GetString()).ShouldBe(["retired", "released", "rejected"]);
        var accuracies = rounds.Select(round => round.GetProperty("holdout_accuracy").GetDouble()).ToList();
        accuracies[1].ShouldBeGreaterThan(accuracies[0]);
        accuracies[2].ShouldBeLessThan(accuracies[0]);
        rounds[2].GetProperty("stopped_by")[0].GetString().ShouldStartWith("accuracy");
        foreach (var released in rounds[..2])
        {
            released.GetProperty("variants").GetArrayLength().ShouldBe(4, released.ToString());
            released.GetProperty("variants").EnumerateArray().ShouldAllBe(variant => variant.GetProperty("status").GetString() != "failed");
            released.GetProperty("handoff").GetProperty("findings").EnumerateArray().ShouldBeEmpty(released.ToString());
        }

        rounds[2].GetProperty("variants").GetArrayLength().ShouldBe(0);
        string bundle = rounds[1].GetProperty("handoff").GetProperty("folder").GetString()!, trust = rounds[1].GetProperty("handoff").GetProperty("trust_file").GetString()!;
        (await MeshProcess.RunAsync("models", "verify", bundle, "--trust", trust)).ExitCode.ShouldBe(0);
        await File.AppendAllTextAsync(Directory.GetFiles(bundle, "model.onnx", SearchOption.AllDirectories)[0], "x", TestContext.Current.CancellationToken);
        (await MeshProcess.RunAsync("models", "verify", bundle, "--trust", trust)).ExitCode.ShouldBe(1);
        report.GetProperty("is_decision_log_intact").GetBoolean().ShouldBeTrue();

        var history = await MeshProcess.RunJsonAsync("models", "history", "manoeuvre", "--json", "--data", folder["data"]);
        history.GetProperty("releases").GetArrayLength().ShouldBe(2, history.ToString());
        (await MeshProcess.RunAsync("demo", "--lifecycle", "--data", folder["data"])).Errors.ShouldContain("MESH11071");
    }
}
