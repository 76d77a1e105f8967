using System.Diagnostics.CodeAnalysis;
using System.Text;
using Mesh.Console.Live;
using Mesh.Console.Pages;
using Mesh.Model;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Mesh.Console.Hosting;

/// <summary>Writes pages as HTML, whole: a page whose questions fail becomes the page of the error, never half a page.</summary>
internal sealed class PageRenderer(ConsoleServices services, ConsoleAssets assets, byte[] sessionKey, LiveMarks? marks)
{
    private readonly IServiceProvider provider =
        new ServiceCollection().AddSingleton(services).AddSingleton<ILoggerFactory>(new PageLoggers(services.Logger)).BuildServiceProvider();

    /// <summary>What the pages ask and act through.</summary>
    public ConsoleServices Services => services;

    /// <summary>The request as pages see it. Before they ask anything: what changes from here on is newer than the page.</summary>
    public PageRequest Begin(HttpContext context) => new(context, assets, ConsoleSession.Of(context, sessionKey)) { LiveMark = marks?.Now, HasLogin = services.Login is not null };

    /// <summary>Answers with a page.</summary>
    public async Task RenderAsync(HttpContext context, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] Type page, PageRequest request, IReadOnlyDictionary<string, object?>? parameters = null)
    {
        string html;
        try
        {
            html = await WriteAsync(page, request, parameters).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            html = await WriteErrorAsync(request, exception).ConfigureAwait(false);
        }

        SecurityHeaders.Set(context.Response.Headers);
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        byte[] bytes = Encoding.UTF8.GetBytes(html);
        context.Response.ContentLength = bytes.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await context.Response.Body.WriteAsync(bytes, context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers with the page of an error.</summary>
    public Task RenderErrorAsync(HttpContext context, PageRequest request, Exception exception) =>
        RenderAsync(context, typeof(ErrorPage), request, ErrorParameters(request, exception));

    private Task<string> WriteErrorAsync(PageRequest request, Exception exception) => WriteAsync(typeof(ErrorPage), request, ErrorParameters(request, exception));

    private Dictionary<string, object?> ErrorParameters(PageRequest request, Exception exception)
    {
        request.Status = exception switch
        {
            PageNotFoundException => StatusCodes.Status404NotFound,
            MeshException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
            MeshException => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status500InternalServerError,
        };
        if (exception is not MeshException) ConsoleLog.PageFailed(services.Logger, request.Path, request.Id, exception);
        return new() { [nameof(ErrorPage.Failure)] = exception };
    }

    private async Task<string> WriteAsync(Type page, PageRequest request, IReadOnlyDictionary<string, object?>? parameters)
    {
        var renderer = new HtmlRenderer(provider, provider.GetRequiredService<ILoggerFactory>());
        await using (renderer.ConfigureAwait(false))
        {
            return await renderer.Dispatcher.InvokeAsync(async () =>
            {
                var given = new Dictionary<string, object?>(parameters ?? new Dictionary<string, object?>()) { [nameof(ConsolePage.Request)] = request };
                var output = await renderer.RenderComponentAsync(page, ParameterView.FromDictionary(given));
                return output.ToHtmlString();
            }).ConfigureAwait(false);
        }
    }

    private sealed class PageLoggers(ILogger logger) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider)
        {
        }

        public ILogger CreateLogger(string categoryName) => logger;

        public void Dispose()
        {
        }
    }
}
