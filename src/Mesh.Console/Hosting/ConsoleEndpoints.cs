using System.Reflection;
using System.Security.Cryptography;
using Mesh.Console.Actions;
using Mesh.Console.Live;
using Mesh.Console.Pages;
using Mesh.Console.Pages.Fleet;
using Mesh.Console.Pages.Search;
using Mesh.Console.Safety;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console.Hosting;

/// <summary>Maps the console: every page, every action, and the files they use.</summary>
public static class ConsoleEndpoints
{
    /// <summary>Pages by their route.</summary>
    public static IReadOnlyList<(string Template, Type Page)> Pages { get; } =
    [
        .. typeof(ConsolePage).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(ConsolePage)) && !type.IsAbstract)
            .SelectMany(page => page.GetCustomAttributes<PageRouteAttribute>().Select(route => (route.Template, page))).OrderBy(route => route.Template, StringComparer.Ordinal),
    ];

    /// <summary>Maps the console onto its services.</summary>
    /// <param name="endpoints">Where.</param>
    /// <param name="services">What the pages ask and act through.</param>
    public static void MapConsole(this IEndpointRouteBuilder endpoints, ConsoleServices services)
    {
        var assets = new ConsoleAssets();
        var live = services.Live is { } source ? new LiveHub(source, services.Time, services.Logger) : null;
        var renderer = new PageRenderer(services, assets, RandomNumberGenerator.GetBytes(32), live?.Marks);
        endpoints.MapGet("/assets/{digest}/{name}", (HttpContext context, string digest, string name) => assets.ServeAsync(context, digest, name));
        endpoints.MapGet("/favicon.ico", (HttpContext context) => assets.ServeAsync(context, "", "mesh.svg"));
        foreach (var (template, page) in Pages)
        {
            endpoints.MapMethods(template, [HttpMethods.Get, HttpMethods.Head], context => renderer.RenderAsync(context, page, renderer.Begin(context)));
        }

        if (live is not null) endpoints.MapLive(live);
        new RecordingExport(services).Map(endpoints);
        endpoints.MapSearchApi(new ConsoleSearch(services));
        new LoginEndpoints(services.Login, renderer).Map(endpoints);
        foreach (var action in ConsoleAction.All(services)) new ActionEndpoint(action, renderer).Map(endpoints);
        endpoints.MapFallback("/{**path}", context => FallbackAsync(context, renderer));
    }

    // Programs get a bare 404 as before; people get a page that helps.
    private static Task FallbackAsync(HttpContext context, PageRenderer renderer)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        bool isPerson = HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);
        return isPerson
            ? renderer.RenderErrorAsync(context, renderer.Begin(context), new PageNotFoundException($"There is no page {context.Request.Path}."))
            : Task.CompletedTask;
    }
}
