using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Mesh.Console.Live;

/// <summary>Maps <c>GET /api/v1/live</c>: server-sent events with what changes, see docs/console/README.md.</summary>
internal static class LiveApi
{
    /// <summary>Maps the endpoint.</summary>
    public static void MapLive(this IEndpointRouteBuilder endpoints, LiveHub hub)
    {
        // A server that stops drains its requests; these would never end by themselves.
        var stopping = endpoints.ServiceProvider.GetService<IHostApplicationLifetime>()?.ApplicationStopping ?? CancellationToken.None;
        endpoints.MapGet("/api/v1/live", context => ServeAsync(context, hub, stopping));
    }

    private static async Task ServeAsync(HttpContext context, LiveHub hub, CancellationToken stopping)
    {
        string? after = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } id ? id : context.Request.Query["after"].ToString() is { Length: > 0 } place ? place : null;
        if (hub.Join(after) is not { } events)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "30";
            return;
        }

        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
            context.Response.ContentType = "text/event-stream";
            context.Response.Headers.CacheControl = "no-store";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            await context.Response.WriteAsync("retry: 2000\n\n", end.Token).ConfigureAwait(false);
            await SendAsync(context.Response, events.Reader, end.Token).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The browser has gone, or the server stops.
        }
        finally
        {
            hub.Leave(events);
        }
    }

    private static async Task SendAsync(HttpResponse response, ChannelReader<LiveEvent> events, CancellationToken cancellationToken)
    {
        await foreach (var sent in events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await response.WriteAsync($"id: {sent.Id}\nevent: {sent.Name}\ndata: {sent.Json}\n\n", cancellationToken).ConfigureAwait(false);
            await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
