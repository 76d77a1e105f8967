using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Safety;

/// <summary>
/// The login of a browser: whoever knows the server's token gets a cookie that stands for it for twelve hours. The cookie is an expiry and an
/// id, signed with a key derived from the token: a server that is started again still knows it, one with another token does not. Thread-safe.
/// </summary>
public sealed class ConsoleLogin
{
    /// <summary>Address of the login page.</summary>
    public const string Url = "/login";

    /// <summary>How long a login holds.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    private const int IdBytes = 16;
    private const int MaxEnded = 10_000;

    private readonly byte[] key;
    private readonly byte[] expected;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private readonly Queue<string> endedInOrder = [];
    private readonly HashSet<string> ended = new(StringComparer.Ordinal);

    /// <param name="token">The server's token.</param>
    /// <param name="time">Clock.</param>
    public ConsoleLogin(string token, TimeProvider time)
    {
        byte[] secret = Encoding.UTF8.GetBytes(token);
        key = HMACSHA256.HashData(secret, "mesh console login v1"u8);
        expected = SHA256.HashData(secret);
        this.time = time;
        Attempts = new LoginAttempts(time);
    }

    internal LoginAttempts Attempts { get; }

    /// <summary>Paths that a browser needs before it has logged in; they hold nothing of anybody's.</summary>
    public static bool IsOpen(PathString path) => path == Url || path == "/favicon.ico" || path.StartsWithSegments("/assets");

    /// <summary>Whether a request carries a login that holds. One that may change something must also say that it comes from a page of this site.</summary>
    public bool Knows(HttpContext context) =>
        Holds(context.Request.Cookies[CookieName(context)]) && (!BrowserGuard.IsUnsafe(context.Request.Method) || BrowserGuard.IsOwn(context));

    /// <summary>Whether a request is a person's for a page, who is asked to log in where programs are told 401.</summary>
    public static bool IsPerson(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal) && !context.Request.Path.StartsWithSegments("/api");

    /// <summary>Sends a browser to the login page, and from there back.</summary>
    public static void Redirect(HttpContext context)
    {
        string next = context.Request.Path.ToUriComponent() + context.Request.QueryString.ToUriComponent();
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Redirect(next == "/" || !LocalUrl.Is(next) ? Url : $"{Url}?next={Uri.EscapeDataString(next)}");
    }

    internal bool IsToken(string? given) => given is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), expected);

    internal void Begin(HttpContext context)
    {
        long until = (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds();
        string text = string.Create(CultureInfo.InvariantCulture, $"{until}.{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes))}");
        context.Response.Cookies.Append(CookieName(context), $"{text}.{Sign(text)}", Options(context, Lifetime));
    }

    internal void End(HttpContext context)
    {
        if (context.Request.Cookies[CookieName(context)] is { } cookie && Holds(cookie))
        {
            lock (gate)
            {
                if (ended.Add(cookie)) endedInOrder.Enqueue(cookie);
                if (endedInOrder.Count > MaxEnded) ended.Remove(endedInOrder.Dequeue());
            }
        }

        context.Response.Cookies.Delete(CookieName(context), Options(context, null));
    }

    private bool Holds(string? cookie)
    {
        if (cookie is not { Length: < 256 } || cookie.LastIndexOf('.') is not (> 0 and var dot)) return false;
        string text = cookie[..dot];
        if (!CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(text)), Encoding.UTF8.GetBytes(cookie[(dot + 1)..]))) return false;
        if (!long.TryParse(text.AsSpan(0, text.IndexOf('.')), NumberStyles.None, CultureInfo.InvariantCulture, out long until) || time.GetUtcNow().ToUnixTimeSeconds() >= until) return false;
        lock (gate) return !ended.Contains(cookie);
    }

    private string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));

    // Cookies of one name are shared by all ports of a host, so on loopback the port is part of it; the prefix keeps subdomains from setting it.
    private static string CookieName(HttpContext context) =>
        context.Request.IsHttps ? "__Host-mesh-login" : string.Create(CultureInfo.InvariantCulture, $"mesh-login-{context.Connection.LocalPort}");

    private static CookieOptions Options(HttpContext context, TimeSpan? maxAge) =>
        new() { HttpOnly = true, Secure = context.Request.IsHttps, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = maxAge };
}
