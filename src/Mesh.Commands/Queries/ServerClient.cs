using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>Sends requests to a server's <c>/api/v1</c>; what it answers other than success becomes an error a person can act on.</summary>
internal sealed class ServerClient : IDisposable
{
    /// <summary>Code of the error when no server answers.</summary>
    public const string Unreachable = "MESH11020";

    private readonly HttpClient http;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public ServerClient(Uri server, string? token)
    {
        // Rows are followed for days and tables of terabytes take their time; whoever waits can stop waiting.
        http = new HttpClient { BaseAddress = new Uri(server, "api/v1/"), Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <summary>Sends a request.</summary>
    /// <param name="method">Method.</param>
    /// <param name="path">Path below <c>/api/v1/</c>.</param>
    /// <param name="body">Sent as JSON; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A successful answer whose body has not been read, or null for a plain 404.</returns>
    /// <exception cref="MeshException">The server's own error (transient with 503), <c>MESH11020</c>, <c>MESH11021</c> or <c>MESH11022</c>.</exception>
    public async Task<HttpResponseMessage?> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType(), options: MeshJson.Options);
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new MeshException(
                Unreachable,
                $"No server answers at {http.BaseAddress!.GetLeftPart(UriPartial.Authority)}: {exception.Message} Start one with `mesh up`, name it with `--server` or MESH_SERVER, or name a state directory with `--data DIR`.",
                isTransient: true, exception);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            if (response.StatusCode == HttpStatusCode.Unauthorized) throw new MeshException("MESH11022", "The server asks for a token: give `--token` or set MESH_HTTP__TOKEN.");
            if (response.Content.Headers.ContentType?.MediaType == "application/json")
            {
                var error = await response.Content.ReadFromJsonAsync<JsonElement>(cancellationToken).ConfigureAwait(false);
                if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty("code", out var code) && error.TryGetProperty("message", out var message))
                {
                    throw new MeshException(code.GetString()!, message.GetString()!, response.StatusCode == HttpStatusCode.ServiceUnavailable);
                }
            }

            if (response.StatusCode == HttpStatusCode.NotFound) return null;
            throw new MeshException("MESH11021", $"The server answers {(int)response.StatusCode}, which is none of Mesh's answers. Check the address.");
        }
    }

    /// <summary>Sends a request and reads the JSON answered; null for a plain 404.</summary>
    /// <exception cref="MeshException">As <see cref="SendAsync"/>; <c>MESH11021</c> also when the answer is not the JSON expected.</exception>
    public async Task<T?> ReadAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await SendAsync(method, path, body, cancellationToken).ConfigureAwait(false);
        if (response is null) return null;
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(MeshJson.Options, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH11021", $"The server's answer to {path} is none of Mesh's: {exception.Message} Check the address.", innerException: exception);
        }
    }

    /// <summary>As <see cref="ReadAsync"/>, where a server that knows the request has an answer.</summary>
    /// <exception cref="MeshException">As <see cref="ReadAsync"/>; <c>MESH11021</c> also for a plain 404.</exception>
    public async Task<T> RequireAsync<T>(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
        where T : class => await ReadAsync<T>(method, path, body, cancellationToken).ConfigureAwait(false) ?? throw UnknownRequest();

    /// <summary>The error of a plain 404 where there should be an answer.</summary>
    public static MeshException UnknownRequest() =>
        new("MESH11021", "The server does not know this request: it is older than this program, or none of Mesh's. Check the address.");

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();
}
