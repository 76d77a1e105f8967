using Mesh.Commands.Queries;

namespace Mesh.Commands.Topologies;

/// <summary>Asks a server for its topologies over <c>/api/v1/topologies</c>.</summary>
public sealed class HttpTopologies : ITopologies
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpTopologies(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TopologyView>> ListAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<TopologyView>>(HttpMethod.Get, "topologies", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<TopologyView?> FindAsync(string name, int? version, CancellationToken cancellationToken) =>
        client.ReadAsync<TopologyView>(HttpMethod.Get, $"topologies/{Uri.EscapeDataString(name)}{(version is null ? "" : $"?version={version}")}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<TopologyPlanView> PlanAsync(TopologyRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<TopologyPlanView>(HttpMethod.Post, "topologies/plan", request, cancellationToken);

    /// <inheritdoc/>
    public Task<TopologyPlanView> ApplyAsync(TopologyRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<TopologyPlanView>(HttpMethod.Post, "topologies/apply", request, cancellationToken);

    /// <inheritdoc/>
    public Task<TopologyView> RetireAsync(string name, RetireRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<TopologyView>(HttpMethod.Post, $"topologies/{Uri.EscapeDataString(name)}/retire", request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
