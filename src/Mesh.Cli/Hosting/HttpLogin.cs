using System.Security.Cryptography;
using System.Text;
using Mesh.Broker;
using Mesh.Console;
using Mesh.Console.Safety;
using Mesh.Lakehouse.RestCatalog;
using Microsoft.AspNetCore.Http;

namespace Mesh.Cli.Hosting;

/// <summary>
/// Whom an HTTP listener lets in: who presents the token, as a bearer token or as the password of <see cref="BrokerSettings.OwnUser"/>, and
/// before a schema registry also the users of its broker, since registry clients send the Kafka user and password.
/// </summary>
/// <param name="token">The token; null for none.</param>
/// <param name="registry">The registry behind the listener; null for none.</param>
/// <param name="console">The login of browsers; null where there is no console.</param>
internal sealed class HttpLogin(string? token, SchemaRegistry? registry, ConsoleLogin? console = null)
{
    /// <summary>Paths that need no token: whether the server lives, and where a client exchanges its secret for the token.</summary>
    private static readonly string[] OpenPaths = ["/health", "/health/live", "/health/ready", "/catalog/v1/oauth/tokens"];

    private readonly byte[]? expected = token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether anybody has to log in.</summary>
    public bool IsRequired => expected is not null || registry is { RequiresLogin: true };

    /// <summary>Lets a request pass, sends a person to the login page, or answers 401.</summary>
    public Task RequireAsync(HttpContext context, RequestDelegate next)
    {
        if (IsAllowed(context.Request.Headers.Authorization.ToString()) || console?.Knows(context) == true) return next(context);
        if (console is not null && ConsoleLogin.IsOpen(context.Request.Path)) return next(context);
        if (IsOpen(context))
        {
            context.Items[ObservationEndpoints.Anonymous] = true;
            return next(context);
        }

        if (console is not null && ConsoleLogin.IsPerson(context))
        {
            ConsoleLogin.Redirect(context);
            return Task.CompletedTask;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        if (registry is not null) return SchemaRegistryEndpoints.WriteUnauthorisedAsync(context, takesToken: expected is not null);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return context.Request.Path.StartsWithSegments("/catalog") ? RestCatalogueEndpoints.WriteUnauthorizedAsync(context) : Task.CompletedTask;
    }

    private bool IsOpen(HttpContext context) => registry is null && OpenPaths.Contains(context.Request.Path.Value);

    private bool IsAllowed(string header)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return IsToken(Encoding.UTF8.GetBytes(header[7..]));
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase)) return false;
        byte[] login = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[6..].Trim(), login, out int length)) return false;

        // RFC 7617: the name holds no colon, the password may.
        int colon = login.AsSpan(0, length).IndexOf((byte)':');
        if (colon < 0) return false;
        string name = Encoding.UTF8.GetString(login, 0, colon);
        var password = login.AsSpan(colon + 1, length - colon - 1);
        return (name == BrokerSettings.OwnUser && IsToken(password)) || registry?.IsUser(name, password) == true;
    }

    private bool IsToken(ReadOnlySpan<byte> given) => expected is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(given), expected);
}
