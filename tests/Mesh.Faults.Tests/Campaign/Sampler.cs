using System.Net;
using System.Text.Json;
using Mesh.Kafka;
using Mesh.Model;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>Looks at positions again and again: what the groups have committed, and the tables' own.</summary>
internal sealed class Sampler(CampaignServer server, Oracle oracle) : IAsyncDisposable
{
    private readonly SemaphoreSlim looking = new(1);
    private TopicAdmin? admin;
    private int adminLife;
    private int epoch;

    /// <summary>Sets something back on purpose, during which nobody looks; afterwards it counts anew.</summary>
    public async Task SettingBackAsync(Func<Task> setBack)
    {
        await looking.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await setBack();
        }
        finally
        {
            epoch++;
            looking.Release();
        }
    }

    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (true)
            {
                await Task.Delay(1_000, stop);
                server.SamplePeak();
                await LookAsync(stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    /// <summary>Looks once; nothing is seen of what does not answer.</summary>
    public async Task LookAsync(CancellationToken stop)
    {
        await looking.WaitAsync(stop);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
            patience.CancelAfter(TimeSpan.FromSeconds(5));
            await TablesAsync(patience.Token);
            await GroupsAsync(patience.Token);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException or IOException or JsonException or MeshException)
        {
            stop.ThrowIfCancellationRequested();
        }
        finally
        {
            looking.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (admin is not null) await admin.DisposeAsync();
        looking.Dispose();
    }

    private async Task TablesAsync(CancellationToken token)
    {
        if (server.Current is not { } target) return;
        if (await GetAsync(target.Http, "catalog/v1/namespaces/raw/tables", token) is not { } tables) return;
        foreach (var identifier in tables.GetProperty("identifiers").EnumerateArray())
        {
            string name = identifier.GetProperty("name").GetString()!;
            if (await GetAsync(target.Http, $"catalog/v1/namespaces/raw/tables/{Uri.EscapeDataString(name)}", token) is not { } table) continue;
            if (!table.GetProperty("metadata").GetProperty("properties").TryGetProperty("mesh.source-offsets", out var text)) continue;
            using var offsets = JsonDocument.Parse(text.GetString()!);
            foreach (var offset in offsets.RootElement.EnumerateObject())
            {
                // The tables' own position is never set back, whoever sets a group's back.
                oracle.Sample(new OffsetSample($"table raw.{name} of {offset.Name}", offset.Value.GetInt64(), 0));
                oracle.Count("offset-sampled");
            }
        }
    }

    private async Task GroupsAsync(CancellationToken token)
    {
        if (server.Current is not { } target) return;
        if (admin is null || adminLife != server.Life)
        {
            if (admin is not null) await admin.DisposeAsync();
            (admin, adminLife) = (new TopicAdmin(new KafkaOptions { Bootstrap = target.Process.AddressOf("kafka") }, NullLogger.Instance), server.Life);
        }

        foreach (var group in await admin.ListGroupsAsync(token))
        {
            foreach (var lag in await admin.DescribeGroupAsync(group.Name, token))
            {
                if (lag.CommittedOffset < 0) continue;
                oracle.Sample(new OffsetSample($"group {lag.Group} of {lag.Topic}-{lag.Partition}", lag.CommittedOffset, epoch));
                oracle.Count("offset-sampled");
            }
        }
    }

    private static async Task<JsonElement?> GetAsync(HttpClient http, string path, CancellationToken token)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), token);
        if (answer.StatusCode != HttpStatusCode.OK) return null;
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(token));
        return document.RootElement.Clone();
    }
}
