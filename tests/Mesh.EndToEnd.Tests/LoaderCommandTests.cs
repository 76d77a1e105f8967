using System.Text.Json;
using Mesh.Simulation;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary><c>mesh jobs read</c> on a table, beside a server and without one.</summary>
public sealed class LoaderCommandTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly CancellationToken token = TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_tables_rows_are_streamed_described_and_resumed()
    {
        Require.AtLeast(TestLevel.Default);
        await SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions { Duration = TimeSpan.FromSeconds(3), Seed = 5, VehicleId = "V5" }, token);
        string[] table = ["--table", "chassis.imu", "--columns", "sequence,angular_velocity.z,orientation_covariance[9]", "--data", folder["data"]];
        JsonElement beside;
        await using (await MeshProcess.UpAsync(folder["data"]))
        {
            (await MeshProcess.RunAsync("publish", folder["drive.mcap"], "--vehicle", "V5", "--wait", "--data", folder["data"])).ExitCode.ShouldBe(0);
            beside = await MeshProcess.RunJsonAsync(["jobs", "read", "--describe", "--json", .. table]);
        }

        var described = await MeshProcess.RunJsonAsync(["jobs", "read", "--describe", "--json", .. table]);
        described.GetRawText().ShouldBe(beside.GetRawText());
        described.GetProperty("rows").GetInt64().ShouldBe(300);
        described.GetProperty("columns").EnumerateArray().Select(column => column.GetProperty("layout").GetString()).ShouldBe(["scalar", "scalar", "row"]);

        string[] read = ["jobs", "read", "--tensors", "--batch-size", "100", .. table];
        var report = await MeshProcess.RunJsonAsync([.. read, "--json", "-o", folder["all"]]);
        report.GetProperty("samples").GetInt64().ShouldBe(300);
        var frames = await FramesAsync(folder["all"]);
        var again = await MeshProcess.RunAsync([.. read, "--resume", frames[1].GetProperty("metadata").GetProperty("cursor").GetString()!, "-o", folder["rest"]]);
        again.ExitCode.ShouldBe(0, again.Errors);
        again.Errors.ShouldContain("200 samples in 2 batches");
        (await FramesAsync(folder["rest"])).Skip(1).SkipLast(1).Select(frame => frame.GetRawText()).ShouldBe(frames.Skip(2).SkipLast(1).Select(frame => frame.GetRawText()));

        // A trainer that has seen enough closes its end: the loader stops, and not with an error.
        string shell = $"dotnet {MeshProcess.Program} {string.Join(' ', read).Replace("[9]", "")} --epochs 10000000 2>{folder["said"]} | head -c 100000 >/dev/null; exit ${{PIPESTATUS[0]}}";
        await ToolProcess.RunAsync("bash", "-c", shell);
        (await File.ReadAllTextAsync(folder["said"], token)).ShouldContain("closed the pipe");
    }

    [Fact]
    public async Task What_is_wrong_with_a_call_is_said_in_a_line()
    {
        Require.AtLeast(TestLevel.Default);
        (await MeshProcess.RunAsync("jobs", "read", "--table", "t")).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(2), result => result.Errors.ShouldContain("--tensors"));
        (await MeshProcess.RunAsync("jobs", "read", "--tensors")).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(2), result => result.Errors.ShouldContain("MESH_JOB_SPEC"));
        (await MeshProcess.RunAsync("jobs", "read", "--tensors", "--spec", folder["none.json"])).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(1), result => result.Errors.ShouldContain("MESH9104"));
    }

    private async Task<List<JsonElement>> FramesAsync(string path)
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python) && Directory.Exists("/usr/lib/python3/dist-packages/numpy"), "needs the onnx package of Python: apt-get install python3-onnx");
        string text = await ToolProcess.RunAsync(python, Path.Combine(Repository.Root, "tests", "foreign", "tensors-read.py"), path);
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
