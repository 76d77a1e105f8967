using Mesh.Lakehouse.Metadata;

namespace Mesh.Lakehouse;

public sealed partial class TableCatalogue
{
    /// <summary>
    /// All tables with their figures, by name: one query, and no metadata file. Only a table whose pointer an earlier release moved last has
    /// its file read, once: the figures are kept then.
    /// </summary>
    public async ValueTask<IReadOnlyList<TableSummary>> ListSummariesAsync(CancellationToken cancellationToken)
    {
        var rows = await database.ReadAsync(
            session => session.QueryAsync<SummaryRow>($"SELECT namespace, name, metadata_uri, {TableFigures.Columns} FROM tables ORDER BY namespace, name"), cancellationToken).ConfigureAwait(false);
        var summaries = new List<TableSummary>(rows.Count);
        foreach (var row in rows)
        {
            if (row.figures_uri == row.metadata_uri) summaries.Add(row.ToSummary());
            else if (await FindStateAsync(row.Identifier, cancellationToken).ConfigureAwait(false) is { } state) summaries.Add(await SummariseAsync(state, cancellationToken).ConfigureAwait(false));
        }

        return summaries;
    }

    private async ValueTask<TableSummary> SummariseAsync(TableState state, CancellationToken cancellationToken)
    {
        var figures = TableFigures.Of(state);
        if (!database.IsReadOnly)
        {
            await database.WriteAsync(
                transaction => transaction.ExecuteAsync(
                    $"UPDATE tables SET {TableFigures.Assignments} WHERE metadata_uri = @MetadataUri", figures.With()),
                cancellationToken).ConfigureAwait(false);
        }

        return new TableSummary(
            state.Identifier, figures.Location, state.MetadataUri, figures.SnapshotId, state.Metadata.CurrentSnapshot?.CommittedAt, figures.Rows, figures.Files, figures.Bytes, figures.Snapshots);
    }

    /// <summary>A row of <c>tables</c>; the names are the columns'.</summary>
    private sealed class SummaryRow
    {
        public string @namespace { get; init; } = "";
        public string name { get; init; } = "";
        public string metadata_uri { get; init; } = "";
        public string figures_uri { get; init; } = "";
        public string location { get; init; } = "";
        public long? snapshot_id { get; init; }
        public long? snapshot_at_ms { get; init; }
        public long row_count { get; init; }
        public long data_files { get; init; }
        public long data_bytes { get; init; }
        public long snapshots { get; init; }

        public TableIdentifier Identifier => new(@namespace, name);

        public TableSummary ToSummary() => new(
            Identifier, location, metadata_uri, snapshot_id, snapshot_at_ms is { } at ? DateTimeOffset.FromUnixTimeMilliseconds(at) : null, row_count, data_files, data_bytes, snapshots);
    }
}
