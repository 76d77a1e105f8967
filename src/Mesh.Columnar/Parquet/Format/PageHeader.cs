namespace Mesh.Columnar.Parquet;

/// <summary>parquet.thrift, <c>PageHeader</c>.</summary>
internal struct PageHeader
{
    public PageType Type;
    public int UncompressedBytes;
    public int CompressedBytes;
    public int ValueCount;
    public Encoding Encoding;
    public Encoding DefinitionEncoding;
    public Encoding RepetitionEncoding;
    public int DefinitionBytes;
    public int RepetitionBytes;
    public bool IsCompressed;

    /// <summary>Checksum of the compressed body; null when there is none.</summary>
    public uint? Crc;

    /// <summary>Reads a header; <paramref name="consumed"/> is its length.</summary>
    public static PageHeader Read(ReadOnlySpan<byte> source, out int consumed)
    {
        var reader = new ThriftReader(source);
        var header = new PageHeader
        {
            Type = (PageType)(-1),
            UncompressedBytes = -1,
            CompressedBytes = -1,
            ValueCount = -1,
            DefinitionEncoding = Encoding.Rle,
            RepetitionEncoding = Encoding.Rle,
            IsCompressed = true,
        };
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: header.Type = (PageType)reader.ReadI32(type); break;
                case 2: header.UncompressedBytes = reader.ReadI32(type); break;
                case 3: header.CompressedBytes = reader.ReadI32(type); break;
                case 4: header.Crc = (uint)reader.ReadI32(type); break;
                case 5: header.ReadDataPage(ref reader, type); break;
                case 7: header.ReadDictionaryPage(ref reader, type); break;
                case 8: header.ReadDataPageV2(ref reader, type); break;
                default: reader.Skip(type); break;
            }
        }

        consumed = reader.Position;
        bool needsCount = header.Type is not PageType.IndexPage;
        if (header.UncompressedBytes < 0 || header.CompressedBytes < 0 || (needsCount && header.ValueCount < 0))
        {
            throw new ParquetDataException("a page header should hold sizes and a number of values that are not negative");
        }

        return header;
    }

    private void ReadDataPage(ref ThriftReader reader, ThriftType structType)
    {
        reader.RequireStruct(structType);
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: ValueCount = reader.ReadI32(type); break;
                case 2: Encoding = (Encoding)reader.ReadI32(type); break;
                case 3: DefinitionEncoding = (Encoding)reader.ReadI32(type); break;
                case 4: RepetitionEncoding = (Encoding)reader.ReadI32(type); break;
                default: reader.Skip(type); break;
            }
        }
    }

    private void ReadDictionaryPage(ref ThriftReader reader, ThriftType structType)
    {
        reader.RequireStruct(structType);
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: ValueCount = reader.ReadI32(type); break;
                case 2: Encoding = (Encoding)reader.ReadI32(type); break;
                default: reader.Skip(type); break;
            }
        }
    }

    private void ReadDataPageV2(ref ThriftReader reader, ThriftType structType)
    {
        reader.RequireStruct(structType);
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            switch (id)
            {
                case 1: ValueCount = reader.ReadI32(type); break;
                case 4: Encoding = (Encoding)reader.ReadI32(type); break;
                case 5: DefinitionBytes = reader.ReadI32(type); break;
                case 6: RepetitionBytes = reader.ReadI32(type); break;
                case 7: IsCompressed = ThriftReader.ReadBool(type); break;
                default: reader.Skip(type); break;
            }
        }
    }
}
