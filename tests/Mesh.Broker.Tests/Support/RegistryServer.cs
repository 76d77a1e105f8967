using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Broker.Tests.Support;

/// <summary>A broker with its schema registry behind HTTP.</summary>
internal sealed class RegistryServer : IAsyncDisposable
{
    private WebApplication app = null!;
    private HttpClient http = null!;
    private SchemaRegistry registry = null!;

    private RegistryServer(TestBroker broker) => Broker = broker;

    public TestBroker Broker { get; }

    public string Url => http.BaseAddress!.ToString().TrimEnd('/');

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RegistryServer> StartAsync()
    {
        var server = new RegistryServer(await TestBroker.StartAsync());
        await server.ServeAsync();
        return server;
    }

    public async Task RestartAsync()
    {
        await StopServingAsync();
        await Broker.RestartAsync();
        await ServeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopServingAsync();
        await Broker.DisposeAsync();
    }

    public Task<JsonElement> GetAsync(string path) => SendAsync("GET", path, null, HttpStatusCode.OK);

    public Task<JsonElement> PostAsync(string path, object body) => SendAsync("POST", path, body, HttpStatusCode.OK);

    public Task<JsonElement> PutAsync(string path, object body) => SendAsync("PUT", path, body, HttpStatusCode.OK);

    public Task<JsonElement> DeleteAsync(string path) => SendAsync("DELETE", path, null, HttpStatusCode.OK);

    /// <summary>Registers and returns the id.</summary>
    public async Task<int> RegisterAsync(string subject, string schema, string? type = "PROTOBUF", params object[] references) =>
        (await PostAsync($"/subjects/{subject}/versions", Schema(schema, type, references))).GetProperty("id").GetInt32();

    public async Task<string> ShouldFailAsync(string method, string path, object? body, int status, int code)
    {
        var error = await SendAsync(method, path, body, (HttpStatusCode)status);
        error.GetProperty("error_code").GetInt32().ShouldBe(code, error.ToString());
        return error.GetProperty("message").GetString()!;
    }

    public static object Schema(string schema, string? type, params object[] references) =>
        type is null ? new { schema } : references.Length == 0 ? new { schema, schemaType = type } : new { schema, schemaType = type, references };

    public async Task<JsonElement> SendAsync(string method, string path, object? body, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/vnd.schemaregistry.v1+json");
        using var response = await http.SendAsync(request, Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        response.StatusCode.ShouldBe(expected, $"{method} {path}: {text}");
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/vnd.schemaregistry.v1+json");
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    private async Task ServeAsync()
    {
        registry = await SchemaRegistry.StartAsync(Broker.Broker, Cancellation);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        app = builder.Build();
        app.MapSchemaRegistry(registry);
        await app.StartAsync(Cancellation);
        http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
    }

    private async Task StopServingAsync()
    {
        http.Dispose();
        await app.DisposeAsync();
        registry.Dispose();
    }
}
