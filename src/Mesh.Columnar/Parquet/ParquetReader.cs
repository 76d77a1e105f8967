using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads Parquet files as record batches, one row group at a time: all encodings of parquet-format 2.12, data pages of version 1 and 2, every
/// codec but LZO, lists of two layers and repeated fields as older writers have them. Types without a place in the lake become the next larger
/// one: unsigned integers of 32 bits 64-bit ones, of 64 bits <c>decimal(20, 0)</c>; milliseconds microseconds; nanoseconds of a time of day
/// microseconds, rounded down; INT96 <see cref="TypeKind.TimestampMicros"/>, since Spark and Hive mean an instant by it, rounded down; intervals
/// 12 bytes. Annotations not known here leave the physical type.
/// </summary>
public sealed class ParquetReader : IAsyncDisposable
{
    private const int TailBytes = 64 << 10;
    private const int TrailerBytes = 8;

    private readonly IByteSource source;
    private readonly FileMetadata file;
    private readonly IReadOnlyList<ParquetNode> nodes;
    private readonly long dataEnd;

    private ParquetReader(IByteSource source, FileMetadata file, IReadOnlyList<ParquetNode> nodes, long dataEnd)
    {
        this.source = source;
        this.file = file;
        this.nodes = nodes;
        this.dataEnd = dataEnd;
        Schema = new Schema([.. nodes.Select(node => node.Field)]);
    }

    /// <summary>Columns with the field ids found in the file.</summary>
    public Schema Schema { get; }

    /// <summary>Rows in the file.</summary>
    public long RowCount => file.RowCount;

    /// <summary>Row groups in the file.</summary>
    public int RowGroupCount => file.RowGroups.Count;

    /// <summary>Key-value pairs of the footer.</summary>
    public IReadOnlyDictionary<string, string> Metadata => file.KeyValues;

