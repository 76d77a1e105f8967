using System.Reflection;
using Mesh.Console.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NSubstitute;

namespace Mesh.Console.Tests.Api;

/// <summary>The HTTP interface in this process: whatever the console maps with a method <c>Map…Api</c>, before stand-ins.</summary>
public sealed class ApiHost : IAsyncDisposable
{
    private readonly Dictionary<Type, object> standIns = [];

    private ApiHost(WebApplication app) => App = app;

    /// <summary>The application.</summary>
    public WebApplication App { get; }

    /// <summary>Endpoints that were mapped.</summary>
    public IReadOnlyList<RouteEndpoint> Endpoints => [.. ((IEndpointRouteBuilder)App).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()];

    /// <summary>The stand-in that the endpoints ask.</summary>
    public T StandIn<T>()
        where T : class => (T)standIns[typeof(T)];

    /// <summary>Maps everything.</summary>
    /// <param name="loggers">Where it logs; null for nowhere.</param>
    public static ApiHost Create(ILoggerFactory? loggers = null)
    {
        // As the program makes it: no services but those that routing needs.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        if (loggers is not null) builder.Services.AddSingleton(loggers);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        var host = new ApiHost(builder.Build());
        foreach (var map in typeof(ApiDescription).Assembly.GetExportedTypes().SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            .Where(method => method.Name.StartsWith("Map", StringComparison.Ordinal) && method.Name.EndsWith("Api", StringComparison.Ordinal)))
        {
            map.Invoke(null, [host.App, .. map.GetParameters().Skip(1).Select(parameter => host.StandInOf(parameter.ParameterType))]);
        }

        host.App.MapApiDescription();
        return host;
    }

    /// <summary>Starts listening.</summary>
    public async Task<HttpClient> StartAsync()
    {
        App.Urls.Add("http://127.0.0.1:0");
        await App.StartAsync(TestContext.Current.CancellationToken);
        return new HttpClient { BaseAddress = new Uri(App.Urls.First()) };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => App.DisposeAsync();

    private object? StandInOf(Type type)
    {
        if (!type.IsInterface) return null;
        if (!standIns.TryGetValue(type, out object? standIn)) standIns[type] = standIn = Substitute.For([type], []);
        return standIn;
    }
}
