namespace Mesh.Columnar.Parquet;

/// <summary>Reads the footer's Thrift structures (parquet.thrift). Values are plausible afterwards, not yet checked against the file.</summary>
internal static class FooterReader
{
    public static FileMetadata Read(ReadOnlySpan<byte> source)
    {
        var reader = new ThriftReader(source);
        var schema = new List<SchemaElement>();
        var groups = new List<RowGroupMetadata>();
        var keyValues = new Dictionary<string, string>();
        long rowCount = -1;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 2:
                    for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) schema.Add(ReadElement(ref reader));
                    break;
                case 3:
                    rowCount = reader.ReadI64(type);
                    break;
                case 4:
                    for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) groups.Add(ReadRowGroup(ref reader));
                    break;
                case 5:
                    for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) ReadKeyValue(ref reader, keyValues);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        if (rowCount < 0) throw new ParquetDataException("its footer should hold a number of rows");
        if (schema.Count == 0) throw new ParquetDataException("its footer should hold a schema");
        return new FileMetadata(schema, rowCount, groups, keyValues);
    }

    private static SchemaElement ReadElement(ref ThriftReader reader)
    {
        var element = new SchemaElement { Name = "" };
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: element = element with { Type = (PhysicalType)reader.ReadI32(type) }; break;
                case 2: element = element with { TypeLength = reader.ReadI32(type) }; break;
                case 3: element = element with { Repetition = (Repetition)reader.ReadI32(type) }; break;
                case 4: element = element with { Name = reader.ReadString(type) }; break;
                case 5: element = element with { ChildCount = reader.ReadI32(type) }; break;
                case 6: element = element with { Converted = (ConvertedType)reader.ReadI32(type) }; break;
                case 7: element = element with { Scale = reader.ReadI32(type) }; break;
                case 8: element = element with { Precision = reader.ReadI32(type) }; break;
                case 9: element = element with { FieldId = reader.ReadI32(type) }; break;
                case 10: element = ReadLogicalType(ref reader, type, element); break;
                default: reader.Skip(type); break;
            }
        }

        return element;
    }

    private static SchemaElement ReadLogicalType(ref ThriftReader reader, ThriftType unionType, SchemaElement element)
    {
        reader.RequireStruct(unionType);
        short kind = 0;
        while (reader.TryNextField(ref kind, out var kindType))
        {
            reader.RequireStruct(kindType);
            element = element with { Logical = (LogicalKind)kind };
            short id = 0;
            while (reader.TryNextField(ref id, out var type))
            {
                switch ((LogicalKind)kind, id)
                {
                    case (LogicalKind.Decimal, 1): element = element with { Scale = reader.ReadI32(type) }; break;
                    case (LogicalKind.Decimal, 2): element = element with { Precision = reader.ReadI32(type) }; break;
                    case (LogicalKind.Integer, 1): element = element with { IntegerBits = reader.ReadI32(type) }; break;
                    case (LogicalKind.Integer, 2): element = element with { IsSigned = ThriftReader.ReadBool(type) }; break;
                    case (LogicalKind.Timestamp or LogicalKind.Time, 1): element = element with { IsAdjustedToUtc = ThriftReader.ReadBool(type) }; break;
                    case (LogicalKind.Timestamp or LogicalKind.Time, 2): element = element with { Unit = ReadUnit(ref reader, type) }; break;
                    default: reader.Skip(type); break;
                }
            }
        }

        return element;
    }

    private static TimeUnit ReadUnit(ref ThriftReader reader, ThriftType unionType)
    {
        reader.RequireStruct(unionType);
        var unit = TimeUnit.None;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            unit = (TimeUnit)id;
            reader.Skip(type);
        }

        return unit;
    }

    private static RowGroupMetadata ReadRowGroup(ref ThriftReader reader)
    {
        var columns = new List<ColumnChunkMetadata>();
        var sortedBy = new List<SortingColumn>();
        long rowCount = -1, uncompressed = 0, compressed = 0, offset = 0;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1:
                    for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) columns.Add(ReadColumnChunk(ref reader));
                    break;
                case 2: uncompressed = reader.ReadI64(type); break;
                case 3: rowCount = reader.ReadI64(type); break;
                case 4:
                    for (int count = reader.ReadList(type, ThriftType.Struct); count > 0; count--) sortedBy.Add(ReadSortingColumn(ref reader));
                    break;
                case 5: offset = reader.ReadI64(type); break;
                case 6: compressed = reader.ReadI64(type); break;
                default: reader.Skip(type); break;
            }
        }

        if (rowCount < 0) throw new ParquetDataException("each of its row groups should hold a number of rows");
        return new RowGroupMetadata(columns, rowCount)
        {
            UncompressedBytes = uncompressed,
            CompressedBytes = compressed,
            FileOffset = offset,
            SortedBy = sortedBy,
        };
    }

    private static SortingColumn ReadSortingColumn(ref ThriftReader reader)
    {
        int leaf = 0;
        bool isDescending = false, nullsFirst = false;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: leaf = reader.ReadI32(type); break;
                case 2: isDescending = ThriftReader.ReadBool(type); break;
                case 3: nullsFirst = ThriftReader.ReadBool(type); break;
                default: reader.Skip(type); break;
            }
        }

        return new SortingColumn(leaf, isDescending, nullsFirst);
    }

    private static ColumnChunkMetadata ReadColumnChunk(ref ThriftReader reader)
    {
        ColumnChunkMetadata? chunk = null;
        bool isElsewhere = false;
        long offsetIndex = 0, columnIndex = 0;
        int offsetIndexBytes = 0, columnIndexBytes = 0;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: isElsewhere = reader.ReadBinary(type).Length > 0; break;
                case 3:
                    reader.RequireStruct(type);
                    chunk = ReadColumnMetadata(ref reader);
                    break;
                case 4: offsetIndex = reader.ReadI64(type); break;
                case 5: offsetIndexBytes = reader.ReadI32(type); break;
                case 6: columnIndex = reader.ReadI64(type); break;
                case 7: columnIndexBytes = reader.ReadI32(type); break;
                default: reader.Skip(type); break;
            }
        }

        if (isElsewhere) throw new ParquetDataException("it keeps a column in another file", isUnsupported: true);
        if (chunk is null) throw new ParquetDataException("each of its column chunks should hold metadata");
        return chunk with
        {
            OffsetIndexOffset = offsetIndex,
            OffsetIndexBytes = offsetIndexBytes,
            ColumnIndexOffset = columnIndex,
            ColumnIndexBytes = columnIndexBytes,
        };
    }

    private static ColumnChunkMetadata ReadColumnMetadata(ref ThriftReader reader)
    {
        int physicalType = -1, codec = -1, bloomBytes = 0;
        long values = -1, uncompressed = -1, compressed = -1, dataOffset = -1, dictionaryOffset = 0, bloomOffset = 0;
        var encodings = new List<Encoding>();
        ChunkStatistics? statistics = null;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: physicalType = reader.ReadI32(type); break;
                case 2:
                    for (int count = reader.ReadList(type, ThriftType.I32); count > 0; count--) encodings.Add((Encoding)reader.ReadIntegerElement());
                    break;
                case 4: codec = reader.ReadI32(type); break;
                case 5: values = reader.ReadI64(type); break;
                case 6: uncompressed = reader.ReadI64(type); break;
                case 7: compressed = reader.ReadI64(type); break;
                case 9: dataOffset = reader.ReadI64(type); break;
                case 11: dictionaryOffset = reader.ReadI64(type); break;
                case 12:
                    reader.RequireStruct(type);
                    statistics = ReadStatistics(ref reader, (PhysicalType)physicalType);
                    break;
                case 14: bloomOffset = reader.ReadI64(type); break;

                // A writer that was ahead of the format put a list there.
                case 15 when type == ThriftType.I32: bloomBytes = reader.ReadI32(type); break;
                default: reader.Skip(type); break;
            }
        }

        if (values < 0 || uncompressed < 0 || compressed < 0 || dataOffset < 0 || dictionaryOffset < 0)
        {
            throw new ParquetDataException("each of its column chunks should hold counts, sizes and offsets that are not negative");
        }

        return new ColumnChunkMetadata
        {
            Type = (PhysicalType)physicalType,
            Codec = codec,
            ValueCount = values,
            UncompressedBytes = uncompressed,
            CompressedBytes = compressed,
            DataPageOffset = dataOffset,
            DictionaryPageOffset = dictionaryOffset,
            Encodings = encodings,
            Statistics = statistics,
            BloomFilterOffset = bloomOffset,
            BloomFilterBytes = bloomBytes,
        };
    }

    /// <summary>The null count is -1 when it is not given.</summary>
    private static ChunkStatistics ReadStatistics(ref ThriftReader reader, PhysicalType physicalType)
    {
        byte[]? min = null, max = null, oldMin = null, oldMax = null;
        long nulls = -1;
        bool isMinExact = false, isMaxExact = false;
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: oldMax = reader.ReadBinary(type).ToArray(); break;
                case 2: oldMin = reader.ReadBinary(type).ToArray(); break;
                case 3: nulls = reader.ReadI64(type); break;
                case 5: max = reader.ReadBinary(type).ToArray(); break;
                case 6: min = reader.ReadBinary(type).ToArray(); break;
                case 7: isMaxExact = ThriftReader.ReadBool(type); break;
                case 8: isMinExact = ThriftReader.ReadBool(type); break;
                default: reader.Skip(type); break;
            }
        }

        // The old fields were written in the order of signed bytes where that is wrong; numbers are fine.
        if (min is null && max is null && physicalType is PhysicalType.Int32 or PhysicalType.Int64 or PhysicalType.Float or PhysicalType.Double or PhysicalType.Boolean)
        {
            (min, max) = (oldMin, oldMax);
        }

        return new ChunkStatistics(nulls, min, max, isMinExact, isMaxExact);
    }

    private static void ReadKeyValue(ref ThriftReader reader, Dictionary<string, string> keyValues)
    {
        string key = "", value = "";
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: key = reader.ReadString(type); break;
                case 2: value = reader.ReadString(type); break;
                default: reader.Skip(type); break;
            }
        }

        keyValues[key] = value;
    }
}
