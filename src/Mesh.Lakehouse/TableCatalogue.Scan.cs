using System.Runtime.CompilerServices;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Iceberg.Manifests;
using Mesh.Lakehouse.Iceberg.Metadata;
using Mesh.Lakehouse.Reading;
using Mesh.Model;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>Data files of a table at a snapshot, optionally only those added after another, oldest commits first.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when a snapshot is unknown or not an ancestor of the one read.</exception>
    public async ValueTask<IReadOnlyList<DataFile>> ListFilesAsync(TableIdentifier identifier, ScanOptions options, CancellationToken cancellationToken)
    {
        var files = new List<DataFile>();
        await foreach (var file in PlanAsync(identifier, options with { IncludeMetrics = true }, cancellationToken).ConfigureAwait(false)) files.Add(file.File);
        return files;
    }

    /// <summary>Reads rows under the table's current schema, columns missing in older files as nulls.</summary>
    /// <exception cref="MeshException"><c>MESH8105</c> when a snapshot is unknown or not an ancestor of the one read; <c>MESH8109</c> when a column is unknown.</exception>
    public async IAsyncEnumerable<RecordBatch> ScanAsync(
        TableIdentifier identifier, ScanOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var schema = Project(identifier, state.Metadata.CurrentSchema, options.Columns);
        var reader = new TableFileReader(lake, state.Metadata, schema, options.Filter);
        Access?.Read(state.Metadata.TableUuid);
        await foreach (var file in PlanAsync(state, options, cancellationToken).ConfigureAwait(false))
        {
            Access?.FileOpened(state.Metadata.TableUuid);
            await foreach (var batch in reader.ReadAsync(file, cancellationToken).ConfigureAwait(false)) yield return batch;
        }
    }

    /// <summary>Reads the rows of a planned file under the table's current schema, without those that its deletes remove.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="file">The file, as planned.</param>
    /// <param name="columns">Top-level columns; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH8109</c> when a column is unknown; <c>MESH8113</c> when the file does not fit the table.</exception>
    public IAsyncEnumerable<RecordBatch> ReadFileAsync(
        TableIdentifier identifier, PlannedFile file, IReadOnlyList<string>? columns, CancellationToken cancellationToken) =>
        ReadFileAsync(identifier, file, columns, null, cancellationToken);

    /// <summary>Reads those rows of a planned file that match, as <see cref="ReadFileAsync(TableIdentifier, PlannedFile, IReadOnlyList{string}?, CancellationToken)"/> does.</summary>
    /// <param name="identifier">The table.</param>
    /// <param name="file">The file, as planned.</param>
    /// <param name="columns">Top-level columns; null for all.</param>
    /// <param name="filter">Only rows that match; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException"><c>MESH8109</c> when a column is unknown; <c>MESH8113</c> when the file does not fit the table.</exception>
    public async IAsyncEnumerable<RecordBatch> ReadFileAsync(
        TableIdentifier identifier, PlannedFile file, IReadOnlyList<string>? columns, Predicate? filter, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var state = await LoadStateAsync(identifier, cancellationToken).ConfigureAwait(false);
        var schema = Project(identifier, state.Metadata.CurrentSchema, columns);
        await foreach (var batch in new TableFileReader(lake, state.Metadata, schema, filter).ReadAsync(file, cancellationToken).ConfigureAwait(false)) yield return batch;
    }

    /// <summary>Number of manifests of the current snapshot of a table as it was loaded: what planning a scan has to look at.</summary>
    public async ValueTask<int> CountManifestsAsync(Table table, CancellationToken cancellationToken) =>
        table.CurrentSnapshot is { } current ? (await ReadManifestListAsync(current, cancellationToken).ConfigureAwait(false)).Count : 0;

    internal async ValueTask<IReadOnlyList<ManifestFile>> ReadManifestListAsync(Snapshot snapshot, CancellationToken cancellationToken) =>
        ManifestListFile.Read(await ReadObjectAsync(snapshot.ManifestListUri, cancellationToken).ConfigureAwait(false), snapshot.ManifestListUri);

    internal async ValueTask<IReadOnlyList<ManifestEntry>> ReadManifestAsync(
        TableMetadata metadata, ManifestFile manifest, CancellationToken cancellationToken, Func<int, bool>? metricsOf = null)
    {
        var layout = PartitionLayout.Of(metadata, manifest.PartitionSpecId);
        var bytes = await ReadObjectAsync(manifest.Path, cancellationToken).ConfigureAwait(false);
        return ManifestReader.Read(bytes, manifest, layout, metricsOf);
    }

    /// <summary>The last snapshot between two that put files in the place of others; null when there is none.</summary>
    private static Snapshot? FindReplacement(TableState state, Snapshot after, Snapshot last)
    {
        for (var snapshot = last; snapshot is not null && snapshot.SnapshotId != after.SnapshotId;
            snapshot = snapshot.ParentSnapshotId is { } parent ? state.Metadata.FindSnapshot(parent) : null)
        {
            if (snapshot.Summary.GetValueOrDefault("operation") == "replace" && snapshot.Summary.ContainsKey("deleted-data-files")) return snapshot;
        }

        return null;
    }

    /// <summary>The snapshots that brought new rows after one and up to another.</summary>
    private static HashSet<long> SnapshotsBetween(TableState state, Snapshot after, Snapshot last)
    {
        var between = new HashSet<long>();
        for (var snapshot = last; snapshot.SnapshotId != after.SnapshotId;)
        {
            // Rewriting files, as compaction and erasure do, brings no rows.
            if (snapshot.BringsRows) between.Add(snapshot.SnapshotId);
            snapshot = (snapshot.ParentSnapshotId is { } parent ? state.Metadata.FindSnapshot(parent) : null)
                ?? throw new MeshException("MESH8105",
                    $"Snapshot {after.SnapshotId} is not an ancestor of {last.SnapshotId} in table {state.Identifier}: the table was rolled back or the "
                    + "snapshots between have expired. Read from the beginning.");
        }

        return between;
    }

    private static Snapshot FindSnapshot(TableState state, long id) => state.Metadata.FindSnapshot(id)
        ?? throw new MeshException("MESH8105", $"Table {state.Identifier} has no snapshot {id}: it has expired or belongs to another table. Read from the beginning.");

    private static Schema Project(TableIdentifier identifier, Schema schema, IReadOnlyList<string>? columns) => columns is null
        ? schema
        : new Schema([.. columns.Select(name => schema.IndexOf(name) is >= 0 and var index
            ? schema.Fields[index]
            : throw new MeshException("MESH8109",
                $"Table {identifier} has no column '{name}'. There are: {string.Join(", ", schema.Fields.Select(field => field.Name))}."))]);
}
