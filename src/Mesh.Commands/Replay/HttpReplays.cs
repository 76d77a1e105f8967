using Mesh.Commands.Queries;

namespace Mesh.Commands.Replay;

/// <summary>Asks a server over <c>/api/v1</c>.</summary>
public sealed class HttpReplays : IReplays
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpReplays(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public Task<ReplayEntry> ReplayLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken) =>
        PostAsync<ReplayEntry>("dead-letters/replay", request, cancellationToken);

    /// <inheritdoc/>
    public Task<LetterReplayPlan> PlanLettersAsync(LetterReplayRequest request, CancellationToken cancellationToken) =>
        PostAsync<LetterReplayPlan>("dead-letters/plan", request, cancellationToken);

    /// <inheritdoc/>
    public Task<LetterDropReport> DropLettersAsync(LetterDropRequest request, CancellationToken cancellationToken) =>
        PostAsync<LetterDropReport>("dead-letters/drop", request, cancellationToken);

    /// <inheritdoc/>
    public Task<RecordingReplayReport> StartAsync(RecordingReplayRequest request, CancellationToken cancellationToken) =>
        PostAsync<RecordingReplayReport>("replays", request, cancellationToken);

    /// <inheritdoc/>
    public Task<ReplayEntry> ChangeAsync(string id, ReplayState to, CancellationToken cancellationToken) => PostAsync<ReplayEntry>(
        $"replays/{Uri.EscapeDataString(id)}/{to switch { ReplayState.Paused => "pause", ReplayState.Stopped => "stop", _ => "resume" }}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<ProductVersionsView> SwitchAsync(string product, ProductSwitchRequest request, CancellationToken cancellationToken) =>
        PostAsync<ProductVersionsView>($"products/{Uri.EscapeDataString(product)}/switch", request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task<T> PostAsync<T>(string path, object? body, CancellationToken cancellationToken)
        where T : class => client.RequireAsync<T>(HttpMethod.Post, path, body, cancellationToken);
}
