using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Rows;
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
        var schema = columns is null ? table.Schema : new Schema([.. columns.Select(name => table.Schema.IndexOf(name) is >= 0 and var index
            ? table.Schema.Fields[index]
            : throw new MeshException("MESH11038", $"{product} has no column '{name}'. There are: {string.Join(", ", table.Schema.Fields.Select(field => field.Name))}."))]);
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

    private static ScanOptions AddedBy(Snapshot snapshot) => new() { AfterSnapshotId = snapshot.ParentSnapshotId, SnapshotId = snapshot.SnapshotId };

    private async Task<(Table Table, IEnumerable<Snapshot> Snapshots)> FindSnapshotsAsync(string product, long? afterSnapshotId, CancellationToken cancellationToken)
    {
        var table = await FindTableAsync(product, cancellationToken).ConfigureAwait(false)
            ?? throw new MeshException("MESH11031", $"There is no data product '{product}'.");
        var history = HistoryOf(table);
        if (afterSnapshotId is not { } after) return (table, history);
        int first = 1 + history.FindIndex(snapshot => snapshot.SnapshotId == after);
        if (first == 0) throw new MeshException("MESH11033", $"{product} has no snapshot {after}; it may have expired. Begin again with `--from earliest`.");
        return (table, history.Skip(first));
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
