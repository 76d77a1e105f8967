using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Registers event schemas as <c>TOPIC-value</c> over Confluent's REST interface and remembers their ids. Registering the same text again
/// gives the same id, so nothing is asked twice and nothing has to be kept.
/// </summary>
internal sealed class SchemaRegistry : IDisposable
{
    private const int Attempts = 4;
    private const string ContentType = "application/vnd.schemaregistry.v1+json";

    private readonly ConcurrentDictionary<(string Topic, string FullName), int> ids = new();
    private readonly SemaphoreSlim registering = new(1);
    private readonly KafkaOptions options;
    private readonly ILogger logger;
    private readonly HttpClient http;

    public SchemaRegistry(KafkaOptions options, ILogger logger)
    {
        this.options = options;
        this.logger = logger;
        http = RegistryHttp.Create(options);
    }

    /// <summary>An id that is known already: publishing in order relies on this path not being asynchronous.</summary>
    public bool TryGetId(string topic, EventSchema schema, out int id) => ids.TryGetValue((topic, schema.FullName), out id);

    /// <summary>The id of a schema, registered when needed.</summary>
    /// <exception cref="MeshException"><c>MESH7102</c>; transient unless the registry refuses the schema.</exception>
    public async Task<int> GetIdAsync(string topic, EventSchema schema, CancellationToken cancellationToken)
    {
        await registering.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (TryGetId(topic, schema, out int known)) return known;
            int id = await RegisterAsync($"{topic}-value", schema.ReadText(), cancellationToken).ConfigureAwait(false);
            ids[(topic, schema.FullName)] = id;
            return id;
        }
        finally
        {
            registering.Release();
        }
    }

    public void Dispose()
    {
        http.Dispose();
        registering.Dispose();
    }

    private async Task<int> RegisterAsync(string subject, string text, CancellationToken cancellationToken)
    {
        var address = new Uri($"{options.SchemaRegistryUrl.TrimEnd('/')}/subjects/{Uri.EscapeDataString(subject)}/versions");
        string body = new JsonObject { ["schemaType"] = "PROTOBUF", ["schema"] = text }.ToJsonString();
        for (int attempt = 1; ; attempt++)
        {
            Exception failure;
            try
            {
                using var content = new StringContent(body, Encoding.UTF8, ContentType);
                using var answer = await http.PostAsync(address, content, cancellationToken).ConfigureAwait(false);
                string json = await answer.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode) return JsonDocument.Parse(json).RootElement.GetProperty("id").GetInt32();
                failure = new HttpRequestException($"HTTP {(int)answer.StatusCode}: {json}", null, answer.StatusCode);
            }
            catch (Exception exception) when (exception is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException or IOException)
            {
                failure = exception;
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                failure = exception;
            }

            // Credentials are put right while we wait; a schema that is refused stays refused.
            bool transient = (failure as HttpRequestException)?.StatusCode is not { } status
                || status >= HttpStatusCode.InternalServerError
                || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;
            if (!transient || attempt == Attempts)
            {
                throw new MeshException(
                    "MESH7102",
                    $"The schema registry at {options.SchemaRegistryUrl} did not register {subject}: {failure.Message}. Check schemaRegistry.url and that the registry runs.",
                    transient, failure);
            }

            Log.RegistryRetried(logger, options.SchemaRegistryUrl, attempt, failure.Message);
            await Task.Delay(TimeSpan.FromMilliseconds(100 << attempt), cancellationToken).ConfigureAwait(false);
        }
    }
}
