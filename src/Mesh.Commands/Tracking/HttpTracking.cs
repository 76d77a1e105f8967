using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Model;
using Mesh.Training.Tracking;
using Mesh.Training.Tracking.Artifacts;

namespace Mesh.Commands.Tracking;

/// <summary>Asks a server for runs over <c>/api/v1/runs</c>; artefacts go through MLflow's proxy.</summary>
public sealed class HttpTracking : ITracking
{
    private readonly ServerClient client;
    private readonly HttpClient proxy;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpTracking(Uri server, string? token)
    {
        client = new ServerClient(server, token);
        proxy = new HttpClient { BaseAddress = new Uri(server, "api/2.0/mlflow-artifacts/artifacts/"), Timeout = Timeout.InfiniteTimeSpan };
        if (token is not null) proxy.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Experiment>> ListExperimentsAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<Experiment>>(HttpMethod.Get, "experiments", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TrackedRun>> SearchAsync(RunQuery query, CancellationToken cancellationToken) =>
        await client.RequireAsync<List<TrackedRun>>(HttpMethod.Post, "runs/search", query, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<TrackedRun>> ListAsync(RunListQuery query, CancellationToken cancellationToken) =>
        client.RequireAsync<Page<TrackedRun>>(HttpMethod.Get, $"runs?{ListQueries.TextOf(query)}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<TrackedRun?> FindAsync(string run, CancellationToken cancellationToken) =>
        client.ReadAsync<TrackedRun>(HttpMethod.Get, $"runs/{Uri.EscapeDataString(run)}", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<LoggedMetric>> SampleHistoryAsync(string runId, string key, int count, CancellationToken cancellationToken) => await client.RequireAsync<List<LoggedMetric>>(
        HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"runs/{Uri.EscapeDataString(runId)}/history?key={Uri.EscapeDataString(key)}&count={count}"), null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<RunDocument?> ExportAsync(string runId, CancellationToken cancellationToken) =>
        client.ReadAsync<RunDocument>(HttpMethod.Get, $"runs/{Uri.EscapeDataString(runId)}/export", null, cancellationToken);

    /// <inheritdoc/>
    public Task<ImportOutcome> ImportAsync(RunDocument document, CancellationToken cancellationToken) =>
        client.RequireAsync<ImportOutcome>(HttpMethod.Post, "runs/import", document, cancellationToken);

    /// <inheritdoc/>
    public Task<TrackedRun> LogAsync(LogRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<TrackedRun>(HttpMethod.Post, "runs/log", request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ArtifactEntry>> ListArtifactsAsync(string runId, CancellationToken cancellationToken) =>
        await client.RequireAsync<List<ArtifactEntry>>(HttpMethod.Get, $"runs/{Uri.EscapeDataString(runId)}/artifacts", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task ReadArtifactAsync(string runId, string path, Stream target, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, await PlaceAsync(runId, path, cancellationToken).ConfigureAwait(false));
        using var response = await SendAsync(request, path, cancellationToken).ConfigureAwait(false);
        await response.Content.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task PutArtifactAsync(string runId, string path, Stream content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, await PlaceAsync(runId, path, cancellationToken).ConfigureAwait(false)) { Content = new StreamContent(content) };
        using var _ = await SendAsync(request, path, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        proxy.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<Uri> PlaceAsync(string runId, string path, CancellationToken cancellationToken)
    {
        var run = await FindAsync(runId, cancellationToken).ConfigureAwait(false) ?? throw new TrackingException("MESH9303", $"There is no run '{runId}'. `mesh runs list` shows those there are.", TrackingFault.Missing);
        return new Uri($"{run.ExperimentId}/{run.RunId}/artifacts/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}", UriKind.Relative);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, string path, CancellationToken cancellationToken)
    {
        HttpResponseMessage response;
        try
        {
            response = await proxy.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new MeshException(ServerClient.Unreachable, $"The server did not take or give '{path}': {exception.Message} Is it still running?", isTransient: true, exception);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response)
        {
            byte[] answer = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            throw new MeshException("MESH11021", $"The server answers {(int)response.StatusCode} to '{path}': {Encoding.UTF8.GetString(answer.AsSpan(0, Math.Min(answer.Length, 1_000)))}");
        }
    }
}
