using System.Globalization;
using Mesh.Console.Actions;
using Mesh.Console.Hosting;
using Mesh.Console.Pages;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Mesh.Console.Safety;

/// <summary>The login page, the login and the logout.</summary>
internal sealed class LoginEndpoints(ConsoleLogin? login, PageRenderer renderer)
{
    private const long MaxFormBytes = 16 << 10;

    public void Map(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapGet(ConsoleLogin.Url, context => ShowAsync(context, null));
        endpoints.MapPost(ConsoleLogin.Url, BeginAsync);
        endpoints.MapPost("/logout", EndAsync);
    }

    private async Task ShowAsync(HttpContext context, string? problem)
    {
        if (login is null || login.Knows(context))
        {
            context.Response.Redirect(LocalUrl.Or(context.Request.Query["next"]));
            return;
        }

        await renderer.RenderAsync(
            context, typeof(LoginPage), renderer.Begin(context), new Dictionary<string, object?> { [nameof(LoginPage.Problem)] = problem }).ConfigureAwait(false);
    }

    private async Task BeginAsync(HttpContext context)
    {
        if (login is null)
        {
            context.Response.Redirect("/");
            return;
        }

        var request = renderer.Begin(context);
        string address = context.Connection.RemoteIpAddress?.ToString() ?? "";
        if (login.Attempts.WaitOf(address) is var wait && wait > TimeSpan.Zero)
        {
            context.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
            await ShowAsync(context, $"Too many wrong tokens. Try again in {Math.Ceiling(wait.TotalSeconds):0} seconds.").ConfigureAwait(false);
            return;
        }

        if (await FormAsync(context, request).ConfigureAwait(false) is not { } form)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await ShowAsync(context, "This form has expired. Enter the token again.").ConfigureAwait(false);
            return;
        }

        if (!login.IsToken(form.Text("token")))
        {
            login.Attempts.Failed(address);
            ConsoleLog.LoginRefused(renderer.Services.Logger, address);
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            await ShowAsync(context, "That is not this server's token.").ConfigureAwait(false);
            return;
        }

        login.Begin(context);
        SeeOther(context, LocalUrl.Or(form.Text("next")));
    }

    private async Task EndAsync(HttpContext context)
    {
        if (await FormAsync(context, renderer.Begin(context)).ConfigureAwait(false) is not null) login?.End(context);
        SeeOther(context, login is null ? "/" : ConsoleLogin.Url);
    }

    private static async Task<FormFields?> FormAsync(HttpContext context, PageRequest request)
    {
        var form = await FormFields.ReadAsync(context, MaxFormBytes).ConfigureAwait(false);
        return form is not null && request.Session.Accepts(context, form.Text(ConsoleSession.FieldName) ?? "") ? form : null;
    }

    private static void SeeOther(HttpContext context, string url)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(url);
        context.Response.StatusCode = StatusCodes.Status303SeeOther;
    }
}
