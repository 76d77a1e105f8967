using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>Reads the wanted columns of one row group in batches.</summary>
internal sealed class RowGroupReader : IDisposable
{
    private const int MaxBatchRows = 64 << 10;
    private const long TargetBatchBytes = 8 << 20;

    private readonly Schema schema;
    private readonly IReadOnlyList<ParquetNode> columns;
    private readonly string fileName;
    private readonly LeafReader?[] leaves;
    private readonly int batchRows;
    private long rowsLeft;

    /// <exception cref="MeshException"><c>MESH10902</c>, <c>MESH10903</c>: a column chunk cannot be where or what the footer says.</exception>
    public RowGroupReader(IByteSource source, long dataEnd, RowGroupMetadata group, Schema schema, IReadOnlyList<ParquetNode> columns)
    {
        this.schema = schema;
        this.columns = columns;
        fileName = source.Name;
        leaves = new LeafReader?[group.Columns.Count];
        rowsLeft = group.RowCount;
        double bytes = 0;
        foreach (var node in columns.SelectMany(SchemaWriter.Leaves))
        {
            var chunk = group.Columns[node.LeafIndex];
            bytes += chunk.UncompressedBytes;
            leaves[node.LeafIndex] = Open(source, dataEnd, node, chunk);
        }

        // The sizes are claims; a batch that is larger than they say is bounded by the leaf readers' own limits.
        double rowBytes = bytes / Math.Max(1, rowsLeft);
        batchRows = (int)Math.Clamp(TargetBatchBytes / Math.Max(1, rowBytes), 1, MaxBatchRows);
    }

    /// <summary>The next rows; null at the end of the row group.</summary>
    /// <exception cref="MeshException"><c>MESH10902</c>, <c>MESH10903</c>, with column and offset.</exception>
    public async ValueTask<RecordBatch?> ReadBatchAsync(CancellationToken cancellationToken)
    {
        if (rowsLeft == 0) return null;
        int wanted = (int)Math.Min(batchRows, rowsLeft);
        LeafReader? current = null;
        try
        {
            foreach (var leaf in leaves)
            {
                if (leaf is null) continue;
                current = leaf;
                int found = await leaf.ReadRowsAsync(wanted, cancellationToken).ConfigureAwait(false);
                if (found != wanted) throw new ParquetDataException($"it holds fewer rows than the {wanted:N0} expected");
            }

            var vectors = new ColumnVector[columns.Count];
            for (int i = 0; i < vectors.Length; i++)
            {
                current = leaves[columns[i].LeafIndex];
                vectors[i] = BatchAssembler.Build(columns[i], leaves);
                if (vectors[i].Length != wanted) throw new ParquetDataException("its levels give another number of rows than its pages");
            }

            rowsLeft -= wanted;
            return new RecordBatch(schema, wanted, vectors);
        }
        catch (ParquetDataException exception)
        {
            throw ParquetReader.Wrap(exception, fileName, $"column '{current?.Node.Name}', page at byte {current?.PageOffset:N0}");
        }
    }

    public void Dispose()
    {
        foreach (var leaf in leaves) leaf?.Dispose();
    }

    private static LeafReader Open(IByteSource source, long dataEnd, ParquetNode node, ColumnChunkMetadata chunk)
    {
        string place = $"column '{node.Name}'";
        bool hasDictionary = chunk.DictionaryPageOffset > 0 && chunk.DictionaryPageOffset < chunk.DataPageOffset;
        long start = hasDictionary ? chunk.DictionaryPageOffset : chunk.DataPageOffset;
        if (chunk.Type != node.PhysicalType)
        {
            throw ParquetReader.Wrap(new ParquetDataException($"it is stored as {chunk.Type} where the schema has {node.PhysicalType}"), source.Name, place);
        }

        if (start < ParquetFormat.Magic.Length || start > dataEnd || chunk.CompressedBytes > dataEnd - start)
        {
            throw ParquetReader.Wrap(new ParquetDataException($"its {chunk.CompressedBytes:N0} bytes at byte {start:N0} lie outside of the file"), source.Name, place);
        }

        if (!PageDecompressor.IsSupported(chunk.Codec))
        {
            string codec = chunk.Codec switch { 1 => "Snappy", 3 => "LZO", 4 => "Brotli", 5 => "Hadoop LZ4", _ => $"number {chunk.Codec}" };
            throw ParquetReader.Wrap(new ParquetDataException($"it is compressed with {codec}", isUnsupported: true), source.Name, place);
        }

        var pages = new ChunkSource(source, (Codec)chunk.Codec, start, chunk.CompressedBytes);
        return node.Field.Type.Kind switch
        {
            TypeKind.Boolean => new BooleanLeafReader(node, pages, chunk.ValueCount),
            TypeKind.Int32 or TypeKind.Date32 => new FixedWidthLeafReader<int>(node, pages, chunk.ValueCount),
            TypeKind.Int64 or TypeKind.TimestampMicros => new FixedWidthLeafReader<long>(node, pages, chunk.ValueCount),
            TypeKind.Float32 => new FixedWidthLeafReader<float>(node, pages, chunk.ValueCount),
            TypeKind.Float64 => new FixedWidthLeafReader<double>(node, pages, chunk.ValueCount),
            TypeKind.Decimal128 => new FixedWidthLeafReader<Int128>(node, pages, chunk.ValueCount),
            _ => new BinaryLeafReader(node, pages, chunk.ValueCount),
        };
    }
}
