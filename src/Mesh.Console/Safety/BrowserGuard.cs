using System.Net;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Safety;

/// <summary>
/// Keeps other sites from using somebody's browser: a listener on loopback answers only to names of loopback, or a site could let its own name
/// mean this machine; and what changes anything is only taken from this site's pages, or from programs, which say nothing of a site.
/// </summary>
/// <param name="isLoopback">Whether the listener is on loopback.</param>
/// <param name="allowedHosts">Further names that a listener on loopback answers to, as a proxy before it is called.</param>
public sealed class BrowserGuard(bool isLoopback, IReadOnlyCollection<string> allowedHosts)
{
    private readonly HashSet<string> allowed = new(allowedHosts, StringComparer.OrdinalIgnoreCase);

    /// <summary>Lets a request pass, or refuses it: 421 for another host's name, 403 for another site's request.</summary>
    public async Task GuardAsync(HttpContext context, RequestDelegate next)
    {
        if (isLoopback && !IsKnown(context.Request.Host))
        {
            await RefuseAsync(
                context, StatusCodes.Status421MisdirectedRequest, "MESH13010",
                "This server listens on loopback and answers to localhost and 127.0.0.1 only. If a proxy before it has another name, put that into the setting http.allowedHosts.").ConfigureAwait(false);
            return;
        }

        if (IsUnsafe(context.Request.Method) && ComesFrom(context) == Site.Other)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "MESH13011", "A page of another site sent this. Nothing was done.").ConfigureAwait(false);
            return;
        }

        SetDefaults(context);
        await next(context).ConfigureAwait(false);
    }

    /// <summary>Whether a request certainly comes from a page of this site, as far as browsers tell.</summary>
    public static bool IsOwn(HttpContext context) => ComesFrom(context) == Site.Own;

    /// <summary>Whether a method may change anything.</summary>
    public static bool IsUnsafe(string method) => !HttpMethods.IsGet(method) && !HttpMethods.IsHead(method) && !HttpMethods.IsOptions(method);

    private bool IsKnown(HostString host)
    {
        // HTTP/1.0 clients name none; browsers always do.
        if (!host.HasValue) return true;
        string name = host.Host.Trim('[', ']');
        return name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(address)) || allowed.Contains(host.Host);
    }

    private static Site ComesFrom(HttpContext context)
    {
        string site = context.Request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0) return site is "same-origin" or "none" ? Site.Own : Site.Other;

        // Browsers without that header name the origin of whatever may change something.
        string origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0) return Site.Unsaid;
        return Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority.Equals(context.Request.Host.Value, StringComparison.OrdinalIgnoreCase) ? Site.Own : Site.Other;
    }

    // What programs ask for is never a page; if a browser shows it all the same, it runs nothing.
    private static void SetDefaults(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/api") && !context.Request.Path.StartsWithSegments("/uploads")) return;
        var headers = context.Response.Headers;
        headers.CacheControl = "no-store";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; sandbox";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new Dictionary<string, string> { ["code"] = code, ["message"] = message }, context.RequestAborted);
    }

    private enum Site
    {
        Unsaid,
        Own,
        Other,
    }
}
