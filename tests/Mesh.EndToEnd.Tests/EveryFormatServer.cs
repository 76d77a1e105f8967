using System.Text.Json;
using Mesh.Testing;

namespace Mesh.EndToEnd.Tests;

/// <summary>A recording of some format: what <c>mesh inspect</c> found in it, and what became of it once published.</summary>
/// <param name="File">Path below the root of the test data.</param>
/// <param name="InspectExit">Exit code of <c>mesh inspect --full</c>.</param>
/// <param name="Inspected">Its report.</param>
/// <param name="PublishExit">Exit code of <c>mesh publish --wait</c>.</param>
/// <param name="Published">Its answer.</param>
public sealed record FormatRun(string File, int InspectExit, JsonElement Inspected, int PublishExit, JsonElement Published)
{
    public long Messages => Inspected.GetProperty("messages").GetInt64();

    public string State => Published.GetProperty("state").GetString()!;

    public string IngestId => Published.GetProperty("ingest_id").GetString()!;

    public long Rows => Published.GetProperty("rows").GetInt64();

    public long DeadLetters => Published.GetProperty("dead_letters").GetInt64();
}

/// <summary>One server that is given a recording of every format, one by one as a user would. Made on first use, so that a test can skip before.</summary>
public sealed class EveryFormatServer : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private MeshProcess? server;
    private List<FormatRun>? runs;

    public string Data => folder["data"];

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (server is not null) await server.DisposeAsync();
        folder.Dispose();
        turn.Dispose();
    }

    /// <summary>Every recording, inspected and published.</summary>
    public async Task<IReadOnlyList<FormatRun>> RunAsync(IEnumerable<string> files)
    {
        await turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (runs is not null) return runs;
            server = await MeshProcess.UpAsync(Data);
            List<FormatRun> done = [];
            foreach (string file in files)
            {
                string path = TestData.PathOf(file.Split('/'));
                var (inspectExit, inspected, _) = await MeshProcess.RunAsync("inspect", path, "--full", "--json");
                var (publishExit, published, errors) = await MeshProcess.RunAsync("publish", path, "--vehicle", "V-formats", "--wait", "--json", "--data", Data);
                Assert.True(published.TrimStart().StartsWith('['), $"mesh publish {file} ended with {publishExit}:\n{errors}\n{published}");
                done.Add(new FormatRun(file, inspectExit, Parse(inspected), publishExit, Parse(published)[0]));
            }

            return runs = done;
        }
        finally
        {
            turn.Release();
        }
    }

    private static JsonElement Parse(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}
