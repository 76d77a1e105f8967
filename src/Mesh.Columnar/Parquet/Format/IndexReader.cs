namespace Mesh.Columnar.Parquet;

/// <summary>Reads the page indexes and the header of bloom filters (parquet.thrift, "ColumnIndex", "OffsetIndex", "BloomFilterHeader").</summary>
internal static class IndexReader
{
    /// <summary>Bounds per page.</summary>
    public static ColumnIndex ReadColumnIndex(ReadOnlySpan<byte> source)
    {
        var reader = new ThriftReader(source);
        var isNullPage = new List<bool>();
        var min = new List<byte[]?>();
        var max = new List<byte[]?>();
        List<long>? nullCounts = null;
        var order = BoundaryOrder.Unordered;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1:
                    for (int count = reader.ReadBoolList(type); count > 0; count--) isNullPage.Add(reader.ReadBoolElement());
                    break;
                case 2:
                    for (int count = reader.ReadList(type, ThriftType.Binary); count > 0; count--) min.Add(reader.ReadBinaryElement().ToArray());
                    break;
                case 3:
                    for (int count = reader.ReadList(type, ThriftType.Binary); count > 0; count--) max.Add(reader.ReadBinaryElement().ToArray());
                    break;
                case 4: order = (BoundaryOrder)reader.ReadI32(type); break;
                case 5:
                    nullCounts = [];
                    for (int count = reader.ReadList(type, ThriftType.I64); count > 0; count--) nullCounts.Add(reader.ReadIntegerElement());
                    break;
                default: reader.Skip(type); break;
            }
        }

        if (min.Count != isNullPage.Count || max.Count != isNullPage.Count || (nullCounts is not null && nullCounts.Count != isNullPage.Count))
        {
            throw new ParquetDataException("the lists of its column index should be of one length");
        }

        for (int i = 0; i < isNullPage.Count; i++)
        {
            if (isNullPage[i]) min[i] = max[i] = null;
        }

        return new ColumnIndex(min, max, nullCounts, order);
    }

    /// <summary>Places of the data pages, checked to follow each other within the column chunk and the rows.</summary>
    public static IReadOnlyList<PageLocation> ReadOffsetIndex(ReadOnlySpan<byte> source, long start, long end, long rowCount)
    {
        var reader = new ThriftReader(source);
        var pages = new List<PageLocation>();
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            if (id != 1)
            {
                reader.Skip(type);
                continue;
            }

            for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) pages.Add(ReadLocation(ref reader));
        }

        long offset = start, row = 0;
        for (int i = 0; i < pages.Count; i++)
        {
            var page = pages[i];
            if (page.Offset < offset || page.CompressedBytes < 0 || page.CompressedBytes > end - page.Offset || page.FirstRow < row || page.FirstRow > rowCount
                || (i == 0 && page.FirstRow != 0))
            {
                throw new ParquetDataException("the pages of its offset index should follow each other");
            }

            offset = page.Offset + page.CompressedBytes;
            row = page.FirstRow;
        }

        return pages;
    }

    /// <summary>Bytes of the filter behind its header; 0 when it is of a kind not known here.</summary>
    public static int ReadBloomFilterHeader(ReadOnlySpan<byte> source, out int headerBytes)
    {
        var reader = new ThriftReader(source);
        int bytes = -1;
        bool isKnown = true;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            if (id == 1)
            {
                bytes = reader.ReadI32(type);
            }
            else if (id is 2 or 3 or 4)
            {
                // Unions of one member each so far: split blocks, XXH64, no compression.
                reader.RequireStruct(type);
                short member = 0;
                while (reader.TryNextField(ref member, out var memberType))
                {
                    isKnown &= member == 1;
                    reader.Skip(memberType);
                }
            }
            else
            {
                reader.Skip(type);
            }
        }

        headerBytes = reader.Position;
        if (bytes <= 0) throw new ParquetDataException("its bloom filter should have a length");
        return isKnown && bytes % SplitBlockBloomFilter.BlockBytes == 0 && bytes <= SplitBlockBloomFilter.MaxBytes ? bytes : 0;
    }

    private static PageLocation ReadLocation(ref ThriftReader reader)
    {
        long offset = -1, row = -1;
        int bytes = -1;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: offset = reader.ReadI64(type); break;
                case 2: bytes = reader.ReadI32(type); break;
                case 3: row = reader.ReadI64(type); break;
                default: reader.Skip(type); break;
            }
        }

        return new PageLocation(offset, bytes, row);
    }
}
