using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Storage;

namespace Mesh.Partition;

/// <summary>The files of one upload for one table.</summary>
internal sealed class TableWriter(IObjectStore lake, Table table, string attemptId, int number)
{
    private readonly Dictionary<IReadOnlyList<object?>, OpenFile> open = new(PartitionSplit.ValueListComparer.Instance);
    private readonly List<WrittenFile> written = [];
    private int nextFile;

    public Table Table { get; private set; } = table;

    public IReadOnlyCollection<OpenFile> Open => open.Values;

    public TableFiles Files => new(Table, written);

    /// <summary>Goes on under a newer schema. Files begun under the old one are completed: a file has one schema.</summary>
    public async ValueTask ChangeSchemaAsync(Table newer, CancellationToken cancellationToken)
    {
        if (newer.SchemaId == Table.SchemaId) return;
        await CompleteAllAsync(cancellationToken).ConfigureAwait(false);
        Table = newer;
    }

    /// <summary>Adds rows to the files of their partitions.</summary>
    public void Add(RecordBatch batch)
    {
        var aligned = ColumnAlignment.Align(batch, Table.Schema);
        foreach (var (values, rows) in PartitionSplit.Split(aligned, Table.PartitionBy))
        {
            if (!open.TryGetValue(values, out var file))
            {
                file = new OpenFile(lake, KeyOf(values), Table, values);
                open.Add(values, file);
            }

            file.Add(rows);
        }
    }

    public async ValueTask CompleteAsync(OpenFile file, CancellationToken cancellationToken)
    {
        written.Add(await file.CompleteAsync(cancellationToken).ConfigureAwait(false));
        open.Remove(open.First(pair => pair.Value == file).Key);
        await file.DisposeAsync().ConfigureAwait(false);
    }

    public async ValueTask CompleteAllAsync(CancellationToken cancellationToken)
    {
        foreach (var file in open.Values.ToArray()) await CompleteAsync(file, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeFilesAsync()
    {
        foreach (var file in open.Values) await file.DisposeAsync().ConfigureAwait(false);
        open.Clear();
    }

    private string KeyOf(IReadOnlyList<object?> values)
    {
        string folder = $"{lake.KeyOf(Table.LocationUri)}/data";
        for (int i = 0; i < values.Count; i++)
        {
            var field = Table.PartitionBy[i];
            string text = PartitionTransforms.ToPathText(field, values[i]);
            // Engines that read files by pattern (DuckDB, Spark) take COLUMN=VALUE in a path for the column's value, over the one in the
            // file. So a folder may look like that only where the text is the value.
            bool isExact = field.Transform != PartitionTransform.Identity || values[i] as string == text;
            folder += isExact ? $"/{field.Name}={text}" : $"/{text}";
        }

        return $"{folder}/{attemptId}-{number}-{nextFile++}.parquet";
    }
}
