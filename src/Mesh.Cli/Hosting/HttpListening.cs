using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Mesh.Broker;
using Mesh.Commands.Configuration;
using Mesh.Console.Safety;
using Mesh.Model;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Cli.Hosting;

/// <summary>An HTTP listener that asks for a login; stopped, with what is under way drained, when disposed.</summary>
internal sealed class HttpListening : IAsyncDisposable
{
    private readonly WebApplication app;

    private HttpListening(WebApplication app, string url)
    {
        this.app = app;
        Url = url;
    }

    /// <summary>Where it listens.</summary>
    public string Url { get; }

    /// <summary>Starts listening.</summary>
    /// <param name="address">Address to bind.</param>
    /// <param name="port">Port; 0 takes a free one.</param>
    /// <param name="portKey">Setting to name when the port is taken.</param>
    /// <param name="certificate">Certificate; null for plain HTTP.</param>
    /// <param name="login">Whom it lets in.</param>
    /// <param name="allowedHosts">Names beside those of loopback that a listener on loopback answers to.</param>
    /// <param name="loggers">Logs.</param>
    /// <param name="map">Maps the endpoints.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="MeshException"><c>MESH11050</c> the port is taken.</exception>
    public static async Task<HttpListening> StartAsync(
        IPAddress address, int port, SettingKey portKey, X509Certificate2? certificate, HttpLogin login, IReadOnlyCollection<string> allowedHosts, ILoggerFactory loggers,
        Action<WebApplication> map, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;

            // A vehicle's uplink may stall for long without being an attack; unfinished uploads expire by their own rule.
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Listen(address, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (certificate is not null) listen.UseHttps(certificate);
            });
        });
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        var app = builder.Build();
        app.Use(new BrowserGuard(IPAddress.IsLoopback(address), allowedHosts).GuardAsync);
        if (login.IsRequired) app.Use(login.RequireAsync);
        app.UseRouting();
        map(app);
        app.UseEndpoints(_ => { });
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            await app.DisposeAsync().ConfigureAwait(false);
            throw new MeshException("MESH11050", $"Cannot listen on {address}:{port}: {exception.Message} Another process may have the port: choose another with `{portKey.Name}` ({portKey.EnvironmentVariable}), or 0 for a free one.", innerException: exception);
        }

        string url = app.Urls.First().Replace("0.0.0.0", Dns.GetHostName(), StringComparison.Ordinal).Replace("[::]", Dns.GetHostName(), StringComparison.Ordinal);
        return new HttpListening(app, url);
    }

    /// <summary>Starts a schema registry's interface on loopback; the users of its broker may log in beside the token.</summary>
    /// <param name="registry">The registry.</param>
    /// <param name="port">Port; 0 takes a free one.</param>
    /// <param name="token">Token that clients may present; null for none.</param>
    /// <param name="allowedHosts">Names beside those of loopback that it answers to.</param>
    /// <param name="loggers">Logs.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <exception cref="MeshException"><c>MESH11050</c> the port is taken.</exception>
    public static Task<HttpListening> StartAsync(
        SchemaRegistry registry, int port, string? token, IReadOnlyCollection<string> allowedHosts, ILoggerFactory loggers, CancellationToken cancellationToken) =>
        StartAsync(
            IPAddress.Loopback, port, SettingKeys.SchemaRegistryPort, null, new HttpLogin(token, registry), allowedHosts, loggers,
            app => app.MapSchemaRegistry(registry), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);
    }
}
