using System.Net;
using Mesh.Commands.Queries;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Commands.Tests.Queries;

/// <summary>Servers that are not Mesh's, or older.</summary>
public sealed class ServerClientTests : IAsyncLifetime
{
    private readonly WebApplication web;

    public ServerClientTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        web = builder.Build();
        web.Urls.Add($"http://{IPAddress.Loopback}:0");
        web.MapGet("/api/v1/empty", () => Results.Ok());
        web.MapGet("/api/v1/page", () => Results.Content("<html></html>", "text/html"));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await web.StartAsync(Token);

    public ValueTask DisposeAsync() => web.DisposeAsync();

    [Theory]
    [InlineData("empty", "none of Mesh's")]
    [InlineData("page", "none of Mesh's")]
    [InlineData("unknown", "older than this program")]
    public async Task An_answer_that_is_none_is_an_error_that_says_so(string path, string reason)
    {
        string address = web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var client = new ServerClient(new Uri(address), token: null);

        var exception = await Should.ThrowAsync<MeshException>(() => client.RequireAsync<List<string>>(HttpMethod.Get, path, null, Token));

        exception.Code.ShouldBe("MESH11021");
        exception.Message.ShouldContain(reason);
    }
}
