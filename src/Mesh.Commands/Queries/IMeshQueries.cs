using Mesh.Commands.Queries.Tables;
using Mesh.Commands.Replay;
using Mesh.Lakehouse.Recordings;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Queries;

/// <summary>Questions about a Mesh: answered by a server over HTTP, or from its state directory. None changes anything.</summary>
public interface IMeshQueries : IAsyncDisposable
{
    /// <summary>What runs, and what is under way.</summary>
    Task<StatusView> GetStatusAsync(CancellationToken cancellationToken);

    /// <summary>Recordings, newest first.</summary>
    Task<IReadOnlyList<RecordingView>> ListRecordingsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>A page of recordings.</summary>
    Task<Page<RecordingRow>> ListRecordingsAsync(RecordingQuery query, CancellationToken cancellationToken);

    /// <summary>Number of recordings in each state that occurs, by its word in <see cref="RecordingRow.State"/>.</summary>
    Task<IReadOnlyDictionary<string, long>> CountRecordingsAsync(CancellationToken cancellationToken);

    /// <summary>A page of vehicles with what there is of each.</summary>
    Task<Page<VehicleSummary>> ListVehiclesAsync(VehicleQuery query, CancellationToken cancellationToken);

    /// <summary>A recording with its channels and losses; null when unknown. A unique prefix of the ingest id is enough.</summary>
    Task<RecordingView?> FindRecordingAsync(string ingestId, CancellationToken cancellationToken);

    /// <summary>Data products by name.</summary>
    Task<IReadOnlyList<ProductView>> ListProductsAsync(CancellationToken cancellationToken);

    /// <summary>A page of data products with the figures of their current snapshots.</summary>
    Task<Page<ProductSummary>> ListProductsAsync(ProductQuery query, CancellationToken cancellationToken);

    /// <summary>A data product with its schema and snapshots; null when unknown.</summary>
    Task<ProductView?> FindProductAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// The rows that each snapshot after <paramref name="afterSnapshotId"/> added, oldest first, up to the current one.
    /// </summary>
    /// <param name="product">Name of the product.</param>
    /// <param name="afterSnapshotId">The last snapshot seen; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    IAsyncEnumerable<ProductRow> ReadRowsAsync(string product, long? afterSnapshotId, CancellationToken cancellationToken);

    /// <summary>The same rows as record batches.</summary>
    /// <param name="product">Name of the product.</param>
    /// <param name="afterSnapshotId">The last snapshot seen; null for all.</param>
    /// <param name="columns">Top-level columns; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="Model.MeshException"><c>MESH11031</c> no such product; <c>MESH11033</c> no such snapshot; <c>MESH11038</c> no such column.</exception>
    Task<ProductBatches> ReadBatchesAsync(string product, long? afterSnapshotId, IReadOnlyList<string>? columns, CancellationToken cancellationToken);

    /// <summary>
    /// All rows of one snapshot as record batches, in no order that is promised; deleted ones are not among them. Every batch carries the snapshot.
    /// </summary>
    /// <exception cref="Model.MeshException"><c>MESH11031</c> no such product; <c>MESH11036</c> no such snapshot; <c>MESH11038</c> no such column.</exception>
    Task<ProductBatches> ScanAsync(string product, ScanQuery query, CancellationToken cancellationToken);

    /// <summary>First rows of a product; null when the product is unknown.</summary>
    /// <exception cref="Model.MeshException">The condition cannot be read, or names a column that there is not.</exception>
    Task<HeadView?> HeadAsync(string product, HeadQuery query, CancellationToken cancellationToken);

    /// <summary>Tables by name.</summary>
    Task<IReadOnlyList<TableView>> ListTablesAsync(CancellationToken cancellationToken);

    /// <summary>A table, by its own name or its product's; null when unknown.</summary>
    Task<TableDetailsView?> FindTableAsync(string name, CancellationToken cancellationToken);

    /// <summary>Files of a table, by its own name or its product's; null when the table is unknown.</summary>
    /// <exception cref="Model.MeshException">The condition cannot be read, or names a column that there is not.</exception>
    Task<FilesView?> ListFilesAsync(string table, FileQuery query, CancellationToken cancellationToken);

    /// <summary>A page of dead letters: those in the index now, without waiting for what is just being written.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2350</c>: an id of the filter is none.</exception>
    Task<Page<DeadLetterView>> ListDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken);

    /// <summary>How many dead letters there are by stage, code, state and topology.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2350</c>: an id of the filter is none.</exception>
    Task<DeadLetterFacets> CountDeadLettersAsync(DeadLetterQuery query, CancellationToken cancellationToken);

    /// <summary>Dead letters, oldest first.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2350</c>: an id of the filter is none.</exception>
    Task<IReadOnlyList<DeadLetterView>> ListDeadLettersAsync(DeadLetterFilter filter, int limit, CancellationToken cancellationToken);

    /// <summary>Everything about a dead letter; null when unknown. A unique prefix of its id is enough.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2350</c>: not the beginning of an id; <c>MESH2351</c>: of several.</exception>
    Task<DeadLetterDetails?> FindDeadLetterAsync(string id, CancellationToken cancellationToken);

    /// <summary>The payload of a dead letter, whole; null when the letter is unknown.</summary>
    /// <exception cref="Model.MeshException"><c>MESH2369</c>: it cannot be had any more.</exception>
    Task<byte[]?> ReadDeadLetterPayloadAsync(string id, CancellationToken cancellationToken);

    /// <summary>Replays, newest first.</summary>
    Task<IReadOnlyList<ReplayEntry>> ListReplaysAsync(int limit, CancellationToken cancellationToken);

    /// <summary>A page of replays.</summary>
    Task<Page<ReplayEntry>> ListReplaysAsync(ReplayQuery query, CancellationToken cancellationToken);

    /// <summary>A replay with its recordings; null when unknown. A unique prefix of its id is enough.</summary>
    Task<ReplayDetails?> FindReplayAsync(string id, CancellationToken cancellationToken);

    /// <summary>Versions of a product and what its name has meant; null when no topology has ever had it.</summary>
    Task<ProductVersionsView?> FindProductVersionsAsync(string product, CancellationToken cancellationToken);

    /// <summary>Jobs, newest first.</summary>
    Task<IReadOnlyList<JobEntry>> ListJobsAsync(int limit, CancellationToken cancellationToken);

    /// <summary>A page of jobs.</summary>
    Task<Page<JobEntry>> ListJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>Number of jobs in each state that occurs; the query's own state is left aside.</summary>
    Task<IReadOnlyDictionary<JobState, long>> CountJobsAsync(JobQuery query, CancellationToken cancellationToken);

    /// <summary>A job; null when unknown. A unique prefix of its id is enough.</summary>
    Task<JobEntry?> FindJobAsync(string jobId, CancellationToken cancellationToken);

    /// <summary>Versions of models, newest first.</summary>
    Task<IReadOnlyList<ModelEntry>> ListModelsAsync(CancellationToken cancellationToken);

    /// <summary>A page of versions of models.</summary>
    Task<Page<ModelEntry>> ListModelsAsync(ModelQuery query, CancellationToken cancellationToken);

    /// <summary>Number of versions in each state of the lifecycle that occurs; the query's own is left aside.</summary>
    Task<IReadOnlyDictionary<string, long>> CountModelsAsync(ModelQuery query, CancellationToken cancellationToken);

    /// <summary>A version of a model with the recordings it has seen; the newest registered one when none is named.</summary>
    Task<ModelEntry?> FindModelAsync(string name, int? version, CancellationToken cancellationToken);
}
