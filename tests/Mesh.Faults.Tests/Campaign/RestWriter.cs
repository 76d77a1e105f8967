using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Testing.Faults;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>
/// F9: a second writer, as another engine is: it raises a number among a table's properties through the REST catalogue, by compare-and-swap, while
/// the server commits to the same table. What was answered with success must be there; an answer that is lost or wrong leaves it in doubt, and the
/// next look tells.
/// </summary>
internal sealed class RestWriter : IAsyncDisposable
{
    private const string Property = "campaign.count";

    private readonly CampaignServer server;
    private readonly Oracle oracle;
    private readonly Random random;
    private readonly HttpFaultProxy proxy;
    private readonly HttpClient http;
    private long acknowledged;

    public RestWriter(CampaignServer server, Oracle oracle, int seed)
    {
        (this.server, this.oracle, random) = (server, oracle, new Random(seed));
        proxy = new HttpFaultProxy(() => server.Current?.Http.BaseAddress ?? throw new IOException("there is no server"), "rest");
        http = new HttpClient { BaseAddress = new Uri(proxy.Endpoint), Timeout = TimeSpan.FromSeconds(20) };
    }

    /// <summary>What its proxy has counted so far.</summary>
    public IReadOnlyDictionary<string, int> Occurred => proxy.Occurred;

    /// <summary>Writes until told to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        try
        {
            for (; ; await Task.Delay(random.Next(300, 1_500), stop))
            {
                if (server.Current is null) continue;
                try
                {
                    await CommitAsync(stop);
                }
                catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException or ObjectDisposedException || (exception is OperationCanceledException && !stop.IsCancellationRequested))
                {
                    // In doubt, or away: the next look tells.
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The end of the run.
        }
    }

    /// <summary>Looks whether the last acknowledged number is there.</summary>
    public async Task CheckAsync()
    {
        proxy.Disarm();
        if (acknowledged > 0 && await LoadAsync(TestContext.Current.CancellationToken) is { } table && CountOf(table) < acknowledged)
        {
            oracle.ForeignCommitLost($"a commit of {acknowledged} over REST was acknowledged, the table has {CountOf(table)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await proxy.DisposeAsync();
    }

    private async Task CommitAsync(CancellationToken stop)
    {
        if (await LoadAsync(stop) is not { } table) return;
        long count = CountOf(table);
        if (count < acknowledged) oracle.ForeignCommitLost($"a commit of {acknowledged} over REST was acknowledged, the table has {count}");
        var requirements = new JsonArray(new JsonObject { ["type"] = "assert-table-uuid", ["uuid"] = table.GetProperty("table-uuid").GetString() });
        if (table.TryGetProperty("current-snapshot-id", out var snapshot) && snapshot.ValueKind == JsonValueKind.Number && snapshot.GetInt64() > 0)
        {
            requirements.Add(new JsonObject { ["type"] = "assert-ref-snapshot-id", ["ref"] = "main", ["snapshot-id"] = snapshot.GetInt64() });
        }

        var update = new JsonObject { ["action"] = "set-properties", ["updates"] = new JsonObject { [Property] = (count + 1).ToString(CultureInfo.InvariantCulture) } };
        if (random.Next(5) == 0) proxy.Arm(random.Next(2) == 0 ? HttpFault.AnswerLost : HttpFault.ErrorAfterSuccess, line => line.StartsWith("POST", StringComparison.Ordinal), 1);
        using var answer = await http.PostAsJsonAsync(Path, new JsonObject { ["requirements"] = requirements, ["updates"] = new JsonArray(update) }, stop);
        if (answer.StatusCode == HttpStatusCode.OK)
        {
            acknowledged = count + 1;
            oracle.Count("foreign-commit");
        }
        else if (answer.StatusCode == HttpStatusCode.Conflict)
        {
            oracle.Count("foreign-conflict");
        }
    }

    private static string Path => "catalog/v1/namespaces/raw/tables/mesh_faults_reading";

    private async Task<JsonElement?> LoadAsync(CancellationToken stop)
    {
        using var answer = await http.GetAsync(new Uri(Path, UriKind.Relative), stop);
        if (answer.StatusCode != HttpStatusCode.OK) return null;
        using var document = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(stop));
        return document.RootElement.GetProperty("metadata").Clone();
    }

    private static long CountOf(JsonElement table) =>
        table.GetProperty("properties").TryGetProperty(Property, out var text) ? long.Parse(text.GetString()!, CultureInfo.InvariantCulture) : 0;
}
