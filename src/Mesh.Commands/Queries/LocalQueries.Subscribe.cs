using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Queries.Tables;
using Mesh.Commands.Rows;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Commands.Queries;

public sealed partial class LocalQueries
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ProductRow> ReadRowsAsync(string product, long? afterSnapshotId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (table, snapshots) = await FindSnapshotsAsync(product, afterSnapshotId, cancellationToken).ConfigureAwait(false);
        var json = new ArrayBufferWriter<byte>();
        foreach (var snapshot in snapshots)
        {
            await foreach (var batch in tables.ScanAsync(table.Identifier, AddedBy(snapshot), cancellationToken).ConfigureAwait(false))
            {
                for (int row = 0; row < batch.Length; row++)
                {
                    json.ResetWrittenCount();
                    using (var writer = new Utf8JsonWriter(json, RowOptions)) RowJson.Write(writer, batch, row);
                    yield return new ProductRow(snapshot.SnapshotId, json.WrittenMemory);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ProductBatches> ReadBatchesAsync(string product, long? afterSnapshotId, IReadOnlyList<string>? columns, CancellationToken cancellationToken)
    {
        var (table, snapshots) = await FindSnapshotsAsync(product, afterSnapshotId, cancellationToken).ConfigureAwait(false);
        var schema = Project(product, table.Schema, columns);
        return new ProductBatches(schema, ReadAsync(cancellationToken));

        async IAsyncEnumerable<ProductBatch> ReadAsync([EnumeratorCancellation] CancellationToken token)
        {
            foreach (var snapshot in snapshots)
            {
                await foreach (var batch in tables.ScanAsync(table.Identifier, AddedBy(snapshot) with { Columns = columns }, token).ConfigureAwait(false))
                {
                    // A scan has one schema, so this is met before the snapshot's first batch.
                    if (!batch.Schema.Equals(schema)) yield break;
                    yield return ProductBatch.Of(snapshot.SnapshotId, batch);
                }
            }
        }
    }

    /// <inheritdoc/>
    public async Task<ProductBatches> ScanAsync(string product, ScanQuery query, CancellationToken cancellationToken)
    {
        var table = await FindTableAsync(product, cancellationToken).ConfigureAwait(false) ?? throw new MeshException("MESH11031", $"There is no data product '{product}'.");
        var schema = Project(product, table.Schema, query.Columns);
        var scan = ScanOf(table, query.At, query.Where) with { Columns = query.Columns };
        return new ProductBatches(schema, ReadAsync(cancellationToken));

        async IAsyncEnumerable<ProductBatch> ReadAsync([EnumeratorCancellation] CancellationToken token)
        {
            if (scan.SnapshotId is not { } snapshot) yield break;
            await foreach (var batch in tables.ScanAsync(table.Identifier, scan, token).ConfigureAwait(false)) yield return ProductBatch.Of(snapshot, batch);
        }
    }

    private static Schema Project(string product, Schema schema, IReadOnlyList<string>? columns) => columns is null ? schema : new Schema([.. columns.Select(name => schema.IndexOf(name) is >= 0 and var index
        ? schema.Fields[index]
        : throw new MeshException("MESH11038", $"{product} has no column '{name}'. There are: {string.Join(", ", schema.Fields.Select(field => field.Name))}."))]);

    private static ScanOptions AddedBy(Snapshot snapshot) => new() { AfterSnapshotId = snapshot.ParentSnapshotId, SnapshotId = snapshot.SnapshotId };

    private async Task<(Table Table, IEnumerable<Snapshot> Snapshots)> FindSnapshotsAsync(string product, long? afterSnapshotId, CancellationToken cancellationToken)
    {
        var table = await FindTableAsync(product, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11031", $"There is no data product '{product}'.");
        var history = HistoryOf(table);
        if (afterSnapshotId is not { } after) return (table, history);
        int first = 1 + history.FindIndex(snapshot => snapshot.SnapshotId == after);
        if (first == 0 && await FindVersionOfAsync(product, after, cancellationToken).ConfigureAwait(false) is { } other)
        {
            throw new MeshException("MESH2370", $"{product} is another table now, {table.Identifier}: its name was switched to another version, and snapshot {after} is of {other}. Read the new table from its beginning with `--from earliest`, or stay with the old one: `mesh subscribe {other}`.");
        }

        if (first == 0) throw new MeshException("MESH11033", $"{product} has no snapshot {after}; it may have expired. Begin again with `--from earliest`.");
        return (table, history.Skip(first));
    }

    /// <summary>The version of a product, <c>PRODUCT@N</c>, that has a snapshot; null when none has.</summary>
    private async Task<string?> FindVersionOfAsync(string product, long snapshotId, CancellationToken cancellationToken)
    {
        foreach (var version in (await versions.FindAsync(product, cancellationToken).ConfigureAwait(false))?.Versions ?? [])
        {
            var table = await tables.FindAsync(TableIdentifier.Parse(version.Table), cancellationToken).ConfigureAwait(false);
            if (table?.Snapshots.Any(snapshot => snapshot.SnapshotId == snapshotId) == true) return $"{product}@{version.Version}";
        }

        return null;
    }

    /// <summary>
    /// The snapshots that led to the current one, oldest first, as far back as none is missing. The oldest has no parent: it stands for all that
    /// have expired before it, and what it holds counts as added by it.
    /// </summary>
    private static List<Snapshot> HistoryOf(Table table)
    {
        var byId = table.Snapshots.ToDictionary(snapshot => snapshot.SnapshotId);
        var history = new List<Snapshot>();
        for (var snapshot = table.CurrentSnapshot; snapshot is not null; snapshot = snapshot.ParentSnapshotId is { } parent ? byId.GetValueOrDefault(parent) : null) history.Add(snapshot);
        history.Reverse();
        if (history.Count > 0) history[0] = history[0] with { ParentSnapshotId = null };
        return history;
    }
}
