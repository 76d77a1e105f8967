using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Rows;
using Mesh.Model;
using Mesh.Storage;

namespace Mesh.Partition;

/// <summary>
/// One file of one partition under way. Rows gather in memory until they make a row group; the object is begun with the first of them,
/// so that a hundred small tables cost a hundred buffers but no open files.
/// </summary>
internal sealed class OpenFile(IObjectStore lake, string key, Schema schema, IReadOnlyList<string> sortBy, IReadOnlyList<object?> partition) : IAsyncDisposable
{
    private const int SortedBatchRows = 4096;

    private readonly List<RecordBatch> rows = [];
    private ObjectWriter? output;
    private ParquetWriter? writer;
    private long minLogTimeUs = long.MaxValue;
    private long maxLogTimeUs = long.MinValue;

    /// <summary>Bytes of rows not yet written.</summary>
    public long BufferedBytes { get; private set; }

    /// <summary>Whether the object has been begun.</summary>
    public bool IsBegun => writer is not null;

    /// <summary>Bytes of the file so far, without the rows still in memory.</summary>
    public long FileBytes => writer?.EstimatedFileBytes ?? 0;

    /// <summary>When it was last written to, in flushes of the upload.</summary>
    public long LastFlush { get; set; }

    public void Add(RecordBatch batch)
    {
        rows.Add(batch);
        BufferedBytes += batch.EstimatedBytes;
        if (schema.IndexOf("log_time") is not (>= 0 and var index)) return;
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
        output ??= await lake.CreateAsync(key, PutMode.UniqueName, cancellationToken).ConfigureAwait(false);

        // Row groups are cut here, where they are sorted; the writer's own limit must not cut them again.
        writer ??= new ParquetWriter(output.Stream, schema, new ParquetWriterOptions { RowGroupBytes = long.MaxValue });
        var order = new RowOrder(rows, sortBy);
        if (order.IsSorted())
        {
            foreach (var batch in rows) await writer.WriteAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            var sorted = order.Sort();
            for (int start = 0; start < sorted.Length; start += SortedBatchRows)
            {
                var part = RowGather.Take(rows, sorted.AsSpan(start, Math.Min(SortedBatchRows, sorted.Length - start)));
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
        var summary = await writer!.CompleteAsync(cancellationToken).ConfigureAwait(false);
        await output!.CompleteAsync(cancellationToken).ConfigureAwait(false);
        CrashPoint.Reach("partition.after-object-put");
        bool hasLogTime = minLogTimeUs <= maxLogTimeUs;
        return new WrittenFile(
            new DataFile
            {
                Uri = lake.UriOf(key),
                RowCount = summary.RowCount,
                FileBytes = summary.FileBytes,
                Partition = partition,
                Columns = summary.Columns,
                SplitOffsets = summary.SplitOffsets,
            },
            hasLogTime ? minLogTimeUs : 0,
            hasLogTime ? maxLogTimeUs : 0);
    }

    public async ValueTask DisposeAsync()
    {
        if (writer is not null) await writer.DisposeAsync().ConfigureAwait(false);
        if (output is not null) await output.DisposeAsync().ConfigureAwait(false);
        rows.Clear();
        BufferedBytes = 0;
    }
}
