using System.Buffers;
using System.Diagnostics.Metrics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Model;
using Microsoft.AspNetCore.Http;

namespace Mesh.Lakehouse.RestCatalog;

/// <summary>
/// Answers the requests of the Iceberg REST specification from a <see cref="TableCatalogue"/>. Namespaces have one level, tables are the only
/// objects, unknown fields of requests are ignored, unknown updates and requirements are not.
/// </summary>
internal sealed partial class RestCatalogServer(TableCatalogue catalogue, RestCatalogueOptions options)
{
    /// <summary>What <c>/config</c> says is served.</summary>
    private static readonly string[] Endpoints =
    [
        "GET /v1/{prefix}/namespaces", "POST /v1/{prefix}/namespaces", "GET /v1/{prefix}/namespaces/{namespace}", "HEAD /v1/{prefix}/namespaces/{namespace}",
        "DELETE /v1/{prefix}/namespaces/{namespace}", "POST /v1/{prefix}/namespaces/{namespace}/properties", "GET /v1/{prefix}/namespaces/{namespace}/tables",
        "POST /v1/{prefix}/namespaces/{namespace}/tables", "GET /v1/{prefix}/namespaces/{namespace}/tables/{table}",
        "HEAD /v1/{prefix}/namespaces/{namespace}/tables/{table}", "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}",
        "DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}", "POST /v1/{prefix}/namespaces/{namespace}/register",
        "POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics", "POST /v1/{prefix}/tables/rename", "POST /v1/{prefix}/transactions/commit",
    ];

    private static readonly Meter Meter = new("Mesh.Lakehouse.RestCatalog");

    private static readonly Counter<long> Reports = Meter.CreateCounter<long>("mesh.catalogue.reports", "{report}", "Scan and commit reports of other engines.");

    public Task ConfigAsync(HttpContext context) => RespondAsync(context, StatusCodes.Status200OK, json =>
    {
        json.WriteStartObject();
        json.WriteTexts("defaults", options.ClientSettings);
        json.WriteTexts("overrides", new Dictionary<string, string>());
        json.WriteStartArray("endpoints");
        foreach (string endpoint in Endpoints) json.WriteStringValue(endpoint);
        json.WriteEndArray();
        json.WriteEndObject();
    });

    /// <summary>OAuth2 client credentials (RFC 6749, 4.4) and token exchange (RFC 8693): the secret, or the token before, is the token.</summary>
    public async Task TokenAsync(HttpContext context)
    {
        var form = ParseForm(Encoding.UTF8.GetString((await ReadBytesAsync(context).ConfigureAwait(false)).Span));
        string given = form.GetValueOrDefault(form.GetValueOrDefault("grant_type") == "client_credentials" ? "client_secret" : "subject_token") ?? "";
        string? error = form.GetValueOrDefault("grant_type") switch
        {
            "client_credentials" or "urn:ietf:params:oauth:grant-type:token-exchange" => IsToken(given) ? null : "invalid_client",
            _ => "unsupported_grant_type",
        };
        context.Response.Headers.CacheControl = "no-store";
        await RespondAsync(context, error switch { null => StatusCodes.Status200OK, "invalid_client" => StatusCodes.Status401Unauthorized, _ => StatusCodes.Status400BadRequest }, json =>
        {
            json.WriteStartObject();
            if (error is not null) json.WriteString("error", error);
            else
            {
                json.WriteString("access_token", options.Token ?? "none");
                json.WriteString("token_type", "bearer");
                json.WriteString("issued_token_type", "urn:ietf:params:oauth:token-type:access_token");
            }

            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>No views are served; engines that look nevertheless find none.</summary>
    public async Task ListViewsAsync(HttpContext context)
    {
        await RequirePropertiesAsync(context).ConfigureAwait(false);
        await RespondAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("identifiers");
            json.WriteEndArray();
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    public static Task UnknownAsync(HttpContext context) => RespondAsync(
        context, new RestError(StatusCodes.Status404NotFound, NoSuchType(context.Request.Path), $"{context.Request.Method} {context.Request.Path} is not served here; GET /v1/config lists what is."));

    /// <summary>Runs a handler and turns what it throws into the specification's errors.</summary>
    public async Task RunAsync(HttpContext context, Func<HttpContext, Task> handle)
    {
        try
        {
            await handle(context).ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            bool committing = handle == CommitTableAsync || handle == CommitTransactionAsync;
            await RespondAsync(context, RestError.Of(exception, committing)).ConfigureAwait(false);
        }
    }

    private static string NoSuchType(PathString path) => path.Value!.Contains("/views/", StringComparison.Ordinal) ? "NoSuchViewException" : "UnsupportedOperationException";

    private bool IsToken(string given) => options.Token is null
        || CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(options.Token)));

    private static Dictionary<string, string> ParseForm(string body)
    {
        var form = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string pair in body.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = pair.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0) form[Decode(pair[..equals])] = Decode(pair[(equals + 1)..]);
        }

        return form;

        static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
    }

    /// <summary>The table a path names. A namespace of several levels is none of ours.</summary>
    private static TableIdentifier TableOf(HttpContext context) => new(NamespaceOf(context), (string)context.Request.RouteValues["table"]!);

    private static string NamespaceOf(HttpContext context) => (string)context.Request.RouteValues["namespace"]!;

    private static TableIdentifier ReadIdentifier(JsonElement element) => new(ReadNamespace(element.GetProperty("namespace")), element.Text("name"));

    private static string ReadNamespace(JsonElement element)
    {
        var levels = element.EnumerateArray().Select(level => level.GetString() ?? "").ToList();
        return levels.Count == 1 ? levels[0] : throw new MeshException("MESH8101", $"[{string.Join(", ", levels)}] cannot name a namespace: namespaces have one level here.");
    }

    /// <summary>Reads the request's JSON and what is wanted of it.</summary>
    /// <exception cref="MeshException"><c>MESH8137</c> it is not what the specification says; <c>MESH8138</c> it is too large.</exception>
    private async Task<T> ReadAsync<T>(HttpContext context, Func<JsonElement, T> read)
    {
        var bytes = await ReadBytesAsync(context).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new MeshException("MESH8137", $"The request is malformed: {exception.Message}", innerException: exception);
        }
    }

    private async Task<ReadOnlyMemory<byte>> ReadBytesAsync(HttpContext context)
    {
        var bytes = new ArrayBufferWriter<byte>();
        while (true)
        {
            var memory = bytes.GetMemory(4096);
            int read = await context.Request.Body.ReadAsync(memory, context.RequestAborted).ConfigureAwait(false);
            if (read == 0) return bytes.WrittenMemory;
            bytes.Advance(read);
            if (bytes.WrittenCount > options.MaxRequestBytes) throw new MeshException("MESH8138", $"The request is longer than {options.MaxRequestBytes:N0} bytes.");
        }
    }

    public static Task RespondAsync(HttpContext context, RestError error) => RespondAsync(context, error.Status, error.Write);

    private static async Task RespondAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        context.Response.StatusCode = status;
        if (HttpMethods.IsHead(context.Request.Method)) return;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer)) write(json);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task RespondNothingAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
