using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Queries.Tables;
using Mesh.Commands.Replay;
using Mesh.Columnar.ArrowIpc;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Queries;

/// <summary>Asks a server over <c>/api/v1</c>.</summary>
public sealed partial class HttpQueries : IMeshQueries
{
    /// <summary>Code of the error when no server answers.</summary>
    public const string Unreachable = ServerClient.Unreachable;

    private readonly ServerClient client;

    /// <param name="server">Base address.</param>
    /// <param name="token">Bearer token; null for none.</param>
    public HttpQueries(Uri server, string? token) => client = new ServerClient(server, token);

    /// <inheritdoc/>
    public async Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => (await GetAsync<StatusView>("status", cancellationToken).ConfigureAwait(false))!;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RecordingView>> ListRecordingsAsync(int limit, CancellationToken cancellationToken) =>
        await GetAsync<List<RecordingView>>($"recordings?limit={limit}", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<RecordingView?> FindRecordingAsync(string ingestId, CancellationToken cancellationToken) =>
        GetAsync<RecordingView>($"recordings/{Uri.EscapeDataString(ingestId)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProductView>> ListProductsAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<ProductView>>("products", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<ProductView?> FindProductAsync(string name, CancellationToken cancellationToken) =>
        GetAsync<ProductView>($"products/{Uri.EscapeDataString(name)}", cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<ProductRow> ReadRowsAsync(string product, long? afterSnapshotId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string path = $"products/{Uri.EscapeDataString(product)}/rows{(afterSnapshotId is null ? "" : $"?after={afterSnapshotId}")}";
        using var response = await SendAsync(path, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var lines = new StreamReader(body);
        while (await lines.ReadLineAsync(cancellationToken).ConfigureAwait(false) is { } line)
        {
            // A line is the snapshot id, a tab, and the row.
            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab < 0) throw BrokeOff(null);
            yield return new ProductRow(long.Parse(line.AsSpan(0, tab)), System.Text.Encoding.UTF8.GetBytes(line[(tab + 1)..]));
        }
    }

    /// <inheritdoc/>
    public async Task<ProductBatches> ReadBatchesAsync(string product, long? afterSnapshotId, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        string query = string.Join('&', [
            .. afterSnapshotId is { } after ? [$"after={after.ToString(CultureInfo.InvariantCulture)}"] : Array.Empty<string>(),
            .. columns is not null ? [$"columns={string.Join(',', columns.Select(Uri.EscapeDataString))}"] : Array.Empty<string>(),
        ]);
        return await OpenBatchesAsync($"products/{Uri.EscapeDataString(product)}/batches?{query}", cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<ProductBatches> ScanAsync(string product, ScanQuery query, CancellationToken cancellationToken) => OpenBatchesAsync(
        $"products/{Uri.EscapeDataString(product)}/scan{QueryText(("columns", query.Columns is null ? null : string.Join(',', query.Columns)), ("where", query.Where), ("at", query.At))}", cancellationToken);

    private async Task<ProductBatches> OpenBatchesAsync(string path, CancellationToken cancellationToken)
    {
        var response = await SendAsync(path, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Disposes the body, and with it the response.
            var reader = await ArrowReader.OpenAsync(body, response.RequestMessage!.RequestUri!.ToString(), new ArrowReaderOptions(), cancellationToken).ConfigureAwait(false);
            return new ProductBatches(reader.Schema, ReadAsync(reader, cancellationToken), reader);
        }
        catch (IOException exception)
        {
            throw BrokeOff(exception);
        }
    }

    /// <inheritdoc/>
    public Task<HeadView?> HeadAsync(string product, HeadQuery query, CancellationToken cancellationToken) => GetAsync<HeadView>(
        $"products/{Uri.EscapeDataString(product)}/head{QueryText(
            ("columns", query.Columns is null ? null : string.Join(',', query.Columns)), ("where", query.Where), ("limit", $"{query.Limit}"), ("at", query.At))}",
        cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TableView>> ListTablesAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<TableView>>("catalogue/tables", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<TableDetailsView?> FindTableAsync(string name, CancellationToken cancellationToken) =>
        GetAsync<TableDetailsView>($"catalogue/tables/{Uri.EscapeDataString(name)}", cancellationToken);

    /// <inheritdoc/>
    public Task<FilesView?> ListFilesAsync(string table, FileQuery query, CancellationToken cancellationToken) => GetAsync<FilesView>(
        $"catalogue/tables/{Uri.EscapeDataString(table)}/files{QueryText(("at", query.At), ("where", query.Where), ("limit", $"{query.Limit}"))}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken) =>
        await GetAsync<List<DeadLetterView>>(
            "dead-letters" + QueryText([.. ListQueries.Pairs(filter), ("limit", $"{limit}")]),
            cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<DeadLetterDetails?> FindDeadLetterAsync(string id, CancellationToken cancellationToken) =>
        GetAsync<DeadLetterDetails>($"dead-letters/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<byte[]?> ReadDeadLetterPayloadAsync(string id, CancellationToken cancellationToken)
    {
        using var response = await client.SendAsync(HttpMethod.Get, $"dead-letters/{Uri.EscapeDataString(id)}/payload", null, cancellationToken).ConfigureAwait(false);
        return response is null ? null : await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ReplayEntry>> ListReplaysAsync(int limit, CancellationToken cancellationToken) =>
        await GetAsync<List<ReplayEntry>>($"replays?limit={limit}", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<ReplayDetails?> FindReplayAsync(string id, CancellationToken cancellationToken) =>
        GetAsync<ReplayDetails>($"replays/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <inheritdoc/>
    public Task<ProductVersionsView?> FindProductVersionsAsync(string product, CancellationToken cancellationToken) =>
        GetAsync<ProductVersionsView>($"products/{Uri.EscapeDataString(product)}/versions", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<JobEntry>> ListJobsAsync(int limit, CancellationToken cancellationToken) =>
        await GetAsync<List<JobEntry>>($"jobs?limit={limit}", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<JobEntry?> FindJobAsync(string jobId, CancellationToken cancellationToken) =>
        GetAsync<JobEntry>($"jobs/{Uri.EscapeDataString(jobId)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelEntry>> ListModelsAsync(CancellationToken cancellationToken) =>
        await GetAsync<List<ModelEntry>>("models", cancellationToken).ConfigureAwait(false) ?? [];

    /// <inheritdoc/>
    public Task<ModelEntry?> FindModelAsync(string name, int? version, CancellationToken cancellationToken) =>
        GetAsync<ModelEntry>($"models/{Uri.EscapeDataString(name)}{(version is null ? "" : $"?version={version}")}", cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static string QueryText(params (string Name, string? Value)[] parameters) => string.Concat(
        parameters.Where(parameter => parameter.Value is not null).Select((parameter, index) => $"{(index == 0 ? '?' : '&')}{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));

    private static MeshException BrokeOff(Exception? cause) => new("MESH11021", "The server's answer broke off. Ask again.", isTransient: true, cause);

    private static async IAsyncEnumerable<ProductBatch> ReadAsync(ArrowReader reader, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var batches = reader.ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await batches.MoveNextAsync().ConfigureAwait(false)) yield break;
            }
            catch (IOException exception)
            {
                throw BrokeOff(exception);
            }

            string? snapshot = batches.Current.Metadata.GetValueOrDefault(ProductBatch.SnapshotKey);
            if (!long.TryParse(snapshot, NumberStyles.None, CultureInfo.InvariantCulture, out long id)) throw BrokeOff(null);
            yield return new ProductBatch(id, batches.Current);
        }
    }

    private Task<T?> GetAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => client.ReadAsync<T>(HttpMethod.Get, path, null, cancellationToken);

    private async Task<HttpResponseMessage> SendAsync(string path, CancellationToken cancellationToken) =>
        await client.SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false)
        ?? throw ServerClient.UnknownRequest();
}
