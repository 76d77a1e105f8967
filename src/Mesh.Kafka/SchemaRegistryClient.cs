using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Requests to a schema registry over Confluent's REST interface. Several addresses, separated by commas, are tried in turn, beginning with
/// the one that answered last; credentials are those of the options, or of an address (<c>https://user:password@host</c>).
/// </summary>
public sealed class SchemaRegistryClient : IDisposable
{
    private const int Attempts = 4;
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    private readonly (Uri Address, AuthenticationHeaderValue? Credentials)[] registries;
    private readonly ILogger logger;
    private readonly HttpClient http;
    private int current;

    /// <param name="options">Where the registry is; <see cref="KafkaOptions.SchemaRegistryUrl"/> may be a list.</param>
    /// <param name="logger">Is told of every attempt that failed.</param>
    /// <exception cref="MeshException"><c>MESH7106</c>: the address is none.</exception>
    public SchemaRegistryClient(KafkaOptions options, ILogger logger)
    {
        this.logger = logger;
        registries = [.. options.SchemaRegistryUrl.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Read)];
        if (registries.Length == 0) throw new MeshException("MESH7106", "schemaRegistry.url is empty. Name the registry as http://HOST:PORT; several are separated by commas.");
        http = RegistryHttp.Create(options);
    }

    /// <summary>The address that is asked first, without credentials.</summary>
    public Uri Address => registries[Volatile.Read(ref current)].Address;

    /// <summary>Sends a request and returns the answer's JSON.</summary>
    /// <param name="method">GET, POST, PUT or DELETE.</param>
    /// <param name="path">Path and query, without a leading slash; escaped.</param>
    /// <param name="body">What is sent as JSON; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="MeshException"><c>MESH7102</c>; transient unless the registry refuses the request.</exception>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        byte[]? json = body is null ? null : JsonSerializer.SerializeToUtf8Bytes(body, body.GetType());
        for (int attempt = 1; ; attempt++)
        {
            int at = Volatile.Read(ref current);
            var failure = new MeshException("MESH7102", "");
            for (int i = 0; i < registries.Length; i++)
            {
                int next = (at + i) % registries.Length;
                try
                {
                    var answer = await TryAsync(registries[next], method, path, json, cancellationToken).ConfigureAwait(false);
                    Volatile.Write(ref current, next);
                    return answer;
                }
                catch (MeshException exception) when (exception.IsTransient)
                {
                    failure = exception;
                    Log.RegistryRetried(logger, registries[next].Address.ToString(), attempt, exception.Message);
                }
            }

            if (attempt == Attempts) throw failure;
            await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    private static (Uri, AuthenticationHeaderValue?) Read(string url)
    {
        if (!Uri.TryCreate(url.TrimEnd('/') + "/", UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new MeshException("MESH7106", $"'{url}' is not the address of a schema registry. Write schemaRegistry.url as http://HOST:PORT.");
        }

        if (address.UserInfo.Length == 0) return (address, null);
        var credentials = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo))));
        return (new UriBuilder(address) { UserName = "", Password = "" }.Uri, credentials);
    }

    private async Task<JsonElement> TryAsync(
        (Uri Address, AuthenticationHeaderValue? Credentials) registry, HttpMethod method, string path, byte[]? json, CancellationToken cancellationToken)
    {
        Exception failure;
        bool isTransient = true;
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(registry.Address, path));
            if (registry.Credentials is not null) request.Headers.Authorization = registry.Credentials;
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(ContentType));
            if (json is not null) request.Content = new ByteArrayContent(json) { Headers = { ContentType = new MediaTypeHeaderValue(ContentType) } };
            using var answer = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            string text = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
            if (answer.IsSuccessStatusCode)
            {
                using var document = JsonDocument.Parse(text);
                return document.RootElement.Clone();
            }

            // Credentials are put right while we wait; a schema that is refused stays refused.
            isTransient = answer.StatusCode >= HttpStatusCode.InternalServerError
                || answer.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
            failure = new HttpRequestException($"HTTP {(int)answer.StatusCode}: {text}", null, answer.StatusCode);
        }
        catch (Exception exception) when (exception is HttpRequestException or JsonException or InvalidOperationException or IOException)
        {
            failure = exception;
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            failure = exception;
        }

        throw new MeshException(
            "MESH7102",
            $"The schema registry at {registry.Address} did not answer {method} {path}: {failure.Message}. Check schemaRegistry.url and that the registry runs.",
            isTransient, failure);
    }
}
