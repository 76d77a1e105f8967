namespace Mesh.Columnar.Parquet;

/// <summary>parquet.thrift, <c>FileMetaData</c>.</summary>
internal sealed record FileMetadata(
    IReadOnlyList<SchemaElement> Schema, long RowCount, IReadOnlyList<RowGroupMetadata> RowGroups, IReadOnlyDictionary<string, string> KeyValues);

/// <summary>parquet.thrift, <c>SchemaElement</c>.</summary>
internal sealed record SchemaElement
{
    public required string Name { get; init; }

    /// <summary>Null for groups.</summary>
    public PhysicalType? Type { get; init; }

    public int TypeLength { get; init; }

    public Repetition Repetition { get; init; }

    public int ChildCount { get; init; }

    public ConvertedType? Converted { get; init; }

    public LogicalKind Logical { get; init; }

    public TimeUnit Unit { get; init; }

    /// <summary>Of times and timestamps: whether they are UTC.</summary>
    public bool IsAdjustedToUtc { get; init; } = true;

    public int IntegerBits { get; init; }

    public bool IsSigned { get; init; } = true;

    public int Scale { get; init; }

    public int Precision { get; init; }

    public int FieldId { get; init; }
}

/// <summary>parquet.thrift, <c>RowGroup</c>.</summary>
internal sealed record RowGroupMetadata(IReadOnlyList<ColumnChunkMetadata> Columns, long RowCount)
{
    public long UncompressedBytes { get; init; }

    public long CompressedBytes { get; init; }

    public long FileOffset { get; init; }

    /// <summary>The order of the rows; empty when none is promised.</summary>
    public IReadOnlyList<SortingColumn> SortedBy { get; init; } = [];
}

/// <summary>parquet.thrift, <c>ColumnChunk</c> with its <c>ColumnMetaData</c>.</summary>
internal sealed record ColumnChunkMetadata
{
    public required PhysicalType Type { get; init; }

    public required int Codec { get; init; }

    public required long ValueCount { get; init; }

    public required long UncompressedBytes { get; init; }

    public required long CompressedBytes { get; init; }

    public required long DataPageOffset { get; init; }

    /// <summary>0 when there is no dictionary page.</summary>
    public long DictionaryPageOffset { get; init; }

    public IReadOnlyList<Encoding> Encodings { get; init; } = [];

    public ChunkStatistics? Statistics { get; init; }

    /// <summary>Place of the page bounds; 0 bytes when there are none.</summary>
    public long ColumnIndexOffset { get; init; }

    public int ColumnIndexBytes { get; init; }

    /// <summary>Place of the page positions; 0 bytes when there are none.</summary>
    public long OffsetIndexOffset { get; init; }

    public int OffsetIndexBytes { get; init; }

    /// <summary>Place of the bloom filter's header; 0 when there is none.</summary>
    public long BloomFilterOffset { get; init; }

    /// <summary>Bytes of header and filter; 0 when unknown or none.</summary>
    public int BloomFilterBytes { get; init; }
}

/// <summary>parquet.thrift, <c>SortingColumn</c>.</summary>
internal sealed record SortingColumn(int LeafIndex, bool IsDescending, bool NullsFirst);

/// <summary>parquet.thrift, <c>PageLocation</c>.</summary>
internal readonly record struct PageLocation(long Offset, int CompressedBytes, long FirstRow);

/// <summary>parquet.thrift, <c>ColumnIndex</c>: bounds per page in plain encoding; those of pages without values are null.</summary>
internal sealed record ColumnIndex(IReadOnlyList<byte[]?> Min, IReadOnlyList<byte[]?> Max, IReadOnlyList<long>? NullCounts, BoundaryOrder Order);

/// <summary>parquet.thrift, <c>BoundaryOrder</c>.</summary>
internal enum BoundaryOrder
{
    Unordered = 0,
    Ascending = 1,
    Descending = 2,
}

/// <summary>parquet.thrift, <c>Statistics</c>.</summary>
internal sealed record ChunkStatistics(long NullCount, byte[]? Min, byte[]? Max, bool IsMinExact = true, bool IsMaxExact = true);
