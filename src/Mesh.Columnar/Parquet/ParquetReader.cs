using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads Parquet files as record batches, one row group at a time.</summary>
public sealed class ParquetReader : IAsyncDisposable
{
    /// <summary>Reads the footer. The reader owns <paramref name="source"/> from then on.</summary>
    /// <exception cref="MeshException"><c>MESH10900</c> and following: not a Parquet file, or a broken one, with the place.</exception>
    public static ValueTask<ParquetReader> OpenAsync(IByteSource source, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <summary>Columns with the field ids found in the file.</summary>
    public Schema Schema => throw new NotSupportedException();

    /// <summary>Rows in the file.</summary>
    public long RowCount => throw new NotSupportedException();

    /// <summary>Row groups in the file.</summary>
    public int RowGroupCount => throw new NotSupportedException();

    /// <summary>Key-value pairs of the footer.</summary>
    public IReadOnlyDictionary<string, string> Metadata => throw new NotSupportedException();

    /// <summary>Reads all rows in batches.</summary>
    /// <param name="columns">Top-level columns wanted, in this order; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    public IAsyncEnumerable<RecordBatch> ReadAsync(IReadOnlyList<string>? columns, CancellationToken cancellationToken) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