    /// <summary>Reads the footer. The reader owns <paramref name="source"/> from then on, also when this fails.</summary>
    /// <exception cref="MeshException">
    /// <c>MESH10900</c>: not a Parquet file. <c>MESH10901</c>: its footer is broken. <c>MESH10903</c>: it uses a part of the format that is
    /// not read here.
    /// </exception>
    public static async ValueTask<ParquetReader> OpenAsync(IByteSource source, CancellationToken cancellationToken)
    {
        try
        {
            return await ReadFooterAsync(source, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What is known of a column in a row group by its path; null when nothing is, as inside of lists.</summary>
    /// <exception cref="MeshException"><c>MESH10907</c>: there is no such column.</exception>
    public ColumnBounds? BoundsOf(int rowGroup, string path) => RowGroupPlan.BoundsOf(file.RowGroups[rowGroup], ColumnProjection.Find(nodes, path) ?? throw NoColumn(path));

    /// <summary>Rows of a row group.</summary>
    public long RowsOf(int rowGroup) => file.RowGroups[rowGroup].RowCount;

    /// <summary>Reads all rows in batches of at most 65,536 rows and, where rows are small enough, about 8 MiB.</summary>
    /// <param name="columns">Columns wanted, in this order, as in <see cref="ParquetReadOptions.Columns"/>; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException">As of <see cref="ReadAsync(ParquetReadOptions, CancellationToken)"/>.</exception>
    [OverloadResolutionPriority(1)]
    public IAsyncEnumerable<RecordBatch> ReadAsync(IReadOnlyList<string>? columns, CancellationToken cancellationToken) =>
        ReadAsync(new ParquetReadOptions { Columns = columns }, cancellationToken);

    /// <summary>Reads the wanted rows in batches of at most 65,536 rows and, where rows are small enough, about 8 MiB. No batch is empty.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException">
    /// <c>MESH10902</c>: the data is broken, with column and offset. <c>MESH10903</c>: it is encoded or compressed in a way not read here.
    /// <c>MESH10907</c>: there is no such column. <c>MESH10910</c>: there is no such column to filter by. <c>MESH10911</c>: the filter compares a
    /// column with a literal of another kind.
    /// </exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(ParquetReadOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var plan = CreatePlan(options);
        var filterPaths = options.Filter?.ColumnPaths() ?? [];
        var filterNodes = filterPaths.ToDictionary(path => path, path => ColumnProjection.Find(nodes, path)!);
        var leaves = plan.FilterColumns.Concat(plan.Columns).SelectMany(SchemaWriter.Leaves).DistinctBy(leaf => leaf.LeafIndex).ToList();
        int end = (int)Math.Min(file.RowGroups.Count, options.FirstRowGroup + (long)(options.RowGroupCount ?? int.MaxValue));
        long firstRow = 0;
        for (int i = 0; i < end; firstRow += file.RowGroups[i].RowCount, i++)
        {
            if (i < options.FirstRowGroup) continue;
            var group = file.RowGroups[i];
            RowGroupPlan rows;
            try
            {
                rows = await RowGroupPlan.CreateAsync((source, dataEnd), group, options.Filter, filterNodes, leaves, options.Statistics, cancellationToken).ConfigureAwait(false);
            }
            catch (ParquetDataException exception)
            {
                throw Wrap(exception, source.Name, $"row group {i}");
            }

            options.Statistics?.CountRowGroup(rows.Ranges.Count > 0);
            if (rows.Ranges.Count == 0) continue;
            using var reader = new RowGroupReader(plan, group, rows, firstRow);
            while (await reader.ReadBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch) yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>Adds the place to what a decoder found wrong.</summary>
    internal static MeshException Wrap(ParquetDataException exception, string fileName, string place, string code = "MESH10902") => exception.IsUnsupported
        ? new MeshException(
            "MESH10903",
            $"The Parquet file '{fileName}' ({place}) cannot be read: {exception.Message}. Write it again without that column, or as another type.",
            innerException: exception)
        : new MeshException(
            code, $"The Parquet file '{fileName}' ({place}) is damaged: {exception.Message}. Fetch or write it again.", innerException: exception);

    private static async ValueTask<ParquetReader> ReadFooterAsync(IByteSource source, CancellationToken cancellationToken)
    {
        long length = source.Length;
        int magicBytes = ParquetFormat.Magic.Length;
        if (length < magicBytes + TrailerBytes) throw NotParquet(source, $"it has only {length:N0} bytes");

        var tail = new byte[(int)Math.Min(TailBytes, length)];
        if (await source.ReadAtAsync(length - tail.Length, tail, cancellationToken).ConfigureAwait(false) != tail.Length)
        {
            throw NotParquet(source, "it is shorter than it says");
        }

        var magic = tail.AsSpan(tail.Length - magicBytes);
        if (magic.SequenceEqual("PARE"u8)) throw Wrap(new ParquetDataException("it is encrypted", isUnsupported: true), source.Name, "footer");
        if (!magic.SequenceEqual(ParquetFormat.Magic)) throw NotParquet(source, "it does not end with PAR1");

        uint footerBytes = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(tail.Length - TrailerBytes));
        long dataEnd = length - TrailerBytes - footerBytes;
        string place = $"footer at byte {dataEnd:N0}";
        if (dataEnd < magicBytes || footerBytes > int.MaxValue)
        {
            throw Wrap(new ParquetDataException($"it gives its footer {footerBytes:N0} bytes, more than there are"), source.Name, "footer", "MESH10901");
        }

        // The footer is within the file, so the memory taken for it is memory the file has bytes for.
        byte[] footer = new byte[footerBytes];
        if (await source.ReadAtAsync(dataEnd, footer, cancellationToken).ConfigureAwait(false) != footer.Length)
        {
            throw NotParquet(source, "it is shorter than it says");
        }

        try
        {
            var file = FooterReader.Read(footer);
            var nodes = SchemaReader.CreateNodes(file.Schema, out int leafCount);
            decimal rows = 0;
            foreach (var group in file.RowGroups)
            {
                if (group.Columns.Count != leafCount) throw new ParquetDataException($"a row group has {group.Columns.Count} columns where the schema has {leafCount}");
                rows += group.RowCount;
            }

            // Some old writers left the sum out.
            if (file.RowCount == 0 && rows <= long.MaxValue) file = file with { RowCount = (long)rows };
            if (rows != file.RowCount) throw new ParquetDataException($"it says {file.RowCount:N0} rows, but its row groups have {rows:N0}");
            return new ParquetReader(source, file, nodes, dataEnd);
        }
        catch (ParquetDataException exception)
        {
            throw Wrap(exception, source.Name, place, "MESH10901");
        }
    }

    private ReadPlan CreatePlan(ParquetReadOptions options)
    {
        string unknown = "";
        var wanted = options.Columns is null ? nodes : ColumnProjection.Select(nodes, options.Columns, out unknown) ?? throw NoColumn(unknown);
        var fields = wanted.Select(node => node.Field).ToList();
        if (options.RowPositionColumn is { } name) fields.Add(new Field(name, DataType.Int64, Nullable: false));
        var plan = new ReadPlan { Source = source, DataEnd = dataEnd, Columns = wanted, Schema = new Schema(fields), Options = options };
        if (options.Filter is null) return plan;

        // Against the whole schema first, whose columns an error should name.
        PredicateFilter.Create(options.Filter, Schema);
        var filterColumns = ColumnProjection.Select(nodes, options.Filter.ColumnPaths(), out unknown) ?? throw NoColumn(unknown);
        var filterSchema = new Schema([.. filterColumns.Select(node => node.Field)]);
        return plan with
        {
            FilterColumns = filterColumns,
            FilterSchema = filterSchema,
            Filter = PredicateFilter.Create(options.Filter, filterSchema),
        };
    }

    private MeshException NoColumn(string name) =>
        new("MESH10907", $"The Parquet file '{source.Name}' has no column '{name}'; it has: {string.Join(", ", Schema.Fields.Select(field => field.Name))}.");

    private static MeshException NotParquet(IByteSource source, string why) =>
        new("MESH10900", $"'{source.Name}' is not a Parquet file: {why}. Check that the right file was given and that it is complete.");
}
