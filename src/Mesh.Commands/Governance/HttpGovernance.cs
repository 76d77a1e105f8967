using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Training.Governance;
using Mesh.Training.Governance.Audit;
using Mesh.Training.Governance.Gates;
using Mesh.Training.Governance.Lineage;

namespace Mesh.Commands.Governance;

/// <summary>Governance by a server, over <c>/api/v1</c>.</summary>
public sealed class HttpGovernance : IGovernance
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpGovernance(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public Task<DraftView> DraftAsync(GovernanceRequest request, CancellationToken cancellationToken) => PostAsync<DraftView>("governance/draft", request, cancellationToken);

    /// <inheritdoc/>
    public Task<SignedDecision> CommitAsync(CommitRequest request, CancellationToken cancellationToken) => PostAsync<SignedDecision>("governance/commit", request, cancellationToken);

    /// <inheritdoc/>
    public Task<Identity> RegisterAsync(IdentityRequest request, CancellationToken cancellationToken) => PostAsync<Identity>("identities", request, cancellationToken);

    /// <inheritdoc/>
    public Task<Identity> RevokeAsync(RevokeRequest request, CancellationToken cancellationToken) => PostAsync<Identity>("identities/revoke", request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Identity>> ListIdentitiesAsync(CancellationToken cancellationToken) => await GetAsync<List<Identity>>("identities", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<GateReport> EvaluateAsync(string model, string to, CancellationToken cancellationToken) =>
        PostAsync<GateReport>($"{PathOf(model)}/gates?to={Uri.EscapeDataString(to)}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<ModelStatusView> GetModelStatusAsync(string model, CancellationToken cancellationToken) => GetAsync<ModelStatusView>($"{PathOf(model)}/lifecycle", cancellationToken);

    /// <inheritdoc/>
    public Task<ModelHistoryView> GetHistoryAsync(string name, CancellationToken cancellationToken) =>
        GetAsync<ModelHistoryView>($"models/{Uri.EscapeDataString(name)}/history", cancellationToken);

    /// <inheritdoc/>
    public Task<ModelLineage> GetLineageAsync(string model, CancellationToken cancellationToken) => GetAsync<ModelLineage>($"{PathOf(model)}/lineage", cancellationToken);

    /// <inheritdoc/>
    public Task<AffectedModelsView> FindByVehicleAsync(string vehicle, CancellationToken cancellationToken) =>
        GetAsync<AffectedModelsView>($"lineage/vehicles/{Uri.EscapeDataString(vehicle)}", cancellationToken);

    /// <inheritdoc/>
    public Task<AffectedModelsView> FindByRecordingAsync(string ingestId, CancellationToken cancellationToken) =>
        GetAsync<AffectedModelsView>($"lineage/recordings/{Uri.EscapeDataString(ingestId)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DecisionView>> ListDecisionsAsync(string? subject, long after, int limit, CancellationToken cancellationToken) => await GetAsync<List<DecisionView>>(
        string.Create(CultureInfo.InvariantCulture, $"decisions?after={after}&limit={limit}{(subject is null ? "" : $"&subject={Uri.EscapeDataString(subject)}")}"), cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<DecisionView>> ListDecisionsAsync(DecisionQuery query, CancellationToken cancellationToken) =>
        GetAsync<Page<DecisionView>>($"decisions?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<AuditReport> VerifyAsync(string? anchor, CancellationToken cancellationToken) =>
        GetAsync<AuditReport>($"audit/report{(anchor is null ? "" : $"?anchor={Uri.EscapeDataString(anchor)}")}", cancellationToken);

    /// <inheritdoc/>
    public async Task ExportAsync(Stream target, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(HttpMethod.Get, "audit", null, cancellationToken).ConfigureAwait(false) ?? throw ServerClient.UnknownRequest();
        await response.Content.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<Holdout> FreezeAsync(FreezeRequest request, CancellationToken cancellationToken) => PostAsync<Holdout>("holdouts", request, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Holdout>> ListHoldoutsAsync(CancellationToken cancellationToken) => await GetAsync<List<Holdout>>("holdouts", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WithdrawalView>> ListWithdrawalsAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<WithdrawalView>>("withdrawals", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> ResolveRecordingsAsync(IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        await PostAsync<List<string>>("recordings/resolve", ids, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string PathOf(string model)
    {
        var reference = ModelReference.Parse(model);
        string version = reference.Version?.ToString(CultureInfo.InvariantCulture) ?? reference.Alias!;
        return $"models/{Uri.EscapeDataString(reference.Name)}/{Uri.EscapeDataString(version)}";
    }

    private Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => client.RequireAsync<T>(HttpMethod.Get, path, null, cancellationToken);

    private Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellationToken)
        where T : class => client.RequireAsync<T>(HttpMethod.Post, path, body, cancellationToken);
}
