using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Google.Protobuf.Reflection;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Kafka;

/// <summary>
/// Registers event schemas as <c>TOPIC-value</c> over Confluent's REST interface and remembers their ids. Registering the same text again
/// gives the same id, so nothing is asked twice and nothing has to be kept.
/// </summary>
internal sealed class SchemaRegistry : IDisposable
{
    private readonly ConcurrentDictionary<(string Subject, string FullName), int> ids = new();
    private readonly SemaphoreSlim registering = new(1);
    private readonly SchemaRegistryClient client;

    public SchemaRegistry(KafkaOptions options, ILogger logger) => client = new SchemaRegistryClient(options, logger);

    /// <summary>An id that is known already: publishing in order relies on this path not being asynchronous.</summary>
    public bool TryGetId(string topic, EventSchema schema, out int id) => ids.TryGetValue(($"{topic}-value", schema.FullName), out id);

    /// <summary>The id of a schema, registered when needed.</summary>
    /// <exception cref="MeshException"><c>MESH7102</c>; transient unless the registry refuses the schema.</exception>
    public Task<int> GetIdAsync(string topic, EventSchema schema, CancellationToken cancellationToken) =>
        GetIdAsync($"{topic}-value", schema.FullName, () => RegisterAsync($"{topic}-value", schema.ReadText(), [], cancellationToken), cancellationToken);

    /// <summary>The id of the schema of any generated class; what its file imports is registered first, under the files' names.</summary>
    public Task<int> GetIdAsync(string subject, MessageDescriptor message, CancellationToken cancellationToken) =>
        GetIdAsync(subject, message.FullName, () => RegisterAsync(subject, message.File, cancellationToken), cancellationToken);

    public void Dispose()
    {
        client.Dispose();
        registering.Dispose();
    }

    private async Task<int> GetIdAsync(string subject, string fullName, Func<Task<int>> register, CancellationToken cancellationToken)
    {
        if (ids.TryGetValue((subject, fullName), out int known)) return known;
        await registering.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (ids.TryGetValue((subject, fullName), out known)) return known;
            return ids[(subject, fullName)] = await register().ConfigureAwait(false);
        }
        finally
        {
            registering.Release();
        }
    }

    private async Task<int> RegisterAsync(string subject, FileDescriptor file, CancellationToken cancellationToken)
    {
        var references = new JsonArray();
        foreach (var dependency in file.Dependencies.Where(each => !each.Name.StartsWith("google/protobuf/", StringComparison.Ordinal)))
        {
            await RegisterAsync(dependency.Name, dependency, cancellationToken).ConfigureAwait(false);
            var version = await client.SendAsync(HttpMethod.Get, $"subjects/{Uri.EscapeDataString(dependency.Name)}/versions/latest", null, cancellationToken).ConfigureAwait(false);
            references.Add(new JsonObject { ["name"] = dependency.Name, ["subject"] = dependency.Name, ["version"] = version.GetProperty("version").GetInt32() });
        }

        return await RegisterAsync(subject, file.SerializedData.ToBase64(), references, cancellationToken).ConfigureAwait(false);
    }

    private async Task<int> RegisterAsync(string subject, string text, JsonArray references, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["schemaType"] = "PROTOBUF", ["schema"] = text };
        if (references.Count > 0) body["references"] = references;
        var answer = await client.SendAsync(HttpMethod.Post, $"subjects/{Uri.EscapeDataString(subject)}/versions", body, cancellationToken).ConfigureAwait(false);
        return answer.TryGetProperty("id", out var id) && id.TryGetInt32(out int number)
            ? number
            : throw new MeshException("MESH7102", $"The schema registry at {client.Address} registered {subject} but told no id: {answer}. Check that schemaRegistry.url is a schema registry.");
    }
}
