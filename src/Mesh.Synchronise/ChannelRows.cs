using Mesh.Columnar;
using Mesh.Streaming.Ingest;

namespace Mesh.Synchronise;

/// <summary>The samples of one channel of one recording, in memory and in spilled runs.</summary>
internal sealed class ChannelRows : IDisposable
{
    private readonly List<RowBlock> blocks = [];
    private readonly List<SpilledRun> runs = [];
    private readonly List<StructType> schemas = [];
    private readonly List<long> firstSequences = [];
    private RowKey[]? sortedKeys;

    /// <summary>Bytes held in memory.</summary>
    public long Bytes { get; private set; }

    public long Rows { get; private set; }

    public void Add(ChannelBatch batch)
    {
        if (batch.Batch.Length == 0) return;
        var (type, columns) = ValueColumns.Of(batch.Batch);
        long[] sequences = batch.Batch["sequence"].Values<long>().ToArray();
        int schemaIndex = schemas.IndexOf(type);
        if (schemaIndex < 0)
        {
            schemaIndex = schemas.Count;
            schemas.Add(type);
            firstSequences.Add(long.MaxValue);
        }

        firstSequences[schemaIndex] = Math.Min(firstSequences[schemaIndex], sequences.Min());
        var block = new RowBlock
        {
            SchemaIndex = schemaIndex,
            Times = batch.SensorTimeNs,
            Sequences = sequences,
            LogTimes = batch.Batch["log_time"].Values<long>().ToArray(),
            Columns = columns,
        };
        blocks.Add(block);
        sortedKeys = null;
        Bytes += block.EstimatedBytes;
        Rows += block.Length;
    }

    /// <summary>Moves what is in memory into a run.</summary>
    public async ValueTask SpillAsync(string folder, CancellationToken cancellationToken)
    {
        runs.Add(await SpilledRun.WriteAsync(folder, SortKeys(), blocks, schemas, cancellationToken).ConfigureAwait(false));
        blocks.Clear();
        sortedKeys = null;
        Bytes = 0;
    }

    /// <summary>All samples in order of (time, sequence). May be called several times, not beside <see cref="Add"/>.</summary>
    public RowSource Read()
    {
        var memory = new MemoryRows(SortKeys(), blocks);
        return runs.Count == 0 ? memory : new MergedRows([memory, .. runs.Select(run => run.Read())]);
    }

    /// <summary>
    /// The fields of all schemas, those of the first recorded message first. A field that has another type in a later schema stays that of
    /// the earlier one.
    /// </summary>
    public StructType Fields()
    {
        List<Field> fields = [];
        foreach (int index in SchemaOrder())
        {
            fields.AddRange(schemas[index].Fields.Where(field => !fields.Exists(known => known.Name.Equals(field.Name, StringComparison.OrdinalIgnoreCase))));
        }

        return new StructType(fields);
    }

    /// <summary>By schema and field of <see cref="Fields"/> the column that holds it; -1 where a schema does not have it.</summary>
    public int[][] ColumnsOf(StructType fields) => [.. schemas.Select(schema => fields.Fields.Select(field => IndexOf(schema, field)).ToArray())];

    public void Dispose()
    {
        foreach (var run in runs) run.Dispose();
        runs.Clear();
        blocks.Clear();
    }

    private static int IndexOf(StructType schema, Field field)
    {
        for (int i = 0; i < schema.Fields.Count; i++)
        {
            if (schema.Fields[i].Name == field.Name) return schema.Fields[i].Type.Equals(field.Type) ? i : -1;
        }

        return -1;
    }

    // By what was recorded, not by what arrived first.
    private IEnumerable<int> SchemaOrder() => Enumerable.Range(0, schemas.Count).OrderBy(index => firstSequences[index]);

    private RowKey[] SortKeys()
    {
        if (sortedKeys is not null) return sortedKeys;
        var keys = new RowKey[blocks.Sum(block => block.Length)];
        int count = 0;
        bool sorted = true;
        for (int block = 0; block < blocks.Count; block++)
        {
            var times = blocks[block].Times.Span;
            var sequences = blocks[block].Sequences.Span;
            for (int row = 0; row < times.Length; row++, count++)
            {
                keys[count] = new RowKey(times[row], sequences[row], block, row);
                sorted = sorted && (count == 0 || keys[count - 1].CompareTo(keys[count]) < 0);
            }
        }

        if (!sorted) Array.Sort(keys);
        return sortedKeys = keys;
    }
}
