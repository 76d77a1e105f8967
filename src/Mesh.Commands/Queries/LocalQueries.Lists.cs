using Mesh.Commands.Replay;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Queries;

/// <summary>Pages of lists: each a bounded number of queries, whatever the length of the list and of the page.</summary>
public sealed partial class LocalQueries
{
    /// <inheritdoc/>
    public async Task<Page<RecordingRow>> ListRecordingsAsync(RecordingQuery query, CancellationToken cancellationToken) =>
        Page<RecordingRow>.Of(await recordings.ListAsync(query, cancellationToken).ConfigureAwait(false), query, RecordingRow.Of);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, long>> CountRecordingsAsync(CancellationToken cancellationToken) => RecordingCounts.OfAsync(recordings, cancellationToken);

    /// <inheritdoc/>
    public async Task<Page<VehicleSummary>> ListVehiclesAsync(VehicleQuery query, CancellationToken cancellationToken) =>
        Page<VehicleSummary>.Of(await recordings.ListVehiclesAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<Page<ProductSummary>> ListProductsAsync(ProductQuery query, CancellationToken cancellationToken)
    {
        await versions.RefreshAsync(cancellationToken).ConfigureAwait(false);
        // Names are the topologies', which the database does not know: tables are few enough to be narrowed down and sorted here.
        var wanted = (await tables.ListSummariesAsync(cancellationToken).ConfigureAwait(false)).Select(SummaryOf).Where(product => IsWanted(product, query)).ToList();
        var sorted = query.Sort switch
        {
            ProductSort.Updated => By(wanted.OrderBy(product => product.UpdatedAt is null), product => product.UpdatedAt),
            ProductSort.Rows => By(wanted.OrderBy(_ => 0), product => product.Rows),
            ProductSort.Files => By(wanted.OrderBy(_ => 0), product => product.Files),
            ProductSort.Bytes => By(wanted.OrderBy(_ => 0), product => product.Bytes),
            _ => query.Descending ? wanted.OrderByDescending(product => product.Name, StringComparer.Ordinal) : wanted.OrderBy(product => product.Name, StringComparer.Ordinal),
        };
        long offset = Math.Min(query.Offset, wanted.Count);
        return new Page<ProductSummary>([.. sorted.ThenBy(product => product.Name, StringComparer.Ordinal).Skip((int)offset).Take(query.Size)], wanted.Count, query.Number, query.Size);

        IOrderedEnumerable<ProductSummary> By<TKey>(IOrderedEnumerable<ProductSummary> products, Func<ProductSummary, TKey> key) =>
            query.Descending ? products.ThenByDescending(key) : products.ThenBy(key);
    }

    /// <inheritdoc/>
    public async Task<Page<DeadLetterView>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        Page<DeadLetterView>.Of(await letters.ListAsync(query, cancellationToken).ConfigureAwait(false), query, DeadLetterView.Of);

    /// <inheritdoc/>
    public Task<DeadLetterFacets> CountDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) => letters.CountAsync(query, cancellationToken).AsTask();

    /// <inheritdoc/>
    public async Task<Page<ReplayEntry>> ListReplaysAsync(ReplayQuery query, CancellationToken cancellationToken) =>
        Page<ReplayEntry>.Of(await replays.ListAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public async Task<Page<JobEntry>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        Page<JobEntry>.Of(await jobs.ListAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<JobState, long>> CountJobsAsync(JobQuery query, CancellationToken cancellationToken) => jobs.CountAsync(query, cancellationToken).AsTask();

    /// <inheritdoc/>
    public async Task<Page<ModelEntry>> ListModelsAsync(ModelQuery query, CancellationToken cancellationToken) =>
        Page<ModelEntry>.Of(await models.ListPageAsync(query, cancellationToken).ConfigureAwait(false), query);

    /// <inheritdoc/>
    public Task<IReadOnlyDictionary<string, long>> CountModelsAsync(ModelQuery query, CancellationToken cancellationToken) => models.CountAsync(query, cancellationToken).AsTask();

    private ProductSummary SummaryOf(TableSummary table) => new(
        products.NameOf(table.Identifier), table.Identifier.ToString(), table.LocationUri, table.SnapshotId, table.UpdatedAt, table.Rows, table.Files, table.Bytes, table.Snapshots);

    private static bool IsWanted(ProductSummary product, ProductQuery query) =>
        (query.Namespace is null || product.Table.StartsWith(query.Namespace + ".", StringComparison.Ordinal))
        && (string.IsNullOrWhiteSpace(query.Text) || product.Name.Contains(query.Text.Trim(), StringComparison.OrdinalIgnoreCase)
            || product.Table.Contains(query.Text.Trim(), StringComparison.OrdinalIgnoreCase));
}
