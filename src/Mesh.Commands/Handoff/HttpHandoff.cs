using System.Globalization;
using System.Text;
using System.Text.Json;
using Mesh.Commands.Queries;
using Mesh.Training.Governance;
using Mesh.Training.Handoff;
using Mesh.Training.Handoff.Signing;
using Mesh.Training.Handoff.Verification;

namespace Mesh.Commands.Handoff;

/// <summary>Hand-offs by a server, over <c>/api/v1</c>: the bundle comes as a tar and is verified here before anybody uses it.</summary>
public sealed class HttpHandoff : IHandoff, IDisposable
{
    /// <summary>Header in which the server names variants that it left out: a JSON list in Base64.</summary>
    public const string LeftOutHeader = "Mesh-Left-Out";

    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpHandoff(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<HandoffResult> HandOverAsync(string model, string folder, CancellationToken cancellationToken)
    {
        var reference = ModelReference.Parse(model);
        string version = reference.Version?.ToString(CultureInfo.InvariantCulture) ?? reference.Alias!;
        using var response = await client.SendAsync(
            HttpMethod.Post, $"models/{Uri.EscapeDataString(reference.Name)}/{Uri.EscapeDataString(version)}/handoff", null, cancellationToken).ConfigureAwait(false) ?? throw ServerClient.UnknownRequest();
        var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (content.ConfigureAwait(false)) await HandoffArchive.ExtractAsync(content, folder, cancellationToken).ConfigureAwait(false);
        List<string> leftOut = response.Headers.TryGetValues(LeftOutHeader, out var values) ? JsonSerializer.Deserialize<List<string>>(Encoding.UTF8.GetString(Convert.FromBase64String(values.First())))! : [];
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Select(file => new FileInfo(file)).ToList();
        return new HandoffResult(Path.GetFullPath(folder), files.Count, files.Sum(file => file.Length), leftOut, HandoffVerifier.Verify(folder, null, TimeProvider.System));
    }

    /// <inheritdoc/>
    public Task<TrustFile> GetTrustAsync(CancellationToken cancellationToken) => client.RequireAsync<TrustFile>(HttpMethod.Get, "trust", null, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => client.Dispose();
}
