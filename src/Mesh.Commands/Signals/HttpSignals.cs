using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Mesh.Commands.Queries;
using Mesh.Model;

namespace Mesh.Commands.Signals;

/// <summary>Asks a server over <c>/api/v1/recordings/ID/signals</c>.</summary>
public sealed class HttpSignals : ISignals
{
    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpSignals(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public Task<SignalList?> ListAsync(string recording, CancellationToken cancellationToken) => GetAsync<SignalList>($"{PathOf(recording)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<SignalWindow?> QueryAsync(string recording, SignalQuery query, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(HttpMethod.Get, $"{PathOf(recording)}/data?{TextOf(query)}&cols={query.Columns.ToString(CultureInfo.InvariantCulture)}", null, cancellationToken).ConfigureAwait(false);
        if (response is null) return null;
        byte[] bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return SignalWire.Read(bytes);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SignalStatistics>?> MeasureAsync(string recording, SignalQuery query, CancellationToken cancellationToken) =>
        await GetAsync<List<SignalStatistics>>($"{PathOf(recording)}/statistics?{TextOf(query)}", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public async Task<Func<Stream, CancellationToken, Task>?> ExportAsync(string recording, SignalQuery query, SignalExport format, CancellationToken cancellationToken)
    {
        string path = $"{PathOf(recording)}/export?{TextOf(query)}&format={(format == SignalExport.Csv ? "csv" : "parquet")}";
        var response = await client.SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return response is null ? null : async (output, token) =>
        {
            using (response) await response.Content.CopyToAsync(output, token).ConfigureAwait(false);
        };
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<T?> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class
    {
        using var response = await client.SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        if (response is null) return null;
        try
        {
            return await response.Content.ReadFromJsonAsync<T>(SignalWire.Json, cancellationToken).ConfigureAwait(false);
        }
        catch (JsonException exception)
        {
            throw new MeshException("MESH11021", $"The server's answer to {path} is none of Mesh's: {exception.Message} Check the address.", innerException: exception);
        }
    }

    private static string PathOf(string recording) => $"recordings/{Uri.EscapeDataString(recording)}/signals";

    private static string TextOf(SignalQuery query)
    {
        var parts = new List<string> { $"ch={Uri.EscapeDataString(SignalName.Join(query.Names))}" };
        if (query.From is { } from) parts.Add($"from={from.ToString("R", CultureInfo.InvariantCulture)}");
        if (query.To is { } to) parts.Add($"to={to.ToString("R", CultureInfo.InvariantCulture)}");
        return string.Join('&', parts);
    }
}
