using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Iceberg.Updates;
using Mesh.Model;

namespace Mesh.Lakehouse.RestCatalog.Client;

/// <summary>
/// Asks an Iceberg REST catalogue, Mesh's own or another's. Namespaces of one level, as <see cref="TableIdentifier"/> has them. Safe for
/// concurrent use.
/// </summary>
public sealed class RestCatalogueClient : IDisposable
{
    /// <summary>Largest answer, in bytes.</summary>
    private const long MaxResponseBytes = 1L << 30;

    private readonly HttpClient http;
    private string prefix = "v1/";

    private RestCatalogueClient(HttpClient http) => this.http = http;

    /// <summary>The server's configuration: its defaults with its overrides in their place.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; private set; } = new Dictionary<string, string>();

    /// <summary>Connects: asks for the configuration.</summary>
    /// <param name="uri">Base of the catalogue, before <c>/v1</c>: <c>http://host:8480/catalog</c>.</param>
    /// <param name="token">Bearer token; null for none.</param>
    /// <param name="warehouse">Warehouse, for servers with several; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="MeshException"><c>MESH8140</c> (transient) unreachable; <see cref="RestCatalogueException"/> refused.</exception>
    public static async Task<RestCatalogueClient> ConnectAsync(Uri uri, string? token, string? warehouse, CancellationToken cancellationToken)
    {
        var http = new HttpClient { BaseAddress = new Uri(uri.AbsoluteUri.TrimEnd('/') + "/"), MaxResponseContentBufferSize = MaxResponseBytes };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var client = new RestCatalogueClient(http);
        try
        {
            string query = warehouse is null ? "" : $"?warehouse={Uri.EscapeDataString(warehouse)}";
            client.Settings = await client.SendAsync(HttpMethod.Get, $"config{query}", null, body =>
            {
                var settings = body.Texts("defaults");
                foreach (var (key, value) in body.Texts("overrides")) settings[key] = value;
                return settings;
            }, cancellationToken).ConfigureAwait(false);
            if (client.Settings.TryGetValue("prefix", out string? given) && given.Trim('/').Length > 0) client.prefix = $"v1/{given.Trim('/')}/";
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>All namespaces of the first level.</summary>
    public Task<IReadOnlyList<string>> ListNamespacesAsync(CancellationToken cancellationToken) =>
        ListAsync<string>("namespaces", body => [.. body.Items("namespaces").Select(levels => levels[0].GetString() ?? "")], cancellationToken);

    /// <summary>Creates a namespace.</summary>
    public Task CreateNamespaceAsync(string name, IReadOnlyDictionary<string, string> properties, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, "namespaces", json =>
        {
            json.WriteStartObject();
            RestIdentifiers.WriteNamespace(json, name);
            json.WriteTexts("properties", properties);
            json.WriteEndObject();
        }, _ => true, cancellationToken);

    /// <summary>Properties of a namespace.</summary>
    public async Task<IReadOnlyDictionary<string, string>> LoadNamespaceAsync(string name, CancellationToken cancellationToken) =>
        await SendAsync(HttpMethod.Get, $"namespaces/{Uri.EscapeDataString(name)}", null, body => body.Texts("properties"), cancellationToken).ConfigureAwait(false);

    /// <summary>Drops an empty namespace.</summary>
    public Task DropNamespaceAsync(string name, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"namespaces/{Uri.EscapeDataString(name)}", null, _ => true, cancellationToken);

    /// <summary>Tables of a namespace.</summary>
    public Task<IReadOnlyList<TableIdentifier>> ListTablesAsync(string ns, CancellationToken cancellationToken) => ListAsync<TableIdentifier>(
        $"namespaces/{Uri.EscapeDataString(ns)}/tables", body => [.. body.Items("identifiers").Select(table => new TableIdentifier(ns, table.Text("name")))], cancellationToken);

    /// <summary>A table.</summary>
    /// <exception cref="RestCatalogueException">404 when there is none.</exception>
    public async Task<Table> LoadTableAsync(TableIdentifier table, CancellationToken cancellationToken) => (await LoadAsync(table, cancellationToken).ConfigureAwait(false)).Table;

    /// <summary>Drops a table.</summary>
    public Task DropTableAsync(TableIdentifier table, bool purge, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Delete, $"{PathOf(table)}?purgeRequested={(purge ? "true" : "false")}", null, _ => true, cancellationToken);

    /// <summary>Gives a table another name.</summary>
    public Task RenameTableAsync(TableIdentifier from, TableIdentifier to, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, "tables/rename", json =>
        {
            json.WriteStartObject();
            json.WritePropertyName("source");
            RestIdentifiers.WriteIdentifier(json, from);
            json.WritePropertyName("destination");
            RestIdentifiers.WriteIdentifier(json, to);
            json.WriteEndObject();
        }, _ => true, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => http.Dispose();

    internal Task<TableState> LoadAsync(TableIdentifier table, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, PathOf(table), null, body => ReadTable(table, body), cancellationToken);

    internal Task<TableState> CreateAsync(TableIdentifier table, CreateTable request, bool stage, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, $"namespaces/{Uri.EscapeDataString(table.Namespace)}/tables", json =>
        {
            json.WriteStartObject();
            json.WriteString("name", table.Name);
            json.WritePropertyName("schema");
            request.Schema.Write(json);
            if (request.PartitionFields.Count > 0)
            {
                json.WritePropertyName("partition-spec");
                TableUpdateJson.WriteSpec(json, request.PartitionFields);
            }

            if (request.SortFields.Count > 0)
            {
                json.WritePropertyName("write-order");
                new SortOrder(1, request.SortFields).Write(json);
            }

            if (request.Location is not null) json.WriteString("location", request.Location);
            if (stage) json.WriteBoolean("stage-create", true);
            json.WriteTexts("properties", request.Properties);
            json.WriteEndObject();
        }, body => ReadTable(table, body), cancellationToken);

    internal Task<TableState> CommitAsync(TableCommit commit, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Post, PathOf(commit.Table), json => WriteCommit(json, commit), body => ReadTable(commit.Table, body), cancellationToken);

    internal Task CommitAsync(IReadOnlyList<TableCommit> commits, CancellationToken cancellationToken) => SendAsync(
        HttpMethod.Post, "transactions/commit", json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("table-changes");
            foreach (var commit in commits) WriteCommit(json, commit);
            json.WriteEndArray();
            json.WriteEndObject();
        }, _ => true, cancellationToken);

    private static void WriteCommit(Utf8JsonWriter json, TableCommit commit)
    {
        json.WriteStartObject();
        json.WritePropertyName("identifier");
        RestIdentifiers.WriteIdentifier(json, commit.Table);
        json.WriteStartArray("requirements");
        foreach (var requirement in commit.Requirements) TableRequirementJson.Write(json, requirement);
        json.WriteEndArray();
        json.WriteStartArray("updates");
        foreach (var update in commit.Updates) TableUpdateJson.Write(json, update);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static TableState ReadTable(TableIdentifier table, JsonElement body)
    {
        string uri = body.OptionalText("metadata-location") ?? "";
        return new TableState(table, uri, 0, TableMetadataReader.Read(body.GetProperty("metadata"), uri));
    }

    private async Task<IReadOnlyList<T>> ListAsync<T>(string path, Func<JsonElement, List<T>> read, CancellationToken cancellationToken)
    {
        var all = new List<T>();
        for (string? token = ""; token is not null;)
        {
            (var page, token) = await SendAsync(
                HttpMethod.Get, $"{path}?pageToken={Uri.EscapeDataString(token)}", null, body => (read(body), body.OptionalText("next-page-token")), cancellationToken).ConfigureAwait(false);
            all.AddRange(page);
        }

        return all;
    }

    private async Task<T> SendAsync<T>(HttpMethod method, string path, Action<Utf8JsonWriter>? write, Func<JsonElement, T> read, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, prefix + path);
        if (write is not null)
        {
            using var buffer = new MemoryStream();
            using (var json = new Utf8JsonWriter(buffer)) write(json);
            request.Content = new ByteArrayContent(buffer.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        byte[] bytes;
        HttpStatusCode status;
        try
        {
            using var response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
            status = response.StatusCode;
            bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new MeshException("MESH8140", $"The catalogue {http.BaseAddress} does not answer: {exception.Message} Check the address and that it runs.", isTransient: true, exception);
        }

        if ((int)status is < 200 or > 299) throw ErrorOf((int)status, bytes);
        try
        {
            using var document = JsonDocument.Parse(bytes.Length == 0 ? "{}"u8.ToArray() : bytes);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException)
        {
            throw new MeshException("MESH8142", $"The catalogue {http.BaseAddress} answered what the specification does not have: {exception.Message}", innerException: exception);
        }
    }

    private static RestCatalogueException ErrorOf(int status, byte[] bytes)
    {
        try
        {
            using var document = JsonDocument.Parse(bytes);
            var error = document.RootElement.GetProperty("error");
            return new RestCatalogueException(status, error.OptionalText("type") ?? "", error.OptionalText("message") ?? "");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return new RestCatalogueException(status, "", status == 401 ? "a valid token is needed" : "no message");
        }
    }

    private static string PathOf(TableIdentifier table) => $"namespaces/{Uri.EscapeDataString(table.Namespace)}/tables/{Uri.EscapeDataString(table.Name)}";
}
