using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Reads Parquet files as record batches, one row group at a time: what <see cref="ParquetWriter"/> writes, and files of others as far as
/// they use plain and dictionary encoding, data pages of version 1 and 2, and the codecs of <see cref="ParquetCompression"/>.
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

    /// <summary>Reads all rows in batches of at most 65,536 rows and, where rows are small enough, about 8 MiB.</summary>
    /// <param name="columns">Top-level columns wanted, in this order; null for all.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="MeshException">
    /// <c>MESH10902</c>: the data is broken, with column and offset. <c>MESH10903</c>: it is encoded or compressed in a way not read here.
    /// <c>MESH10907</c>: there is no such column.
    /// </exception>
    public async IAsyncEnumerable<RecordBatch> ReadAsync(
        IReadOnlyList<string>? columns, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wanted = columns is null ? nodes : [.. columns.Select(FindColumn)];
        var schema = new Schema([.. wanted.Select(node => node.Field)]);
        foreach (var group in file.RowGroups)
        {
            using var reader = new RowGroupReader(source, dataEnd, group, schema, wanted);
            while (await reader.ReadBatchAsync(cancellationToken).ConfigureAwait(false) is { } batch) yield return batch;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => source.DisposeAsync();

    /// <summary>Adds the place to what a decoder found wrong.</summary>
    internal static MeshException Wrap(ParquetDataException exception, string fileName, string place, string code = "MESH10902") => exception.IsUnsupported
        ? new MeshException(
            "MESH10903",
            $"The Parquet file '{fileName}' ({place}) cannot be read: {exception.Message}. Write it again with zstd, gzip or no compression and plain or dictionary encoding.",
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

            if (rows != file.RowCount) throw new ParquetDataException($"it says {file.RowCount:N0} rows, but its row groups have {rows:N0}");
            return new ParquetReader(source, file, nodes, dataEnd);
        }
        catch (ParquetDataException exception)
        {
            throw Wrap(exception, source.Name, place, "MESH10901");
        }
    }

    private ParquetNode FindColumn(string name) => Schema.IndexOf(name) is >= 0 and var index
        ? nodes[index]
        : throw new MeshException("MESH10907", $"The Parquet file '{source.Name}' has no column '{name}'; it has: {string.Join(", ", Schema.Fields.Select(field => field.Name))}.");

    private static MeshException NotParquet(IByteSource source, string why) =>
        new("MESH10900", $"'{source.Name}' is not a Parquet file: {why}. Check that the right file was given and that it is complete.");
}
