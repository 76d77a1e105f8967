namespace Mesh.Columnar.Parquet;

/// <summary>Writes the footer's Thrift structures (parquet.thrift).</summary>
internal static class FooterWriter
{
    private const int FormatVersion = 2;
    private const string CreatedBy = "mesh";

    public static void Write(PooledList<byte> target, FileMetadata file, IReadOnlyList<IReadOnlyList<string>> leafPaths)
    {
        var thrift = new ThriftWriter(target);
        thrift.BeginStruct();
        thrift.WriteI32(1, FormatVersion);
        thrift.WriteList(2, ThriftType.Struct, file.Schema.Count);
        for (int i = 0; i < file.Schema.Count; i++) WriteElement(thrift, file.Schema[i], isRoot: i == 0);
        thrift.WriteI64(3, file.RowCount);
        thrift.WriteList(4, ThriftType.Struct, file.RowGroups.Count);
        for (int i = 0; i < file.RowGroups.Count; i++) WriteRowGroup(thrift, file.RowGroups[i], i, leafPaths);
        if (file.KeyValues.Count > 0)
        {
            thrift.WriteList(5, ThriftType.Struct, file.KeyValues.Count);
            foreach (var (key, value) in file.KeyValues)
            {
                thrift.BeginStruct();
                thrift.WriteString(1, key);
                thrift.WriteString(2, value);
                thrift.EndStruct();
            }
        }

        thrift.WriteString(6, CreatedBy);

        // ColumnOrder.TYPE_ORDER for every leaf: without it readers must ignore min_value and max_value.
        thrift.WriteList(7, ThriftType.Struct, leafPaths.Count);
        foreach (var _ in leafPaths)
        {
            thrift.BeginStruct();
            thrift.BeginStruct(1);
            thrift.EndStruct();
            thrift.EndStruct();
        }

        thrift.EndStruct();
    }

    private static void WriteElement(ThriftWriter thrift, SchemaElement element, bool isRoot)
    {
        thrift.BeginStruct();
        if (element.Type is { } type) thrift.WriteI32(1, (int)type);
        if (element.TypeLength > 0) thrift.WriteI32(2, element.TypeLength);
        if (!isRoot) thrift.WriteI32(3, (int)element.Repetition);
        thrift.WriteString(4, element.Name);
        if (element.Type is null) thrift.WriteI32(5, element.ChildCount);
        if (element.Converted is { } converted) thrift.WriteI32(6, (int)converted);
        if (element.Logical == LogicalKind.Decimal)
        {
            thrift.WriteI32(7, element.Scale);
            thrift.WriteI32(8, element.Precision);
        }

        if (element.FieldId != 0) thrift.WriteI32(9, element.FieldId);
        if (element.Logical != LogicalKind.None) WriteLogicalType(thrift, element);
        thrift.EndStruct();
    }

    private static void WriteLogicalType(ThriftWriter thrift, SchemaElement element)
    {
        thrift.BeginStruct(10);
        thrift.BeginStruct((short)element.Logical);
        if (element.Logical == LogicalKind.Decimal)
        {
            thrift.WriteI32(1, element.Scale);
            thrift.WriteI32(2, element.Precision);
        }
        else if (element.Logical is LogicalKind.Timestamp or LogicalKind.Time)
        {
            thrift.WriteBool(1, element.IsAdjustedToUtc);
            thrift.BeginStruct(2);
            thrift.BeginStruct((short)element.Unit);
            thrift.EndStruct();
            thrift.EndStruct();
        }

        thrift.EndStruct();
        thrift.EndStruct();
    }

    private static void WriteRowGroup(ThriftWriter thrift, RowGroupMetadata group, int ordinal, IReadOnlyList<IReadOnlyList<string>> leafPaths)
    {
        thrift.BeginStruct();
        thrift.WriteList(1, ThriftType.Struct, group.Columns.Count);
        for (int i = 0; i < group.Columns.Count; i++) WriteColumnChunk(thrift, group.Columns[i], leafPaths[i]);
        thrift.WriteI64(2, group.UncompressedBytes);
        thrift.WriteI64(3, group.RowCount);
        if (group.SortedBy.Count > 0)
        {
            thrift.WriteList(4, ThriftType.Struct, group.SortedBy.Count);
            foreach (var column in group.SortedBy)
            {
                thrift.BeginStruct();
                thrift.WriteI32(1, column.LeafIndex);
                thrift.WriteBool(2, column.IsDescending);
                thrift.WriteBool(3, column.NullsFirst);
                thrift.EndStruct();
            }
        }

        thrift.WriteI64(5, group.FileOffset);
        thrift.WriteI64(6, group.CompressedBytes);
        if (ordinal <= short.MaxValue) thrift.WriteI16(7, (short)ordinal);
        thrift.EndStruct();
    }

    private static void WriteColumnChunk(ThriftWriter thrift, ColumnChunkMetadata chunk, IReadOnlyList<string> path)
    {
        thrift.BeginStruct();

        // file_offset is obsolete and 0 by the specification.
        thrift.WriteI64(2, 0);
        thrift.BeginStruct(3);
        thrift.WriteI32(1, (int)chunk.Type);
        thrift.WriteList(2, ThriftType.I32, chunk.Encodings.Count);
        foreach (var encoding in chunk.Encodings) thrift.WriteI32Element((int)encoding);
        thrift.WriteList(3, ThriftType.Binary, path.Count);
        foreach (string name in path) thrift.WriteStringElement(name);
        thrift.WriteI32(4, chunk.Codec);
        thrift.WriteI64(5, chunk.ValueCount);
        thrift.WriteI64(6, chunk.UncompressedBytes);
        thrift.WriteI64(7, chunk.CompressedBytes);
        thrift.WriteI64(9, chunk.DataPageOffset);
        if (chunk.DictionaryPageOffset > 0) thrift.WriteI64(11, chunk.DictionaryPageOffset);
        if (chunk.Statistics is { } statistics)
        {
            thrift.BeginStruct(12);
            thrift.WriteI64(3, statistics.NullCount);
            if (statistics.Max is not null) thrift.WriteBinary(5, statistics.Max);
            if (statistics.Min is not null) thrift.WriteBinary(6, statistics.Min);
            if (statistics.Max is not null) thrift.WriteBool(7, statistics.IsMaxExact);
            if (statistics.Min is not null) thrift.WriteBool(8, statistics.IsMinExact);
            thrift.EndStruct();
        }

        if (chunk.BloomFilterOffset > 0)
        {
            thrift.WriteI64(14, chunk.BloomFilterOffset);
            thrift.WriteI32(15, chunk.BloomFilterBytes);
        }

        thrift.EndStruct();
        if (chunk.OffsetIndexBytes > 0)
        {
            thrift.WriteI64(4, chunk.OffsetIndexOffset);
            thrift.WriteI32(5, chunk.OffsetIndexBytes);
        }

        if (chunk.ColumnIndexBytes > 0)
        {
            thrift.WriteI64(6, chunk.ColumnIndexOffset);
            thrift.WriteI32(7, chunk.ColumnIndexBytes);
        }

        thrift.EndStruct();
    }
}
