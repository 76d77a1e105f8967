using Mesh.Commands.Queries;
using Mesh.Training.Compression;

namespace Mesh.Commands.Compression;

/// <summary>Asks a server for variants over <c>/api/v1/models</c>.</summary>
public sealed class HttpCompression : ICompression
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpCompression(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<ModelVariantsView> GetVariantsAsync(string model, CancellationToken cancellationToken) =>
        await client.RequireAsync<ModelVariantsView>(HttpMethod.Get, $"variants/{Uri.EscapeDataString(model)}", null, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<CompressionEntry> RequestAsync(string model, CompressRequest request, CancellationToken cancellationToken) =>
        await client.RequireAsync<CompressionEntry>(HttpMethod.Post, $"variants/{Uri.EscapeDataString(model)}", request, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
