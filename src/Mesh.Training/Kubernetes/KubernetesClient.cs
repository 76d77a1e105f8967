using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Training.Kubernetes;

/// <summary>
/// What Mesh asks a Kubernetes API server: Jobs of <c>batch/v1</c>, their pods and logs. A server that is away, busy (429) or broken (5xx) is
/// waited for: a cluster's bad hour is no failure of the jobs that run on it.
/// </summary>
internal sealed class KubernetesClient : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);
    private const int WatchSeconds = 240;
    private const long MaxAnswerBytes = 32L << 20;

    private readonly ClusterAccess access;
    private readonly HttpClient http;
    private readonly ILogger logger;
    private readonly TimeProvider time;

    public KubernetesClient(ClusterAccess access, ILogger logger, TimeProvider time)
    {
        this.access = access;
        this.logger = logger;
        this.time = time;
        var tls = new SslClientAuthenticationOptions();
        if (access.Authorities.Count > 0)
        {
            tls.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            tls.CertificateChainPolicy.CustomTrustStore.AddRange(access.Authorities);
        }

        if (access.ClientCertificate is { } certificate) tls.ClientCertificates = [certificate];
        // A watch may be silent for minutes, and a log for hours.
        http = new HttpClient(new SocketsHttpHandler { SslOptions = tls, AllowAutoRedirect = false }) { BaseAddress = access.Server, Timeout = Timeout.InfiniteTimeSpan };
        http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("mesh", "1"));
    }

    /// <summary>The cluster's or the account's own namespace.</summary>
    public string Namespace => access.Namespace;

    /// <summary>A Job; null when there is none of that name.</summary>
    public Task<JsonElement?> FindJobAsync(string space, string name, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Get, $"{JobsOf(space)}/{name}", null, HttpStatusCode.NotFound, cancellationToken);

    /// <summary>Makes a Job.</summary>
    /// <returns>The Job; null when there is one of that name.</returns>
    public Task<JsonElement?> CreateJobAsync(string space, JsonObject manifest, CancellationToken cancellationToken) =>
        AskAsync(HttpMethod.Post, JobsOf(space), manifest, HttpStatusCode.Conflict, cancellationToken);

    /// <summary>Deletes a Job and, before it is gone, its pods; that there is none any more is fine.</summary>
    public Task<JsonElement?> DeleteJobAsync(string space, string name, CancellationToken cancellationToken) => AskAsync(
        HttpMethod.Delete, $"{JobsOf(space)}/{name}", new JsonObject { ["kind"] = "DeleteOptions", ["apiVersion"] = "v1", ["propagationPolicy"] = "Foreground" },
        HttpStatusCode.NotFound, cancellationToken);

    /// <summary>Pods of a Job.</summary>
    public async Task<IReadOnlyList<JsonElement>> ListPodsAsync(string space, string jobName, CancellationToken cancellationToken)
    {
        var list = await AskAsync(
            HttpMethod.Get, $"api/v1/namespaces/{space}/pods?labelSelector={Uri.EscapeDataString($"job-name={jobName}")}", null, HttpStatusCode.NotFound, cancellationToken).ConfigureAwait(false);
        return list is { } found && found.TryGetProperty("items", out var items) && items.ValueKind == JsonValueKind.Array ? [.. items.EnumerateArray()] : [];
    }

    /// <summary>
    /// What happens to a Job after a resource version, until the server ends the watch. Throws <see cref="WatchExpiredException"/> when the server
    /// does not know that version any more (410): the Job is to be read again.
    /// </summary>
    public async IAsyncEnumerable<(string Type, JsonElement Job)> WatchJobAsync(
        string space, string name, string resourceVersion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string query = $"watch=1&allowWatchBookmarks=true&timeoutSeconds={WatchSeconds}&fieldSelector={Uri.EscapeDataString($"metadata.name={name}")}&resourceVersion={Uri.EscapeDataString(resourceVersion)}";
        using var response = await SendAsync(HttpMethod.Get, $"{JobsOf(space)}?{query}", null, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == HttpStatusCode.Gone) throw new WatchExpiredException();
        if (!response.IsSuccessStatusCode) throw await RefusedAsync(response, cancellationToken).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (await ReadLineAsync(reader, cancellationToken).ConfigureAwait(false) is { } line)
        {
            if (line.Length == 0) continue;
            var change = Parse(line);
            string type = change.GetProperty("type").GetString() ?? "";
            var item = change.GetProperty("object");
            if (type == "ERROR")
            {
                if (item.TryGetProperty("code", out var code) && code.TryGetInt32(out int status) && status != (int)HttpStatusCode.Gone) yield break;
                throw new WatchExpiredException();
            }

            yield return (type, item);
        }
    }

    /// <summary>A container's log as it is written, until the container has ended; null while there is none.</summary>
    /// <param name="space">Namespace.</param>
    /// <param name="pod">Pod.</param>
    /// <param name="container">Container.</param>
    /// <param name="since">Only what came after; null for all.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    public async Task<HttpResponseMessage?> OpenLogAsync(string space, string pod, string container, DateTimeOffset? since, CancellationToken cancellationToken)
    {
        string query = $"container={container}&follow=true{(since is { } from ? $"&sinceTime={Uri.EscapeDataString(from.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"))}" : "")}";
        var response = await SendAsync(HttpMethod.Get, $"api/v1/namespaces/{space}/pods/{pod}/log?{query}", null, cancellationToken).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return response;
        // The pod is gone, or its container waits for its image.
        response.Dispose();
        return null;
    }

    public void Dispose() => http.Dispose();

    private static string JobsOf(string space) => $"apis/batch/v1/namespaces/{space}/jobs";

    private async Task<JsonElement?> AskAsync(HttpMethod method, string path, JsonObject? body, HttpStatusCode isNull, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(method, path, body, cancellationToken).ConfigureAwait(false);
        if (response.StatusCode == isNull) return null;
        if (!response.IsSuccessStatusCode) throw await RefusedAsync(response, cancellationToken).ConfigureAwait(false);
        return Parse(await ReadTextAsync(response, cancellationToken).ConfigureAwait(false));
    }

    // The answer of a request that was lost on the way is not known: creating again is told by 409, deleting by 404.
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, JsonObject? body, CancellationToken cancellationToken)
    {
        var pause = FirstPause;
        while (true)
        {
            string problem;
            try
            {
                using var request = new HttpRequestMessage(method, path);
                if (access.Token() is { Length: > 0 } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
                var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
                if (response.StatusCode != HttpStatusCode.TooManyRequests && (int)response.StatusCode < 500) return response;
                problem = $"{(int)response.StatusCode} {response.StatusCode}";
                if (response.Headers.RetryAfter?.Delta is { } asked) pause = asked < LongestPause ? asked : LongestPause;
                response.Dispose();
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                problem = exception.Message;
            }

            Log.WaitsForCluster(logger, access.Server.Authority, problem);
            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    private async Task<MeshException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        string text = await ReadTextAsync(response, cancellationToken).ConfigureAwait(false);
        string message = text;
        try
        {
            using var status = JsonDocument.Parse(text);
            if (status.RootElement.TryGetProperty("message", out var told)) message = told.GetString() ?? text;
        }
        catch (JsonException)
        {
            // Not of Kubernetes; told as it is.
        }

        if (message.Length > 500) message = message[..500];
        return response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            ? new MeshException("MESH9113", $"{access.Server.Authority} does not allow it: {message} deploy/kubernetes/runner.yaml holds the role that Mesh needs.", isTransient: true)
            : new MeshException("MESH9112", $"{access.Server.Authority} answers {(int)response.StatusCode}: {message}");
    }

    private static async Task<string> ReadTextAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    // A connection that breaks ends the watch as a timeout does: it goes on from the last version seen.
    private static async Task<string?> ReadLineAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            return null;
        }
    }

    private JsonElement Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.Clone();
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH9112", $"{access.Server.Authority} answers what is no JSON: {exception.Message}", isTransient: true, exception);
        }
    }
}
