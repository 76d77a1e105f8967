using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Upload;

namespace Mesh.Faults.Tests.Support;

/// <summary>A `mesh up` of its own process, with what fault tests do to it and ask it.</summary>
internal sealed class FaultServer : IAsyncDisposable
{
    /// <summary>Exit code of a process that SIGKILL ended.</summary>
    public const int Killed = 137;

    /// <summary>Design, invariant 7: after a fault ends, a fresh upload is committed within a minute.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly HttpClient http;

    private FaultServer(MeshProcess process)
    {
        Process = process;
        http = new HttpClient { BaseAddress = new Uri(process.AddressOf("http")), Timeout = TimeSpan.FromSeconds(30) };
    }

    /// <summary>The process.</summary>
    public MeshProcess Process { get; }

    /// <summary>Where it listens.</summary>
    public HttpClient Http => http;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<FaultServer> UpAsync(string data, IReadOnlyDictionary<string, string>? environment = null, params string[] arguments) =>
        new(await MeshProcess.UpAsync(data, environment, arguments));

    /// <summary>Sends a recording; null when no answer came.</summary>
    public async Task<UploadAnswer?> PublishAsync(string path, string vehicle, string session = "")
    {
        var client = new UploadClient(http, new UploadClientOptions { Server = http.BaseAddress!, MaxAttempts = 1 });
        try
        {
            return await client.UploadAsync(path, vehicle, session, null, Stop);
        }
        catch (MeshException exception) when (exception.Code == "MESH1021")
        {
            return null;
        }
    }

    /// <summary>Sends drives at the same time.</summary>
    /// <returns>Those that were acknowledged.</returns>
    public async Task<IReadOnlyList<Drive>> PublishAsync(IEnumerable<Drive> drives)
    {
        var answers = await Task.WhenAll(drives.Select(async drive => (Drive: drive, Answer: await PublishAsync(drive.Path, drive.Vehicle, drive.Session))));
        foreach (var (drive, answer) in answers)
        {
            if (answer is null) continue;
            answer.Result.ShouldBeOneOf(UploadResult.Accepted, UploadResult.Duplicate);
            answer.IngestId.ShouldBe(drive.IngestId);
        }

        return [.. answers.Where(answer => answer.Answer is not null).Select(answer => answer.Drive)];
    }

    public async Task<JsonElement?> GetAsync(string path)
    {
        using var response = await http.GetAsync(new Uri("api/v1/" + path, UriKind.Relative), Stop);

        // 503 says: ask again. Whoever waits for something does.
        if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.ServiceUnavailable) return null;
        response.EnsureSuccessStatusCode();
        using var document = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(Stop));
        return document.RootElement.Clone();
    }

    /// <summary>Waits until a recording is committed or a dead letter.</summary>
    public async Task<JsonElement> FinishedAsync(string ingestId)
    {
        JsonElement? recording = null;
        await WaitUntilAsync(
            async () => (recording = await GetAsync("recordings/" + ingestId))?.GetProperty("state").GetString() is "committed" or "deadlettered",
            () => $"{ingestId} to be finished; it is {recording}");
        return recording!.Value;
    }

    /// <summary>Waits for what must come within a minute.</summary>
    public async Task WaitUntilAsync(Func<Task<bool>> condition, Func<string> what)
    {
        for (var waited = Stopwatch.StartNew(); !await condition();)
        {
            Assert.False(Process.HasExited, $"mesh died while waiting for {what()}\n{Process.Errors}");
            Assert.True(waited.Elapsed < Patience, $"waited {Patience} for {what()}\n{Process.Errors}");
            await Task.Delay(50, Stop);
        }
    }

    /// <summary>Checks a drive's account against what the simulator wrote.</summary>
    public async Task CommittedAsTruthSaysAsync(Drive drive)
    {
        var recording = await FinishedAsync(drive.IngestId);
        recording.GetProperty("state").GetString().ShouldBe("committed", recording.ToString());
        recording.GetProperty("messages_in").GetInt64().ShouldBe(drive.Truth.Messages);
        recording.GetProperty("rows_out").GetInt64().ShouldBe(drive.Truth.Messages);
        recording.GetProperty("dead_letters").GetInt64().ShouldBe(0);
        recording.GetProperty("frames_out").GetInt64().ShouldBe(drive.Frames);
        recording.GetProperty("losses").GetArrayLength().ShouldBe(0);
    }

    /// <summary>All dead letters.</summary>
    public async Task<IReadOnlyList<JsonElement>> DeadLettersAsync()
    {
        const int Limit = 10_000;
        List<JsonElement> letters = [.. (await GetAsync($"dead-letters?limit={Limit}"))!.Value.EnumerateArray()];
        letters.Count.ShouldBeLessThan(Limit, "there may be more than were asked for");
        return letters;
    }

    /// <summary>Most memory the process ever had, in bytes.</summary>
    public long PeakBytes()
    {
        string line = File.ReadLines($"/proc/{Process.Id}/status").First(text => text.StartsWith("VmHWM:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Process.DisposeAsync();
    }
}
