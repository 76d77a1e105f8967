using Mesh.Commands.Queries.Lists;
using Mesh.Commands.Replay;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Queries;

/// <summary>Pages of lists.</summary>
public sealed partial class HttpQueries
{
    /// <inheritdoc/>
    public Task<Page<RecordingRow>> ListRecordingsAsync(RecordingQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<RecordingRow>>($"recordings?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> CountRecordingsAsync(CancellationToken cancellationToken) =>
        await RequireAsync<Dictionary<string, long>>("counts/recordings", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<VehicleSummary>> ListVehiclesAsync(VehicleQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<VehicleSummary>>($"vehicles?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ProductSummary>> ListProductsAsync(ProductQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<ProductSummary>>($"products?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<Page<DeadLetterView>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<DeadLetterView>>($"dead-letters?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<DeadLetterFacets> CountDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken) =>
        RequireAsync<DeadLetterFacets>($"counts/dead-letters?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<Page<ReplayEntry>> ListReplaysAsync(ReplayQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<ReplayEntry>>($"replays?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public Task<Page<JobEntry>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<JobEntry>>($"jobs?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<JobState, long>> CountJobsAsync(JobQuery query, CancellationToken cancellationToken) =>
        await RequireAsync<Dictionary<JobState, long>>($"counts/jobs?{ListQueries.TextOf(query)}", cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task<Page<ModelEntry>> ListModelsAsync(ModelQuery query, CancellationToken cancellationToken) =>
        RequireAsync<Page<ModelEntry>>($"models?{ListQueries.TextOf(query)}", cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyDictionary<string, long>> CountModelsAsync(ModelQuery query, CancellationToken cancellationToken) =>
        await RequireAsync<Dictionary<string, long>>($"counts/models?{ListQueries.TextOf(query)}", cancellationToken).ConfigureAwait(false);

    private Task<T> RequireAsync<T>(string path, CancellationToken cancellationToken)
        where T : class => client.RequireAsync<T>(HttpMethod.Get, path, null, cancellationToken);
}
