using System.Collections.Concurrent;
using System.Text.Json;
using Mesh.Model;
using Mesh.Upload;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Vehicles at work: they send what the workload says, and what was not answered again until it is.</summary>
internal sealed class Publishers(Workload workload, CampaignServer server, Oracle oracle) : IDisposable
{
    /// <summary>Vehicles wait while so many uploads are not committed yet, so that a run ends soon after its faults.</summary>
    private const long MaxBacklog = 40;

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(700);

    private readonly SemaphoreSlim gate = new(1);
    private readonly ConcurrentQueue<Upload> unanswered = [];

    public void Dispose() => gate.Dispose();

    /// <summary>Sends until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Pace, stop);
                if (server.Current is null || await IsBehindAsync()) continue;
                if (!unanswered.TryDequeue(out var upload)) upload = await NextAsync(stop);
                if (!await SendAsync(upload)) unanswered.Enqueue(upload);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    /// <summary>Sends what nobody has answered yet; gives up after a while.</summary>
    public async Task FinishAsync(TimeSpan patience)
    {
        for (var waited = System.Diagnostics.Stopwatch.StartNew(); unanswered.TryDequeue(out var upload);)
        {
            if (await SendAsync(upload)) continue;
            Assert.True(waited.Elapsed < patience, $"{upload} is not accepted though all faults are over: {LastRefusal}\n{server.Current?.Process.Errors}");
            unanswered.Enqueue(upload);
            await Task.Delay(200, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>What the server said last instead of accepting.</summary>
    public string LastRefusal { get; private set; } = "";

    /// <summary>Sends a recording once.</summary>
    /// <returns>Whether it was acknowledged.</returns>
    public async Task<bool> SendAsync(Upload upload)
    {
        if (server.Current is not { } target) return false;
        oracle.Attempt(upload);
        try
        {
            var answer = await target.PublishAsync(upload.Path, upload.Vehicle, upload.Session);
            switch (answer?.Result)
            {
                case UploadResult.Accepted or UploadResult.Duplicate:
                    answer.IngestId.ShouldBe(upload.IngestId);
                    oracle.Acknowledge(upload);
                    oracle.Count(answer.Result == UploadResult.Duplicate ? "upload-duplicate" : "upload-accepted");
                    return true;
                case UploadResult.Refused:
                    LastRefusal = $"{answer.Code} {answer.Reason}";
                    oracle.Count($"upload-refused-{answer.Code}");
                    return false;
                default:
                    oracle.Count("upload-unanswered");
                    return false;
            }
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException or JsonException or MeshException)
        {
            LastRefusal = exception.Message;
            oracle.Count("upload-unanswered");
            return false;
        }
    }

    private async Task<Upload> NextAsync(CancellationToken stop)
    {
        await gate.WaitAsync(stop);
        try
        {
            return await workload.NextAsync(stop);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task<bool> IsBehindAsync()
    {
        try
        {
            if (server.Current is not { } target || await target.GetAsync("status") is not { } status) return true;
            return status.GetProperty("recordings").EnumerateObject().Where(state => state.Name is "accepted" or "written").Sum(state => state.Value.GetInt64()) >= MaxBacklog;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            return true;
        }
    }
}
