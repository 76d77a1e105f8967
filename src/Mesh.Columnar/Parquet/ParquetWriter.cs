using System.Buffers.Binary;

namespace Mesh.Columnar.Parquet;

/// <summary>Writes record batches as a Parquet file, row group by row group, in bounded memory. Not thread-safe.</summary>
public sealed class ParquetWriter : IAsyncDisposable
{
    /// <summary>Rows handed to a leaf at once; small enough for caches, large enough to amortise the walk down the schema.</summary>
    private const int MaxSliceRows = 16 << 10;

    private readonly Stream output;
    private readonly Schema schema;
    private readonly ParquetWriterOptions options;
    private readonly IReadOnlyList<ParquetNode> nodes;
    private readonly LeafWriter[] leaves;
    private readonly WriteNode[] columns;
    private readonly PageScratch[] scratches;
    private readonly IReadOnlyList<SortingColumn> sortedBy;
    private readonly PageIndexes pageIndexes = new();
    private readonly List<RowGroupMetadata> rowGroups = [];
    private Schema? lastSchema;
    private long position;
    private long groupRows;
    private bool isComplete;

    /// <param name="output">Takes the bytes in order; need not seek. Not disposed.</param>
    /// <param name="schema">Columns; field ids go into the file.</param>
    /// <param name="options">Codec, encodings and sizes.</param>
    /// <exception cref="Model.MeshException">
    /// <c>MESH10906</c>: Parquet cannot hold the schema (a struct without fields, no columns). <c>MESH10920</c>: the options name a column that the
    /// schema does not have, or an encoding that does not fit its type.
    /// </exception>
    public ParquetWriter(Stream output, Schema schema, ParquetWriterOptions? options = null)
    {
        this.output = output;
        this.schema = schema;
        this.options = options ??= new ParquetWriterOptions();
        nodes = SchemaWriter.CreateNodes(schema);
        var leafNodes = nodes.SelectMany(SchemaWriter.Leaves).ToList();
        sortedBy = WriterChecks.Resolve(options, leafNodes);
        leaves = [.. leafNodes.Select(leaf => CreateLeaf(leaf, options))];
        scratches = [.. Enumerable.Range(0, Math.Clamp(options.Parallelism, 1, leaves.Length)).Select(_ => new PageScratch(options.Compression, options.CompressionLevel))];
        columns = [.. nodes.Select(node => new WriteNode(node, leaves))];
    }

    /// <summary>Rows given so far.</summary>
    public long RowCount { get; private set; }

    /// <summary>Bytes of the file so far plus an estimate of what is buffered; decides when to roll to a new file.</summary>
    public long EstimatedFileBytes
    {
        get
        {
            long closed = 0, compressed = 0, open = 0;
            foreach (var leaf in leaves)
            {
                closed += leaf.ClosedValueBytes;
                compressed += leaf.CompressedPageBytes;
                open += leaf.OpenPageBytes;
            }

            // Open pages will shrink as the closed ones did.
            return position + compressed + (closed > 0 ? (long)(open * ((double)compressed / closed)) : open);
        }
    }

    /// <summary>Memory held by the open row group, in bytes.</summary>
    public long BufferedBytes
    {
        get
        {
            long sum = 0;
            foreach (var leaf in leaves) sum += leaf.CapacityBytes;
            foreach (var column in columns) sum += column.CapacityBytes;
            return sum;
        }
    }

    private long OpenBytes
    {
        get
        {
            long sum = 0;
            foreach (var leaf in leaves) sum += leaf.UncompressedBytes;
            return sum;
        }
    }

