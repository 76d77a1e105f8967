using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Topologies;
using Mesh.Trigger;

namespace Mesh.Commands.Triggers;

/// <summary>Asks a server for its trigger rules over <c>/api/v1/triggers</c>.</summary>
public sealed class HttpTriggers : ITriggers
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpTriggers(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerStatus>> ListAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<TriggerStatus>>(HttpMethod.Get, "triggers", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerDecision>?> ListDecisionsAsync(string rule, int limit, CancellationToken cancellationToken) => await client.ReadAsync<List<TriggerDecision>>(
        HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"triggers/{Uri.EscapeDataString(rule)}/decisions?limit={limit}"), null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<TriggerDecision>> ListDecisionsAsync(TriggerDecisionQuery query, CancellationToken cancellationToken) =>
        client.RequireAsync<Page<TriggerDecision>>(HttpMethod.Get, $"trigger-decisions?{ListQueries.TextOf(query)}", null, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerStatus>> PlanAsync(TopologyRequest request, CancellationToken cancellationToken) =>
        await client.RequireAsync<List<TriggerStatus>>(HttpMethod.Post, "triggers/plan", request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TriggerFiring>> FireAsync(string rule, FireRequest request, CancellationToken cancellationToken) =>
        await client.RequireAsync<List<TriggerFiring>>(HttpMethod.Post, $"triggers/{Uri.EscapeDataString(rule)}/fire", request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
