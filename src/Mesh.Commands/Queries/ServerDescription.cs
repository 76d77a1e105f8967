using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>The description of a server's interface.</summary>
public static class ServerDescription
{
    /// <summary>Asks a server for it.</summary>
    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>OpenAPI 3.1 as UTF-8 JSON.</returns>
    /// <exception cref="MeshException"><c>MESH11020</c> no server answers; <c>MESH11021</c> it has none; <c>MESH11022</c> it asks for a token.</exception>
    public static async Task<byte[]> ReadAsync(Uri server, string? token, CancellationToken cancellationToken)
    {
        using var client = new ServerClient(server, token);
        using var response = await client.SendAsync(HttpMethod.Get, "openapi.json", null, cancellationToken).ConfigureAwait(false) ?? throw ServerClient.UnknownRequest();
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }
}
