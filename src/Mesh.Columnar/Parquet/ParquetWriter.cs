namespace Mesh.Columnar.Parquet;

/// <summary>Writes record batches as a Parquet file, row group by row group, in bounded memory.</summary>
public sealed class ParquetWriter : IAsyncDisposable
{
    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="schema">Columns; field ids go into the file.</param>
    /// <param name="options">Codec and sizes.</param>
    public ParquetWriter(Stream output, Schema schema, ParquetWriterOptions? options = null) => throw new NotSupportedException();

    /// <summary>Rows given so far.</summary>
    public long RowCount => throw new NotSupportedException();

    /// <summary>Bytes of the file so far plus an estimate of what is buffered; decides when to roll to a new file.</summary>
    public long EstimatedFileBytes => throw new NotSupportedException();

    /// <summary>Memory held by the open row group, in bytes.</summary>
    public long BufferedBytes => throw new NotSupportedException();

    /// <summary>Appends rows; the batch may be reused or dropped afterwards.</summary>
    public ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Closes the open row group, freeing its memory.</summary>
    public ValueTask FlushRowGroupAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Writes the footer. The stream holds a whole file afterwards.</summary>
    public ValueTask<ParquetFileSummary> CompleteAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
