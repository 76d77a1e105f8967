using System.Text.Json;
using Mesh.Testing;

namespace Mesh.Browser.Tests;

/// <summary>A server with the demo fleet, the life of a model, and a recording that ended in dead letters. Made on first use, for all tests.</summary>
public sealed class DemoServer : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly SemaphoreSlim turn = new(1, 1);
    private MeshProcess? server;
    private HttpClient? client;
    private bool isReady;

    /// <summary>State directory.</summary>
    public string Data => folder["data"];

    /// <summary>Address of the console; after <see cref="StartAsync"/>.</summary>
    public string Url { get; private set; } = "";

    /// <summary>For asking the interface.</summary>
    public HttpClient Client => client!;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        client?.Dispose();
        if (server is not null) await server.DisposeAsync();
        folder.Dispose();
        turn.Dispose();
    }

    /// <summary>Starts it when it does not run yet.</summary>
    public async Task StartAsync()
    {
        await turn.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (isReady) return;
            var (exitCode, output, errors) = await MeshProcess.RunAsync("demo", "--lifecycle", "--data", Data);
            exitCode.ShouldBe(0, errors + output);
            server = await MeshProcess.UpAsync(Data);
            Url = server.AddressOf("http");
            client = new HttpClient { BaseAddress = new Uri(Url) };
            await PublishBrokenRecordingAsync();
            isReady = true;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Asks the interface.</summary>
    public async Task<JsonElement> AskAsync(string path)
    {
        using var document = JsonDocument.Parse(await Client.GetStringAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken));
        return document.RootElement.Clone();
    }

    private async Task PublishBrokenRecordingAsync()
    {
        string file = folder["<img src=x onerror=alert(1)>.mcap"];
        await File.WriteAllTextAsync(file, "this is no recording", TestContext.Current.CancellationToken);
        (await MeshProcess.RunAsync("publish", file, "--vehicle", "V-9", "--data", Data)).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(0, result.Errors));
        for (int attempt = 0; attempt < 600; attempt++)
        {
            // The list of letters follows the log, and so may come a moment after the recording's state.
            if ((await AskAsync("/api/v1/dead-letters")).GetArrayLength() > 0)
            {
                // A replay that fails again: the letter stays, and there is a replay to look at.
                (await MeshProcess.RunAsync("deadletters", "replay", "--stage", "decode", "--data", Data)).ShouldSatisfyAllConditions(result => result.ExitCode.ShouldBe(0, result.Errors + result.Output));
                return;
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        Assert.Fail("The broken recording was not settled within a minute.");
    }
}