    /// <summary>Appends rows; the batch may be reused or dropped afterwards.</summary>
    /// <exception cref="ArgumentException">The batch's columns are not the writer's, by type and order.</exception>
    /// <exception cref="Model.MeshException">
    /// <c>MESH10905</c>: a required value is absent. <c>MESH10904</c>: a value is larger than a page may be. The file is lost then.
    /// </exception>
    public async ValueTask WriteAsync(RecordBatch batch, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        RequireSchema(batch.Schema);
        if (batch.Length == 0) return;
        if (position == 0) await WriteMagicAsync(cancellationToken).ConfigureAwait(false);

        // A batch may exceed a row group: it goes in piece by piece.
        long rowBytes = Math.Max(1, batch.EstimatedBytes / batch.Length);
        for (int start = 0; start < batch.Length;)
        {
            int count = (int)Math.Clamp((options.RowGroupBytes - OpenBytes) / rowBytes, 1, batch.Length - start);
            WriteRows(batch, start, count);
            start += count;
            groupRows += count;
            RowCount += count;
            if (OpenBytes >= options.RowGroupBytes) await FlushRowGroupAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Closes the open row group, freeing its memory.</summary>
    public async ValueTask FlushRowGroupAsync(CancellationToken cancellationToken)
    {
        if (groupRows == 0) return;
        long start = position;
        long uncompressed = 0;
        WorkerPool.ForEach(leaves, scratches, static (leaf, scratch) => leaf.CloseChunk(scratch));
        var chunks = new ColumnChunkMetadata[leaves.Length];
        for (int i = 0; i < leaves.Length; i++)
        {
            chunks[i] = leaves[i].DescribeChunk(position, scratches[0].Codec);
            if (options.PageIndex) pageIndexes.Add(leaves[i], position);
            await leaves[i].WriteChunkAsync(output, cancellationToken).ConfigureAwait(false);
            position += chunks[i].CompressedBytes;
            uncompressed += chunks[i].UncompressedBytes;
        }

        long compressed = position - start;
        await WriteBloomFiltersAsync(chunks, cancellationToken).ConfigureAwait(false);
        foreach (var leaf in leaves) leaf.Free();
        foreach (var scratch in scratches) scratch.Rows.Free();
        foreach (var column in columns) column.Free();
        rowGroups.Add(new RowGroupMetadata(chunks, groupRows)
        {
            FileOffset = start, UncompressedBytes = uncompressed, CompressedBytes = compressed, SortedBy = sortedBy,
        });
        groupRows = 0;
    }

    /// <summary>Writes the footer. The stream holds a whole file afterwards.</summary>
    public async ValueTask<ParquetFileSummary> CompleteAsync(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(isComplete, this);
        if (position == 0) await WriteMagicAsync(cancellationToken).ConfigureAwait(false);
        await FlushRowGroupAsync(cancellationToken).ConfigureAwait(false);
        isComplete = true;

        position = await pageIndexes.WriteAsync(output, position, rowGroups, cancellationToken).ConfigureAwait(false);
        var footer = new PooledList<byte>();
        var paths = nodes.SelectMany(SchemaWriter.Leaves).Select(leaf => leaf.Path).ToList();
        FooterWriter.Write(footer, new FileMetadata(SchemaWriter.CreateElements(schema), RowCount, rowGroups, options.Metadata), paths);
        BinaryPrimitives.WriteInt32LittleEndian(footer.Extend(sizeof(int)), footer.Length - sizeof(int));
        footer.Append(ParquetFormat.Magic);
        await output.WriteAsync(footer.Memory, cancellationToken).ConfigureAwait(false);
        position += footer.Length;
        footer.Free();
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);

        return new ParquetFileSummary(
            RowCount,
            position,
            [.. rowGroups.Select(group => group.FileOffset)],
            [.. leaves.Select(leaf => leaf.CreateMetrics()).OfType<ColumnMetrics>()]);
    }

    /// <summary>Gives the memory back. What was not completed is not a Parquet file.</summary>
    public ValueTask DisposeAsync()
    {
        isComplete = true;
        foreach (var leaf in leaves) leaf.Free();
        foreach (var column in columns) column.Free();
        foreach (var scratch in scratches) scratch.Free();
        pageIndexes.Free();
        return ValueTask.CompletedTask;
    }

    private void WriteRows(RecordBatch batch, int start, int count)
    {
        if (scratches.Length == 1)
        {
            for (int i = 0; i < columns.Length; i++) WriteColumn(columns[i], batch.Columns[i], start, count, scratches[0]);
            return;
        }

        WorkerPool.For(columns.Length, scratches, (i, scratch) => WriteColumn(columns[i], batch.Columns[i], start, count, scratch));
    }

    private void WriteColumn(WriteNode column, ColumnVector vector, int start, int count, PageScratch scratch)
    {
        // Pages close between slices, so a slice of large values must be short.
        long valueBytes = Math.Max(1, vector.EstimatedBytes / vector.Length);
        int sliceRows = (int)Math.Clamp(options.PageBytes / 4 / valueBytes, 1, MaxSliceRows);
        for (int end = start + count; start < end; start += sliceRows)
        {
            scratch.Rows.SetRows(start, Math.Min(sliceRows, end - start));
            column.Write(vector, scratch.Rows, scratch);
        }
    }

    private async ValueTask WriteBloomFiltersAsync(ColumnChunkMetadata[] chunks, CancellationToken cancellationToken)
    {
        for (int i = 0; i < leaves.Length; i++)
        {
            if (leaves[i].Bloom is not { } bloom) continue;
            var filter = new PooledList<byte>();
            bloom.Write(filter);
            await output.WriteAsync(filter.Memory, cancellationToken).ConfigureAwait(false);
            chunks[i] = chunks[i] with { BloomFilterOffset = position, BloomFilterBytes = filter.Length };
            position += filter.Length;
            filter.Free();
        }
    }

    private async ValueTask WriteMagicAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(ParquetFormat.Magic.ToArray(), cancellationToken).ConfigureAwait(false);
        position = ParquetFormat.Magic.Length;
    }

