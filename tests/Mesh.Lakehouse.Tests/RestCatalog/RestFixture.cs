using System.Text;
using System.Text.Json.Nodes;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Lakehouse.RestCatalog;
using Mesh.Lakehouse.RestCatalog.Client;
using Mesh.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Mesh.Lakehouse.Tests.RestCatalog;

/// <summary>A lake whose catalogue is served over HTTP on a free port.</summary>
internal sealed class RestFixture : IAsyncDisposable
{
    private readonly WebApplication app;

    private RestFixture(LakeFixture lake, WebApplication app)
    {
        Lake = lake;
        this.app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.First() + "/catalog/v1/") };
    }

    public LakeFixture Lake { get; }

    public HttpClient Http { get; }

    public Uri Uri => new(app.Urls.First() + "/catalog");

    public static async Task<RestFixture> StartAsync(RestCatalogueOptions? options = null, TestDatabase? place = null)
    {
        var lake = new LakeFixture(new TableCatalogueOptions { MaxCommitAttempts = 1000 }, place);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseRouting();
        app.MapRestCatalogue(lake.Catalogue, options);
        app.UseEndpoints(_ => { });
        await app.StartAsync(LakeFixture.None);
        return new RestFixture(lake, app);
    }

    public Task<RestCatalogueClient> ConnectAsync() => RestCatalogueClient.ConnectAsync(Uri, null, null, LakeFixture.None);

    /// <summary>One request as text; the answer's status and body.</summary>
    public async Task<(int Status, JsonNode? Body)> SendAsync(HttpMethod method, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await Http.SendAsync(request, LakeFixture.None);
        string text = await response.Content.ReadAsStringAsync(LakeFixture.None);
        return ((int)response.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text));
    }

    /// <summary>Writes what an append of one file needs into the lake, as a foreign engine would, and says how to commit it.</summary>
    public async Task<TableCommit> PrepareAppendAsync(TableState state, long rows = 10, params object?[] partition)
    {
        var file = await Lake.FakeFileAsync(state.Identifier, rows, partition);
        var writer = new SnapshotWriter(Lake.Catalogue, Lake.Store, new TableCatalogueOptions(), state, Lake.Time.GetUtcNow().ToUnixTimeMilliseconds());
        var change = new SnapshotChange { Operation = "append", Added = [new AddedFile(file, state.Metadata.DefaultSpecId)] };
        var snapshot = await writer.WriteAsync(change, state.Metadata.CurrentSnapshot, LakeFixture.None);
        return new TableCommit(
            state.Identifier,
            [new AssertTableUuid(state.Metadata.TableUuid), new AssertRefSnapshotId("main", state.Metadata.CurrentSnapshotId)],
            [new AddSnapshot(snapshot), new SetSnapshotRef("main", new SnapshotRef(snapshot.SnapshotId, SnapshotRefType.Branch))]);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
        Lake.Dispose();
    }
}
