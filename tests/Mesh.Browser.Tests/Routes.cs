using System.Globalization;
using System.Text.Json;
using Mesh.Console.Hosting;

namespace Mesh.Browser.Tests;

/// <summary>An address for each page of the console, with what the demo's server has in the places of names and ids.</summary>
public static class Routes
{
    /// <summary>Templates of all pages.</summary>
    public static IEnumerable<string> Templates => ConsoleEndpoints.Pages.Select(page => page.Template);

    /// <summary>Pages of what the demo has none of; they say so with 404 and what there is.</summary>
    public static IReadOnlyList<string> WithoutData { get; } = ["/studies/{name}"];

    /// <summary>The address that stands for a template.</summary>
    public static async Task<string> FillAsync(DemoServer server, string template) => template switch
    {
        "/recordings/{id}" => "/recordings/" + await FirstRecordingAsync(server),
        "/recordings/{id}/media" => $"/recordings/{await FirstRecordingAsync(server)}/media",
        "/vehicles/{id}" => "/vehicles/" + Uri.EscapeDataString((await server.AskAsync("/api/v1/recordings")).EnumerateArray().Last().GetProperty("vehicle_id").GetString()!),
        "/topics/{name}" => "/topics/fleet.uploads.v1",
        "/topology/{name}" => "/topology/fleet-ingest",
        "/groups/{name}" => "/groups/mesh.catalogue",
        "/dead-letters/{id}" => "/dead-letters/" + (await server.AskAsync("/api/v1/dead-letters"))[0].GetProperty("id").GetString(),
        "/products/{name}" => "/products/" + (await server.AskAsync("/api/v1/products"))[0].GetProperty("name").GetString(),
        "/maintenance/{table}" or "/maintenance/{name}" => "/maintenance/" + (await server.AskAsync("/api/v1/catalogue/tables"))[0].GetProperty("table").GetString(),
        "/rules/{name}" => "/rules/" + (await server.AskAsync("/api/v1/triggers"))[0].GetProperty("rule").GetString(),
        "/audit/{sequence}" => "/audit/1",
        "/runs/{id}" => "/runs/" + (await server.AskAsync("/api/v1/runs")).GetProperty("items")[0].GetProperty("run_id").GetString(),
        "/runs/compare" => "/runs/compare?ids=" + string.Join(',', (await server.AskAsync("/api/v1/runs")).GetProperty("items").EnumerateArray().Take(2).Select(run => run.GetProperty("run_id").GetString())),
        "/replays/{id}" => "/replays/" + (await server.AskAsync("/api/v1/replays"))[0].GetProperty("id").GetString(),
        "/decide" => "/decide?action=alias&alias=champion&model=" + (await server.AskAsync("/api/v1/models"))[0].GetProperty("name").GetString() + "&version=2",
        "/jobs/{id}" => "/jobs/" + (await server.AskAsync("/api/v1/jobs"))[0].GetProperty("job_id").GetString(),
        "/models/{name}" => "/models/" + (await server.AskAsync("/api/v1/models"))[0].GetProperty("name").GetString(),
        "/models/{name}/{version}" => await FirstModelAsync(server),
        _ => template,
    };

    private static async Task<string> FirstRecordingAsync(DemoServer server) =>
        (await server.AskAsync("/api/v1/recordings")).EnumerateArray().First(recording => recording.GetProperty("state").GetString() == "committed").GetProperty("ingest_id").GetString()!;

    private static async Task<string> FirstModelAsync(DemoServer server)
    {
        JsonElement model = (await server.AskAsync("/api/v1/models"))[0];
        return string.Create(CultureInfo.InvariantCulture, $"/models/{model.GetProperty("name").GetString()}/{model.GetProperty("version").GetInt32()}");
    }
}
