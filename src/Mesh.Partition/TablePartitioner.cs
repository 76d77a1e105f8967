using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;

namespace Mesh.Partition;

/// <summary>
/// Writes the batches of one attempt at one upload as Parquet files, by table and partition, in bounded memory. Tables are created or
/// evolved before the first file refers to a column. Files of an attempt that is not completed are never referred to: the sweep
/// removes those already visible. One writer at a time.
/// </summary>
/// <param name="upload">The attempt.</param>
/// <param name="options">Layout and limits.</param>
/// <param name="policy">What changed columns may do to their table.</param>
/// <param name="catalogue">Tables.</param>
/// <param name="lake">Where the files go: <c>NAMESPACE/NAME/data/PARTITION/ATTEMPT-TABLE-N.parquet</c>.</param>
public sealed class TablePartitioner(
    UploadContext upload, PartitionOptions options, SchemaChangePolicy policy, TableCatalogue catalogue, IObjectStore lake) : IAsyncDisposable
{
    private readonly Dictionary<TableIdentifier, TableWriter> writers = [];
    private readonly Dictionary<(TableIdentifier Named, Schema Columns), TableWriter> routes = [];
    private long flushes;

    /// <summary>The same for a message schema of a channel (default: the same for all).</summary>
    public Func<string, string, SchemaChangePolicy> PolicyOf { get; init; } = (_, _) => policy;

    /// <summary>Bytes of rows in memory.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Appends the messages of a channel to the table of their schema.</summary>
    /// <returns>The table they went to.</returns>
    /// <exception cref="MeshException">Of catalogue and storage; transient ones mean that the attempt is to be repeated as a whole.</exception>
    public ValueTask<TableIdentifier> WriteAsync(ChannelBatch batch, CancellationToken cancellationToken) =>
        WriteAsync(upload.Tables.OfMessages(batch.SchemaName, batch.Channel), batch.Batch, PolicyOf(batch.SchemaName, batch.Channel), cancellationToken);

    /// <summary>Appends rows to a table, or to its neighbour for incompatible columns.</summary>
    /// <returns>The table they went to.</returns>
    public ValueTask<TableIdentifier> WriteAsync(TableIdentifier table, RecordBatch batch, CancellationToken cancellationToken) =>
        WriteAsync(table, batch, policy, cancellationToken);

    private async ValueTask<TableIdentifier> WriteAsync(TableIdentifier table, RecordBatch batch, SchemaChangePolicy change, CancellationToken cancellationToken)
    {
        var writer = await WriterOfAsync(table, batch.Schema, change, cancellationToken).ConfigureAwait(false);
        writer.Add(batch);
        await KeepWithinLimitsAsync(cancellationToken).ConfigureAwait(false);
        return writer.Table.Identifier;
    }

    /// <summary>The table that rows of a channel's columns go to, created or evolved for them; writes nothing.</summary>
    /// <exception cref="MeshException">Of catalogue and storage; transient ones mean that the attempt is to be repeated as a whole.</exception>
    public async ValueTask<TableIdentifier> RouteAsync(ChannelBatch batch, CancellationToken cancellationToken) =>
        (await WriterOfAsync(upload.Tables.OfMessages(batch.SchemaName, batch.Channel), batch.Batch.Schema, PolicyOf(batch.SchemaName, batch.Channel), cancellationToken).ConfigureAwait(false)).Table.Identifier;

    /// <summary>Completes every file. The result is the attempt's complete file set per table, in order of first use.</summary>
    public async ValueTask<IReadOnlyList<TableFiles>> CompleteAsync(CancellationToken cancellationToken)
    {
        foreach (var writer in writers.Values) await writer.CompleteAllAsync(cancellationToken).ConfigureAwait(false);
        BufferedBytes = 0;
        return [.. writers.Values.Select(writer => writer.Files)];
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var writer in writers.Values) await writer.DisposeFilesAsync().ConfigureAwait(false);
        BufferedBytes = 0;
    }

    private async ValueTask<TableWriter> WriterOfAsync(TableIdentifier table, Schema columns, SchemaChangePolicy change, CancellationToken cancellationToken)
    {
        if (routes.TryGetValue((table, columns), out var writer)) return writer;
        writer = await OpenAsync(table, columns, change, cancellationToken).ConfigureAwait(false);
        routes.Add((table, columns), writer);
        return writer;
    }

    private async ValueTask<TableWriter> OpenAsync(TableIdentifier named, Schema columns, SchemaChangePolicy change, CancellationToken cancellationToken)
    {
        // Columns that have nothing in common with the table's are another shape under the same name (bytes of an unknown encoding beside
        // decoded fields, say): in one table, every row would be empty where the other kind has its values.
        if (await catalogue.FindAsync(named, cancellationToken).ConfigureAwait(false) is { } known && !SharesColumns(known.Schema, columns))
        {
            named = TableNames.OfIncompatible(named, columns);
        }

        Table table;
        try
        {
            table = await EnsureAsync(named, columns, change, cancellationToken).ConfigureAwait(false);
        }
        catch (MeshException exception) when (exception.Code == "MESH8103")
        {
            // A schema of the same name that does not fit: its messages get a table of their own, and readers of the first notice nothing.
            table = await EnsureAsync(TableNames.OfIncompatible(named, columns), columns, change, cancellationToken).ConfigureAwait(false);
        }

        if (writers.TryGetValue(table.Identifier, out var writer))
        {
            await writer.ChangeSchemaAsync(table, cancellationToken).ConfigureAwait(false);
            return writer;
        }

        writer = new TableWriter(lake, table, upload.AttemptId, writers.Count);
        writers.Add(table.Identifier, writer);
        return writer;
    }

    private static bool SharesColumns(Schema table, Schema columns)
    {
        bool anyOwn = false;
        foreach (var field in columns.Fields)
        {
            if (IsSystemColumn(field)) continue;
            if (table.IndexOf(field.Name) >= 0) return true;
            anyOwn = true;
        }

        // Messages without fields fit everywhere.
        return !anyOwn || table.Fields.All(IsSystemColumn);
    }

    private static bool IsSystemColumn(Field field) => SystemColumns.Fields.Any(system => system.Name == field.Name);

    private ValueTask<Table> EnsureAsync(TableIdentifier identifier, Schema columns, SchemaChangePolicy change, CancellationToken cancellationToken)
    {
        var definition = new TableDefinition(
            columns,
            [.. options.PartitionBy.Where(field => columns.IndexOf(field.SourceColumn) >= 0)],
            [.. options.SortBy.Where(name => columns.IndexOf(name) >= 0)],
            new Dictionary<string, string>());
        return catalogue.EnsureAsync(identifier, definition, change, cancellationToken);
    }

    private async ValueTask KeepWithinLimitsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            TableWriter? owner = null;
            OpenFile? largest = null;
            long total = 0;
            foreach (var writer in writers.Values)
            {
                foreach (var file in writer.Open)
                {
                    total += file.BufferedBytes;
                    if (largest is null || file.BufferedBytes > largest.BufferedBytes) (owner, largest) = (writer, file);
                }
            }

            BufferedBytes = total;
            if (largest is null || largest.BufferedBytes == 0) return;
            if (largest.BufferedBytes < options.RowGroupBytes && total <= options.MaxBufferedBytes) return;

            await largest.FlushAsync(cancellationToken).ConfigureAwait(false);
            largest.LastFlush = ++flushes;
            if (largest.FileBytes >= options.TargetFileBytes) await owner!.CompleteAsync(largest, cancellationToken).ConfigureAwait(false);
            await CloseOldestAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask CloseOldestAsync(CancellationToken cancellationToken)
    {
        var begun = writers.Values.SelectMany(writer => writer.Open.Where(file => file.IsBegun).Select(file => (writer, file))).ToArray();
        if (begun.Length <= options.MaxOpenFiles) return;
        var (owner, oldest) = begun.MinBy(pair => pair.file.LastFlush);
        await owner.CompleteAsync(oldest, cancellationToken).ConfigureAwait(false);
    }
}
