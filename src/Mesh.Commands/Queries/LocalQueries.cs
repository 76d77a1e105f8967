using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Configuration;
using Mesh.Commands.Replay;
using Mesh.Commands.Rows;
using Mesh.Commands.State;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.DeadLetters;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Commands.Queries;

/// <summary>Answers from the metadata database and the lake: within the server, or read-only beside it.</summary>
public sealed partial class LocalQueries : IMeshQueries
{
    private static readonly JsonWriterOptions RowOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly TableCatalogue tables;
    private readonly RecordingStore recordings;
    private readonly JobStore jobs;
    private readonly ModelStore models;
    private readonly ProductNames products;
    private readonly ProductVersions versions;
    private readonly DeadLetterStore letters;
    private readonly ReplayStore replays;
    private readonly IObjectStore landing;
    private readonly IServerFacts facts;
    private readonly IDisposable[] owned;

    /// <param name="database">Metadata.</param>
    /// <param name="tables">Tables.</param>
    /// <param name="recordings">Recordings.</param>
    /// <param name="products">Names that the topology gives to tables.</param>
    /// <param name="landing">Where recordings are.</param>
    /// <param name="facts">What only a running server knows.</param>
    /// <param name="owned">Disposed with the queries.</param>
    public LocalQueries(
        MetadataDatabase database, TableCatalogue tables, RecordingStore recordings, ProductNames products, IObjectStore landing, IServerFacts facts, params IDisposable[] owned)
    {
        this.landing = landing;
        this.tables = tables;
        this.recordings = recordings;
        this.products = products;
        this.facts = facts;
        this.owned = owned;
        versions = new ProductVersions(database, products, tables, TimeProvider.System);
        letters = new DeadLetterStore(database, TimeProvider.System);
        replays = new ReplayStore(database, TimeProvider.System);
        jobs = new JobStore(database);
        models = new ModelStore(database);
    }

    /// <summary>Opens a state directory for reading, without a server.</summary>
    /// <param name="folder">The state directory.</param>
    /// <param name="settings">Where its catalogue and its storage are.</param>
    public static LocalQueries OpenReadOnly(string folder, Settings settings)
    {
        using var state = StateDirectory.OpenForReading(folder);
        var storage = LakeStorage.OpenForReading(state, settings);
        var database = MetadataDatabase.Open(
            state.Database, settings[SettingKeys.CatalogueConnection].Text, settings[SettingKeys.CatalogueSchema].Text, readOnly: true);
        var tables = new TableCatalogue(database, storage.Lake, TimeProvider.System);
        var recordings = new RecordingStore(database, TimeProvider.System);
        return new LocalQueries(database, tables, recordings, ProductNames.Of(RunningTopology.Read(state)), storage.Landing, new StoppedServer(state, recordings), database, storage);
    }

    /// <inheritdoc/>
    public Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => facts.GetStatusAsync(cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RecordingView>> ListRecordingsAsync(int limit, CancellationToken cancellationToken) =>
        [.. (await recordings.ListAsync(limit, cancellationToken).ConfigureAwait(false)).Select(RecordingView.Of)];

    /// <inheritdoc/>
    public async Task<RecordingView?> FindRecordingAsync(string ingestId, CancellationToken cancellationToken)
    {
        if (!IngestId.TryParse(ingestId, out var id))
        {
            if (ingestId.Length < 4) return null;
            var matches = await recordings.FindByPrefixAsync(ingestId, 2, cancellationToken).ConfigureAwait(false);
            if (matches.Count == 0) return null;
            if (matches.Count > 1) throw new MeshException("MESH11034", $"'{ingestId}' is the beginning of several ingest ids: give more of it.");
            id = matches[0];
        }

        return await recordings.FindAsync(id, cancellationToken).ConfigureAwait(false) is { } entry ? RecordingView.Of(entry) : null;
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProductView>> ListProductsAsync(CancellationToken cancellationToken)
    {
        await versions.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var views = new List<ProductView>();
        foreach (var identifier in await tables.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            var table = await tables.LoadAsync(identifier, cancellationToken).ConfigureAwait(false);
            views.Add(ViewOf(table, withDetails: false));
        }

        return [.. views.OrderBy(view => view.Name, StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async Task<ProductView?> FindProductAsync(string name, CancellationToken cancellationToken) =>
        await FindTableAsync(name, cancellationToken).ConfigureAwait(false) is { } table ? ViewOf(table, withDetails: true) : null;

    /// <inheritdoc/>
    public Task<IReadOnlyList<JobEntry>> ListJobsAsync(int limit, CancellationToken cancellationToken) => jobs.ListAsync(limit, cancellationToken).AsTask();

    /// <inheritdoc/>
    public Task<JobEntry?> FindJobAsync(string jobId, CancellationToken cancellationToken) => jobs.FindAsync(jobId, cancellationToken).AsTask();

    /// <inheritdoc/>
    public Task<IReadOnlyList<ModelEntry>> ListModelsAsync(CancellationToken cancellationToken) => models.ListAsync(null, cancellationToken).AsTask();

    /// <inheritdoc/>
    public Task<ModelEntry?> FindModelAsync(string name, int? version, CancellationToken cancellationToken) => models.FindAsync(name, version, cancellationToken).AsTask();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (var part in owned) part.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<Table?> FindTableAsync(string name, CancellationToken cancellationToken)
    {
        await versions.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var identifier = products.TableOf(name);
        return identifier is null ? null : await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false);
    }

    private ProductView ViewOf(Table table, bool withDetails)
    {
        var current = table.CurrentSnapshot;
        return new ProductView(
            products.NameOf(table.Identifier), table.Identifier.ToString(), table.LocationUri, table.MetadataUri,
            current?.TotalRows ?? 0, Total(current, "total-data-files"), Total(current, "total-files-size"), current?.CommittedAt,
            withDetails ? [.. Flatten(table.Schema.Fields, "")] : [],
            withDetails
                ? [.. table.Snapshots.Select(snapshot => new ProductSnapshotView(
                    snapshot.SnapshotId, snapshot.SequenceNumber, snapshot.CommittedAt, snapshot.AddedRows, snapshot.TotalRows))]
                : [],
            [.. table.PartitionBy.Select(field => field.Name)]);
    }

    private static long Total(Snapshot? snapshot, string property) =>
        snapshot is not null && snapshot.Summary.TryGetValue(property, out string? text) ? long.Parse(text, CultureInfo.InvariantCulture) : 0;

    /// <summary>Columns with their paths, those of structs after them.</summary>
    internal static IEnumerable<ProductColumnView> Flatten(IReadOnlyList<Field> fields, string prefix)
    {
        foreach (var field in fields)
        {
            yield return new ProductColumnView(prefix + field.Name, field.Type is StructType ? "struct" : IcebergTypes.ToText(field.Type), field.Nullable, field.Id);
            if (field.Type is not StructType nested) continue;
            foreach (var child in Flatten(nested.Fields, prefix + field.Name + ".")) yield return child;
        }
    }
}
