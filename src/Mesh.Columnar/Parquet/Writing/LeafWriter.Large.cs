using System.Buffers.Binary;
using Mesh.Columnar.Compression;

namespace Mesh.Columnar.Parquet;

/// <summary>
/// Values of megabytes: each is a page of its own that is compressed from where it lies in the vector, so that nothing but the compressed bytes is
/// held beside it.
/// </summary>
internal abstract partial class LeafWriter
{
    // Below it the copies cost less than fresh memory for what they save.
    private const int LeastLargeBytes = 2 << 20;

    private bool IsLarge(ColumnVector vector, LevelRun levels, PageScratch scratch) =>
        LargeValue(vector, levels).Length >= LeastLargeBytes
        && (Forced() ?? Encoding.Plain) == Encoding.Plain
        && (scratch.Codec == Codec.Uncompressed || (scratch.Codec == Codec.Zstd && ZstdCompressor.IsNative));

    private void CloseLargePage(ReadOnlySpan<byte> value, PageScratch scratch)
    {
        if (value.Length > ParquetFormat.MaxPageBytes) throw TooLarge(value.Length);
        bool isVersion2 = Options.DataPageVersion == 2;
        var head = scratch.Body;
        head.Clear();
        int repetitionBytes = AppendLevels(repetition, Node.RepetitionLevel, head, hasLength: !isVersion2);
        int definitionBytes = AppendLevels(definition, Node.DefinitionLevel, head, hasLength: !isVersion2);
        BinaryPrimitives.WriteInt32LittleEndian(head.Extend(sizeof(int)), value.Length);
        usedEncodings |= 1 << (int)Encoding.Plain;
        ClosedValueBytes += value.Length;

        int levelBytes = isVersion2 ? repetitionBytes + definitionBytes : 0;
        ReadOnlySpan<byte> levels = head.Span[..levelBytes], first = head.Span[levelBytes..];
        bool isCompressed = scratch.Codec == Codec.Zstd;
        var stored = Store(first, value, isCompressed, out int used);
        uint crc = PageCrc(levels, stored.GetSpan()[..used]);
        WriteHeader(scratch, Encoding.Plain, 0, head.Length + value.Length, levels.Length + used, (repetitionBytes, definitionBytes), isCompressed, crc);
        var (min, max) = EndLargePage(value);
        int pageBytes = scratch.Header.Length + levels.Length + used;
        if (Options.PageIndex) pageIndex.Add(new PageLocation(pages.Length, pageBytes, chunkRows), min, max, 0, isNullPage: false);
        chunkUncompressed += scratch.Header.Length + head.Length + value.Length;
        pages.Append(scratch.Header.Span);
        pages.Append(levels);
        pages.Append(stored, used);
        scratch.Free();
        BeginPage(nulls: 0);
    }

    private LargeBuffer Store(ReadOnlySpan<byte> first, ReadOnlySpan<byte> value, bool isCompressed, out int used)
    {
        int most = first.Length + value.Length;
        var stored = new LargeBuffer(isCompressed ? Zstd.MaxCompressedLength(most) : most);
        try
        {
            used = most;
            if (isCompressed)
            {
                used = ZstdCompressor.Compress(first, value, stored.GetSpan(), Options.CompressionLevel);
                return stored;
            }

            first.CopyTo(stored.GetSpan());
            value.CopyTo(stored.GetSpan()[first.Length..]);
            return stored;
        }
        catch
        {
            stored.Dispose();
            throw;
        }
    }
}