    private void RequireSchema(Schema given)
    {
        if (ReferenceEquals(given, lastSchema)) return;
        if (given.Fields.Count != schema.Fields.Count) throw Mismatch($"{given.Fields.Count} columns", $"{schema.Fields.Count}");
        for (int i = 0; i < given.Fields.Count; i++) RequireType(given.Fields[i], schema.Fields[i]);
        lastSchema = given;
    }

    /// <summary>Field ids, comments and nullability may differ: batches are often made before the lake has assigned ids.</summary>
    private static void RequireType(Field given, Field wanted)
    {
        switch (given.Type, wanted.Type)
        {
            case (StructType from, StructType to) when from.Fields.Count == to.Fields.Count:
                for (int i = 0; i < from.Fields.Count; i++) RequireType(from.Fields[i], to.Fields[i]);
                break;
            case (ListType from, ListType to):
                RequireType(from.Element, to.Element);
                break;
            case (MapType from, MapType to):
                RequireType(from.Key, to.Key);
                RequireType(from.Value, to.Value);
                break;
            case (PrimitiveType or DecimalType or FixedBinaryType, PrimitiveType or DecimalType or FixedBinaryType) when given.Type == wanted.Type:
                break;
            default:
                throw Mismatch($"'{given.Name}' of type {given.Type.Kind}", $"'{wanted.Name}' of type {wanted.Type.Kind}");
        }
    }

    private static ArgumentException Mismatch(string given, string wanted) => new($"The batch has {given} where the writer has {wanted}.", "batch");

    private static LeafWriter CreateLeaf(ParquetNode leaf, ParquetWriterOptions options) => (leaf.PhysicalType, leaf.Field.Type.Kind) switch
    {
        (PhysicalType.Boolean, _) => new BooleanLeafWriter(leaf, options),
        (PhysicalType.Int32, _) => new FixedWidthLeafWriter<int>(leaf, options),
        (PhysicalType.Int64, _) => new FixedWidthLeafWriter<long>(leaf, options),
        (PhysicalType.Float, _) => new FixedWidthLeafWriter<float>(leaf, options),
        (PhysicalType.Double, _) => new FixedWidthLeafWriter<double>(leaf, options),
        (_, TypeKind.Float16) => new FixedWidthLeafWriter<Half>(leaf, options),
        (_, TypeKind.Decimal128) => new FixedWidthLeafWriter<Int128>(leaf, options),
        _ => new BinaryLeafWriter(leaf, options),
    };
}
