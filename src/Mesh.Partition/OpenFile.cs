using Mesh.Columnar;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Rows;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Partition;

/// <summary>
/// One file of one partition under way. Rows gather in memory until they make a row group; the object is begun with the first of them,
/// so that a hundred small tables cost a hundred buffers but no open files.
/// </summary>
internal sealed class OpenFile(IObjectStore lake, string key, Table table, IReadOnlyList<object?> partition) : IAsyncDisposable
{
    private const int SortedBatchRows = 4096;
    private const long SortedBatchBytes = 8 << 20;

    private readonly List<RecordBatch> rows = [];
    private LakeFileWriter? writer;
    private long minLogTimeUs = long.MaxValue;
    private long maxLogTimeUs = long.MinValue;

    /// <summary>Bytes of rows not yet written.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Whether the object has been begun.</summary>
    public bool IsBegun => writer is not null;

    /// <summary>Bytes of the file so far, without the rows still in memory.</summary>
    public long FileBytes => writer?.EstimatedBytes ?? 0;

    /// <summary>When it was last written to, in flushes of the upload.</summary>
    public long LastFlush { get; set; }

    public void Add(RecordBatch batch)
    {
        rows.Add(batch);
        BufferedBytes += batch.EstimatedBytes;
        if (table.Schema.IndexOf("log_time") is not (>= 0 and var index)) return;
        foreach (long time in batch.Columns[index].Values<long>())
        {
            minLogTimeUs = Math.Min(minLogTimeUs, time);
            maxLogTimeUs = Math.Max(maxLogTimeUs, time);
        }
    }

    /// <summary>Sorts what has gathered and writes it as one row group.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (rows.Count == 0) return;

        // Row groups are cut here, where they are sorted; the writer's own limit must not cut them again.
        writer ??= await LakeFileWriter.CreateAsync(
            lake, key, table.Schema, table.SchemaId, LakeFileWriter.OptionsFor(table.Schema, table.Properties) with { RowGroupBytes = long.MaxValue, SortedBy = StatedOrder() },
            cancellationToken).ConfigureAwait(false);
        var order = new RowOrder(rows, table.SortBy);
        if (order.IsSorted())
        {
            foreach (var batch in rows) await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var sorted = order.Sort();
            int step = (int)Math.Clamp(SortedBatchBytes * sorted.Length / Math.Max(1, BufferedBytes), 1, SortedBatchRows);
            for (int start = 0; start < sorted.Length; start += step)
            {
                var part = RowGather.Take(rows, sorted.AsSpan(start, Math.Min(step, sorted.Length - start)));
                await writer.WriteAsync(part, cancellationToken).ConfigureAwait(false);
            }
        }

        await writer.FlushRowGroupAsync(cancellationToken).ConfigureAwait(false);
        rows.Clear();
        BufferedBytes = 0;
        CrashPoint.Reach("partition.mid-write");
    }

    /// <summary>Makes the file durable and visible.</summary>
    public async ValueTask<WrittenFile> CompleteAsync(CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        var file = await writer!.CompleteAsync(partition, cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("partition.after-object-put");
        bool hasLogTime = minLogTimeUs <= maxLogTimeUs;
        return new WrittenFile(file, hasLogTime ? minLogTimeUs : 0, hasLogTime ? maxLogTimeUs : 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (writer is not null) await writer.DisposeAsync().ConfigureAwait(false);
        rows.Clear();
        BufferedBytes = 0;
    }

    /// <summary>The order that the footer may promise: Parquet has no place for "nulls last, but NaN after them", so only columns without nulls count.</summary>
    private IReadOnlyList<string> StatedOrder() =>
        [.. table.SortBy.TakeWhile(name => table.Schema.Fields[table.Schema.IndexOf(name)] is { Nullable: false, Type.Kind: not (TypeKind.Float32 or TypeKind.Float64) })];
}
