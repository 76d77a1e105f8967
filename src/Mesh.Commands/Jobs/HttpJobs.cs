using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Training.Jobs;
using Mesh.Training.Pools;

namespace Mesh.Commands.Jobs;

/// <summary>Asks a server about its jobs over <c>/api/v1/jobs</c>.</summary>
public sealed class HttpJobs : IJobs
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpJobs(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public Task<JobEntry> CancelAsync(string jobId, StopRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<JobEntry>(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(jobId)}/cancel", request, cancellationToken);

    /// <inheritdoc/>
    public Task<JobEntry> PreemptAsync(string jobId, StopRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<JobEntry>(HttpMethod.Post, $"jobs/{Uri.EscapeDataString(jobId)}/preempt", request, cancellationToken);

    /// <inheritdoc/>
    public Task<JobDetails> DescribeAsync(string jobId, CancellationToken cancellationToken) =>
        client.RequireAsync<JobDetails>(HttpMethod.Get, $"jobs/{Uri.EscapeDataString(jobId)}/details", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<PoolView>> ListPoolsAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<PoolView>>(HttpMethod.Get, "pools", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<BudgetView>> ListBudgetsAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<BudgetView>>(HttpMethod.Get, "budgets", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<JobLogPart> ReadLogAsync(string jobId, long offset, CancellationToken cancellationToken) => client.RequireAsync<JobLogPart>(
        HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"jobs/{Uri.EscapeDataString(jobId)}/log?offset={offset}"), null, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
