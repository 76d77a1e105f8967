using System.Buffers.Binary;
using Mesh.Columnar.Compression;
using Mesh.Model;

namespace Mesh.Columnar.Parquet;

/// <summary>The bloom filters of one row group that a condition can ask.</summary>
internal sealed class BloomFilters
{
    private const int HeaderBytes = 64;
    private readonly Dictionary<string, (ParquetNode Node, ReadOnlyMemory<byte> Blocks)> filters = [];

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => filters.Count == 0;

    /// <summary>Reads the filters of columns that a condition compares for equality.</summary>
    public static async ValueTask<BloomFilters> ReadAsync(
        IByteSource source, long dataEnd, RowGroupMetadata group, IReadOnlyDictionary<string, ParquetNode> nodes, Predicate predicate,
        ParquetReadStatistics? statistics, CancellationToken cancellationToken)
    {
        var found = new BloomFilters();
        foreach (string path in EqualPaths(predicate).Distinct())
        {
            if (!nodes.TryGetValue(path, out var node)) continue;
            var chunk = group.Columns[node.LeafIndex];
            if (chunk.BloomFilterOffset <= 0 || !CanHash(node)) continue;
            var (bits, length) = await ReadAsync(source, dataEnd, chunk, statistics, cancellationToken).ConfigureAwait(false);
            if (length > 0) found.filters[path] = (node, bits);
        }

        return found;
    }

    /// <summary>Whether the row group may hold the value in the column; false is certain.</summary>
    public bool MayHold(string path, object value)
    {
        if (!filters.TryGetValue(path, out var filter)) return true;
        var literal = Literal.Of(value, filter.Node.Field.Type, path);
        if (literal.HasFraction) return false;

        // Zeros of both signs and all NaNs are equal but hash differently.
        if (literal.Kind == LiteralKind.Floating && (literal.Number == 0 || double.IsNaN(literal.Number))) return true;
        byte[]? plain = Plain(filter.Node.PhysicalType, literal);
        return plain is not null && SplitBlockBloomFilter.MayContain(filter.Blocks.Span, XxHash64.Hash(plain));
    }

    private static bool CanHash(ParquetNode node) => node.Stored == StoredForm.Plain && node.PhysicalType != PhysicalType.Boolean
        && !(node.Field.Type.Kind is TypeKind.Decimal128 or TypeKind.Float16 && node.PhysicalType is PhysicalType.ByteArray or PhysicalType.FixedLenByteArray);

    /// <summary>Plain encoding; null for what the column cannot hold.</summary>
    private static byte[]? Plain(PhysicalType type, in Literal literal)
    {
        byte[] bytes = new byte[type is PhysicalType.Int32 or PhysicalType.Float ? 4 : 8];
        switch (type)
        {
            case PhysicalType.Int32:
                if (literal.Whole < int.MinValue || literal.Whole > int.MaxValue) return null;
                BinaryPrimitives.WriteInt32LittleEndian(bytes, (int)literal.Whole);
                return bytes;
            case PhysicalType.Int64:
                if (literal.Whole < long.MinValue || literal.Whole > long.MaxValue) return null;
                BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)literal.Whole);
                return bytes;
            case PhysicalType.Float:
                BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)literal.Number);
                return bytes;
            case PhysicalType.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(bytes, literal.Number);
                return bytes;
            default:
                return literal.Bytes;
        }
    }

    private static IEnumerable<string> EqualPaths(Predicate predicate) => predicate switch
    {
        ComparisonPredicate { Operator: ComparisonOperator.Equal } comparison => [comparison.Column],
        ComparisonPredicate { Operator: ComparisonOperator.NotEqual } comparison => [comparison.Column],
        InPredicate list => [list.Column],
        AndPredicate and => and.Parts.SelectMany(EqualPaths),
        OrPredicate or => or.Parts.SelectMany(EqualPaths),
        NotPredicate not => EqualPaths(not.Part),
        _ => [],
    };

    private static async ValueTask<(ReadOnlyMemory<byte> Bits, int Length)> ReadAsync(
        IByteSource source, long dataEnd, ColumnChunkMetadata chunk, ParquetReadStatistics? statistics, CancellationToken cancellationToken)
    {
        long offset = chunk.BloomFilterOffset;
        if (offset >= dataEnd || chunk.BloomFilterBytes < 0 || chunk.BloomFilterBytes > dataEnd - offset) throw new ParquetDataException("its bloom filter lies outside of the file");
        int first = (int)Math.Min(dataEnd - offset, Math.Max(HeaderBytes, chunk.BloomFilterBytes));
        byte[] bytes = new byte[first];
        int read = await source.ReadAtAsync(offset, bytes, cancellationToken).ConfigureAwait(false);
        statistics?.CountRequest(read);
        if (read < first) throw new ParquetDataException("the file ends within its bloom filter");
        int length = IndexReader.ReadBloomFilterHeader(bytes, out int headerBytes);
        if (length > dataEnd - offset - headerBytes) throw new ParquetDataException("its bloom filter lies outside of the file");
        if (headerBytes + length <= first) return (bytes.AsMemory(headerBytes, length), length);
        byte[] bits = new byte[length];
        read = await source.ReadAtAsync(offset + headerBytes, bits, cancellationToken).ConfigureAwait(false);
        statistics?.CountRequest(read);
        return read == length ? (bits, length) : throw new ParquetDataException("the file ends within its bloom filter");
    }
}
