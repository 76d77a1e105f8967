using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Mesh.Columnar;
using Mesh.Commands.Queries.Tables;
using Mesh.Commands.Rows;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Commands.Queries;

/// <summary>Tables, their files and their first rows.</summary>
public sealed partial class LocalQueries
{
    private const int MaxProfiledFiles = 10_000;

    /// <inheritdoc/>
    public async Task<HeadView?> HeadAsync(string product, HeadQuery query, CancellationToken cancellationToken)
    {
        if (await FindTableAsync(product, cancellationToken).ConfigureAwait(false) is not { } table) return null;
        var scan = ScanOf(table, query.At, query.Where) with { Columns = query.Columns };
        var rows = new List<JsonElement>();
        var columns = query.Columns ?? [.. table.Schema.Fields.Select(field => field.Name)];
        var json = new ArrayBufferWriter<byte>();
        await foreach (var batch in tables.ScanAsync(table.Identifier, scan, cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < batch.Length && rows.Count < query.Limit; row++)
            {
                json.ResetWrittenCount();
                using (var writer = new Utf8JsonWriter(json, RowOptions)) RowJson.Write(writer, batch, row);
                rows.Add(JsonSerializer.Deserialize<JsonElement>(json.WrittenSpan));
            }

            if (rows.Count >= query.Limit) break;
        }

        return new HeadView(products.NameOf(table.Identifier), scan.SnapshotId, columns, rows, ViewOf(scan.Statistics!));
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<TableView>> ListTablesAsync(CancellationToken cancellationToken)
    {
        await versions.RefreshAsync(cancellationToken).ConfigureAwait(false);
        var views = new List<TableView>();
        foreach (var identifier in await tables.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (await tables.FindAsync(identifier, cancellationToken).ConfigureAwait(false) is { } table) views.Add(await SummaryOfAsync(table, cancellationToken).ConfigureAwait(false));
        }

        return views;
    }

    /// <inheritdoc/>
    async Task<TableDetailsView?> IMeshQueries.FindTableAsync(string name, CancellationToken cancellationToken)
    {
        if (await FindTableAsync(name, cancellationToken).ConfigureAwait(false) is not { } table) return null;
        var summary = await SummaryOfAsync(table, cancellationToken).ConfigureAwait(false);
        return new TableDetailsView(
            summary, table.Uuid, table.LocationUri, table.MetadataUri, [.. Flatten(table.Schema.Fields, "")], [.. table.PartitionBy.Select(IcebergTypes.ToText)], table.SortBy,
            [.. table.References.OrderBy(named => named.Key, StringComparer.Ordinal)
                .Select(named => new TableReferenceView(named.Key, named.Value.Type == SnapshotRefType.Branch ? "branch" : "tag", named.Value.SnapshotId))],
            [.. table.Snapshots.Select(snapshot => ViewOf(table, snapshot))], table.Properties);
    }

    /// <inheritdoc/>
    public async Task<FilesView?> ListFilesAsync(string table, FileQuery query, CancellationToken cancellationToken)
    {
        if (await FindTableAsync(table, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        var scan = ScanOf(found, query.At, query.Where) with { IsRead = false };
        var files = new List<DataFileView>();
        bool isComplete = true;
        await foreach (var planned in tables.PlanAsync(found.Identifier, scan, cancellationToken).ConfigureAwait(false))
        {
            if (files.Count == query.Limit)
            {
                isComplete = false;
                break;
            }

            files.Add(ViewOf(found, planned));
        }

        return new FilesView(files, isComplete, ViewOf(scan.Statistics!));
    }

    /// <inheritdoc/>
    public async Task<TableProfileView?> ProfileAsync(string table, string? at, CancellationToken cancellationToken)
    {
        if (await FindTableAsync(table, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        var profile = await tables.ProfileAsync(found, SnapshotOf(found, at), MaxProfiledFiles, cancellationToken).ConfigureAwait(false);
        return TableProfileView.Of(found.Identifier.ToString(), profile);
    }

    /// <summary>A scan of one snapshot, so that what is said about it and what is read are the same.</summary>
    private static ScanOptions ScanOf(Table table, string? at, string? where) => new()
    {
        SnapshotId = SnapshotOf(table, at),
        Filter = where is null ? null : PredicateParser.Parse(where),
        Statistics = new ScanStatistics(),
    };

    /// <summary>The snapshot of a text: its id, a branch or a tag; the current one when null.</summary>
    internal static long? SnapshotOf(Table table, string? at)
    {
        if (at is null) return table.CurrentSnapshot?.SnapshotId;
        if (table.References.TryGetValue(at, out var named)) return named.SnapshotId;
        if (long.TryParse(at, CultureInfo.InvariantCulture, out long id) && table.Snapshots.Any(snapshot => snapshot.SnapshotId == id)) return id;
        throw new MeshException("MESH11036", $"{table.Identifier} has no snapshot, branch or tag '{at}'. `mesh catalogue snapshots {table.Identifier}` shows what there is.");
    }

    private async Task<TableView> SummaryOfAsync(Table table, CancellationToken cancellationToken)
    {
        var current = table.CurrentSnapshot;
        int manifests = current is null ? 0 : await tables.CountManifestsAsync(table, cancellationToken).ConfigureAwait(false);
        return new TableView(
            table.Identifier.ToString(), products.NameOf(table.Identifier), current?.TotalRows ?? 0, Total(current, "total-data-files"), Total(current, "total-delete-files"),
            current is null ? 0 : current.Summary.ContainsKey("total-files-size") ? Total(current, "total-files-size") : null,
            manifests, table.Snapshots.Count, table.FormatVersion, current?.CommittedAt);
    }

    private static TableSnapshotView ViewOf(Table table, Snapshot snapshot) => new(
        snapshot.SnapshotId, snapshot.ParentSnapshotId, snapshot.SequenceNumber, snapshot.CommittedAt, snapshot.Summary.GetValueOrDefault("operation", ""), snapshot.TotalRows,
        [.. table.References.Where(named => named.Value.SnapshotId == snapshot.SnapshotId).Select(named => named.Key).Order(StringComparer.Ordinal)], snapshot.Summary);

    private static DataFileView ViewOf(Table table, PlannedFile planned)
    {
        var partition = new Dictionary<string, string?>();
        for (int i = 0; i < planned.File.Partition.Count; i++)
        {
            // A file of an earlier spec has other fields than the table's current one; their values are shown by position.
            bool isCurrent = planned.File.Partition.Count == table.PartitionBy.Count && planned.PartitionSpecId == table.PartitionSpecId;
            string name = isCurrent ? table.PartitionBy[i].Name : $"field {i + 1}";
            object? value = planned.File.Partition[i];
            partition[name] = value is null ? null : isCurrent ? PartitionTransforms.ToPathText(table.PartitionBy[i], value) : Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        return new DataFileView(
            planned.File.Uri, partition, planned.File.RowCount, planned.File.FileBytes, planned.SequenceNumber, [.. planned.Deletes.Select(delete => delete.Uri)]);
    }

    private static ScanView ViewOf(ScanStatistics statistics) => new(statistics.ManifestsRead, statistics.ManifestsSkipped, statistics.FilesKept, statistics.FilesSkipped);
}
