using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>What `dotnet publish` makes runs from a folder of its own, the native Kafka client included.</summary>
public sealed class PublishedProgramTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_published_program_runs_the_demo()
    {
        Require.AtLeast(TestLevel.Ci);
        string project = Path.Combine(Repository.Root, "src", "Mesh.Cli");
        string configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        await ToolProcess.RunAsync("dotnet", "publish", project, "-c", configuration, "--no-build", "-o", folder["program"]);

        File.Exists(folder["program", "librdkafka.so"]).ShouldBeTrue();
        string report = await ToolProcess.RunAsync(folder["program", "mesh"], "demo", "--json", "--data", folder["data"]);

        using var json = JsonDocument.Parse(report);
        json.RootElement.GetProperty("balanced").GetBoolean().ShouldBeTrue();
        json.RootElement.GetProperty("models").GetInt32().ShouldBeGreaterThan(0);
    }
}
