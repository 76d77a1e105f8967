using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Mesh.Console.Hosting;

/// <summary>
/// Style sheets, scripts and pictures of the console, which are part of the program. They are served below a folder named by the digest of
/// all of them, so browsers keep them for ever and modules import each other by relative names.
/// </summary>
public sealed class ConsoleAssets
{
    private readonly Dictionary<string, Asset> assets = new(StringComparer.Ordinal);

    /// <summary>Reads them.</summary>
    public ConsoleAssets()
    {
        var assembly = typeof(ConsoleAssets).Assembly;
        var styles = new StringBuilder();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string resource in assembly.GetManifestResourceNames().Where(name => name.StartsWith("assets/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(resource)!;
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            digest.AppendData(Encoding.UTF8.GetBytes(resource));
            digest.AppendData(bytes);
            string name = resource[(resource.LastIndexOf('/') + 1)..];
            if (name.EndsWith(".css", StringComparison.Ordinal)) styles.Append(Encoding.UTF8.GetString(bytes)).Append('\n');
            else assets.Add(name, Asset.Of(name, bytes));
        }

        assets.Add("console.css", Asset.Of("console.css", Encoding.UTF8.GetBytes(styles.ToString())));
        Root = "/assets/" + Convert.ToHexStringLower(digest.GetHashAndReset())[..16];
    }

    /// <summary>Address of the folder.</summary>
    public string Root { get; }

    /// <summary>Names of all of them.</summary>
    public IReadOnlyCollection<string> Names => assets.Keys;

    /// <summary>Address of one.</summary>
    public string Url(string name) => $"{Root}/{name}";

    internal async Task ServeAsync(HttpContext context, string digest, string name)
    {
        var response = context.Response;
        if (!assets.TryGetValue(name, out var asset))
        {
            response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        response.ContentType = asset.ContentType;
        response.Headers.XContentTypeOptions = "nosniff";

        // A page of an older program may still be open: it gets what there is now, but does not keep it.
        response.Headers.CacheControl = Root.EndsWith(digest, StringComparison.Ordinal) ? "public, max-age=31536000, immutable" : "no-store";
        response.Headers.Vary = "Accept-Encoding";
        bool compressed = asset.Brotli is not null && context.Request.Headers.AcceptEncoding.ToString().Contains("br", StringComparison.Ordinal);
        byte[] body = compressed ? asset.Brotli! : asset.Bytes;
        if (compressed) response.Headers.ContentEncoding = "br";
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method)) await response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }

    private sealed record Asset(string ContentType, byte[] Bytes, byte[]? Brotli)
    {
        public static Asset Of(string name, byte[] bytes) => Path.GetExtension(name) switch
        {
            ".css" => new("text/css; charset=utf-8", bytes, Compress(bytes)),
            ".js" => new("text/javascript; charset=utf-8", bytes, Compress(bytes)),
            ".svg" => new("image/svg+xml", bytes, Compress(bytes)),
            ".png" => new("image/png", bytes, null),
            _ => new("application/octet-stream", bytes, null),
        };

        private static byte[] Compress(byte[] bytes)
        {
            using var target = new MemoryStream();
            using (var brotli = new BrotliStream(target, CompressionLevel.Optimal)) brotli.Write(bytes);
            return target.ToArray();
        }
    }
}
