using Mesh.Commands.Jobs;
using Mesh.Commands.Queries;
using Mesh.Commands.Queries.Lists;
using Mesh.Training.Studies;

namespace Mesh.Commands.Studies;

/// <summary>Asks a server about its studies over <c>/api/v1/studies</c>.</summary>
public sealed class HttpStudies : IStudies
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpStudies(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<StudyView>> ListAsync(CancellationToken cancellationToken) =>
        await client.RequireAsync<List<StudyView>>(HttpMethod.Get, "studies", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<StudyView>> ListAsync(StudyQuery query, CancellationToken cancellationToken) =>
        client.RequireAsync<Page<StudyView>>(HttpMethod.Get, $"studies?{ListQueries.TextOf(query)}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<StudyView?> FindAsync(string name, CancellationToken cancellationToken) =>
        client.ReadAsync<StudyView>(HttpMethod.Get, $"studies/{Uri.EscapeDataString(name)}", null, cancellationToken);

    /// <inheritdoc/>
    public Task<StudyView> RunAsync(StudyRequest request, CancellationToken cancellationToken) => client.RequireAsync<StudyView>(HttpMethod.Post, "studies", request, cancellationToken);

    /// <inheritdoc/>
    public Task<StudyView> StopAsync(string name, StopRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<StudyView>(HttpMethod.Post, $"studies/{Uri.EscapeDataString(name)}/stop", request, cancellationToken);

    /// <inheritdoc/>
    public Task<StudyView> ResumeAsync(string name, ResumeRequest request, CancellationToken cancellationToken) =>
        client.RequireAsync<StudyView>(HttpMethod.Post, $"studies/{Uri.EscapeDataString(name)}/resume", request, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
