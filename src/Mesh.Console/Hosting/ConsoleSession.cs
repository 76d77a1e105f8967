using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Hosting;

/// <summary>
/// Binds forms to the browser they were sent to, so that no other site can have a browser act: a random cookie that only this site sends back,
/// and in each form a keyed digest of it. The server keeps nothing per browser.
/// </summary>
public sealed class ConsoleSession
{
    /// <summary>Name of the form field that holds <see cref="FormToken"/>.</summary>
    public const string FieldName = "mesh-form";

    private const string CookieName = "mesh-session";
    private const int IdBytes = 16;

    private readonly byte[] own;

    private ConsoleSession(string id, byte[] key)
    {
        own = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(id));
        FormToken = Convert.ToHexStringLower(HMACSHA256.HashData(own, "form"u8));
    }

    /// <summary>What a form must send.</summary>
    public string FormToken { get; }

    /// <summary>The session of a request; begun when the request has none.</summary>
    /// <param name="context">The request.</param>
    /// <param name="key">Secret of this server.</param>
    internal static ConsoleSession Of(HttpContext context, byte[] key)
    {
        // The prefix keeps subdomains from setting it; it asks for HTTPS.
        string name = context.Request.IsHttps ? "__Host-" + CookieName : CookieName;
        if (context.Request.Cookies[name] is { Length: IdBytes * 2 } known && known.All(char.IsAsciiHexDigitLower)) return new ConsoleSession(known, key);
        string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));
        context.Response.Cookies.Append(
            name, id, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/" });
        return new ConsoleSession(id, key);
    }

    /// <summary>Whether a form was sent by a page of this console, in this browser.</summary>
    internal bool Accepts(HttpContext context, string token)
    {
        // Browsers say where a request comes from; the guard has refused other sites' already, where it stands before the console.
        string site = context.Request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site is not ("same-origin" or "none")) return false;
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(token), Encoding.ASCII.GetBytes(FormToken));
    }

    /// <summary>Seals a message that this browser will bring back, so that no link can make this console say something.</summary>
    internal string Seal(string message) => Convert.ToHexStringLower(HMACSHA256.HashData(own, Encoding.UTF8.GetBytes("done " + message)))[..32];

    /// <summary>Whether a seal is a message's.</summary>
    internal bool Sealed(string message, string? seal) => seal is not null && CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Seal(message)), Encoding.ASCII.GetBytes(seal));
}
