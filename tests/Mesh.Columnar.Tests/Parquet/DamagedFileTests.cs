using System.Buffers.Binary;
using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Parquet;

public class DamagedFileTests
{
    [Theory]
    [InlineData("")]
    [InlineData("PAR1")]
    [InlineData("PAR1PAR1")]
    [InlineData("this is a text, not a Parquet file")]
    public async Task What_is_not_Parquet_is_said_to_be_none(string text)
    {
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(System.Text.Encoding.UTF8.GetBytes(text)));
        exception.Code.ShouldBe("MESH10900");
        exception.Message.ShouldContain("'memory' is not a Parquet file");
    }

    [Fact]
    public async Task A_footer_longer_than_the_file_is_refused()
    {
        byte[] file = [.. "PAR1"u8, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, .. "PAR1"u8];
        (await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file))).Code.ShouldBe("MESH10901");
    }

    [Fact]
    public async Task A_page_that_claims_more_than_its_codec_can_make_is_refused_before_memory_is_taken()
    {
        // A data page header with 200 MiB of uncompressed and 40 bytes of compressed size where the column chunk begins.
        var schema = new Schema([new Field("a", DataType.Int64, Nullable: false)]);
        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { Compression = ParquetCompression.Lz4Raw }, RandomData.Batch(new Random(1), schema, 100));
        var header = new PooledList<byte>();
        var thrift = new ThriftWriter(header);
        thrift.BeginStruct();
        thrift.WriteI32(1, (int)PageType.DataPage);
        thrift.WriteI32(2, 200 << 20);
        thrift.WriteI32(3, 40);
        thrift.BeginStruct(5);
        thrift.WriteI32(1, 100);
        thrift.WriteI32(2, 0);
        thrift.EndStruct();
        thrift.EndStruct();
        header.Span.CopyTo(file.AsSpan(4));

        long before = GC.GetAllocatedBytesForCurrentThread();
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file));
        exception.Code.ShouldBe("MESH10902");
        exception.Message.ShouldContain("claims to decompress");
        exception.Message.ShouldContain("column 'a', page at byte 4");
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(10 << 20);
    }

    [Fact]
    public async Task Damaged_values_are_found_by_column_and_byte()
    {
        var schema = new Schema([new Field("a", DataType.Int64, Nullable: false), new Field("b", DataType.Utf8)]);
        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), RandomData.Batch(new Random(1), schema, 100));
        file.AsSpan(30, 40).Fill(0xEE);
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file));
        exception.Code.ShouldBe("MESH10902");
        exception.Message.ShouldContain("column 'a', page at byte 4");
        exception.IsTransient.ShouldBeFalse();
    }

    [Theory]
    [InlineData(ParquetCompression.None)]
    [InlineData(ParquetCompression.Zstd)]
    [InlineData(ParquetCompression.Lz4Raw)]
    [InlineData(ParquetCompression.Gzip)]
    public async Task Mutated_files_give_rows_or_a_clear_error(ParquetCompression compression)
    {
        int refused = 0, total = 0;
        for (int seed = 0; seed < 12; seed++)
        {
            var random = new Random(seed);
            var schema = RandomData.Schema(random, 4, 3);
            var options = new ParquetWriterOptions { Compression = compression, PageBytes = 300, RowGroupBytes = 4_000, MaxDictionaryBytes = seed % 2 == 0 ? 0 : 1 << 16 };
            var (file, _) = await ParquetFiles.WriteAsync(schema, options, RandomData.Batch(random, schema, 80));
            int footer = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 8));
            for (int i = 0; i < 250; i++)
            {
                total++;
                byte[] mutated = Mutate(file, footer, random);
                try
                {
                    await ParquetFiles.ReadAsync(mutated);
                }
                catch (MeshException exception)
                {
                    exception.Code.ShouldBeOneOf("MESH10900", "MESH10901", "MESH10902", "MESH10903");
                    refused++;
                }
            }
        }

        refused.ShouldBeInRange(total / 10, total);
    }

    [Theory]
    [InlineData(ParquetCompression.None, null)]
    [InlineData(ParquetCompression.Snappy, null)]
    [InlineData(ParquetCompression.None, ParquetEncoding.DeltaByteArray)]
    [InlineData(ParquetCompression.None, ParquetEncoding.DeltaBinaryPacked)]
    public async Task Mutated_files_with_indexes_and_every_type_give_rows_or_a_clear_error(ParquetCompression compression, ParquetEncoding? encoding)
    {
        string[] columns = encoding switch { ParquetEncoding.DeltaByteArray => ["text", "bytes", "id", "raw"], ParquetEncoding.DeltaBinaryPacked => ["i", "l", "us"], _ => [] };
        int refused = 0, total = 0;
        for (int seed = 0; seed < 6; seed++)
        {
            var random = new Random(seed);
            var options = new ParquetWriterOptions
            {
                Compression = compression, PageBytes = 400, RowGroupBytes = 20_000, DataPageVersion = 1 + (seed & 1), PageCrc = false, BloomFilterColumns = new HashSet<string> { "text" },
                Encodings = columns.ToDictionary(column => column, _ => encoding!.Value),
            };
            var (file, _) = await ParquetFiles.WriteAsync(EveryType.Schema, options, EveryType.Batch(seed, 150));
            int footer = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(file.Length - 8));
            for (int i = 0; i < 150; i++)
            {
                total++;
                byte[] mutated = Mutate(file, footer, random);
                try
                {
                    await ParquetFiles.ReadAsync(mutated);
                    await ParquetFiles.ReadAsync(mutated, new ParquetReadOptions { Filter = PredicateParser.Parse("text = 'Strecke 1 Größe 7' OR l < 40000") });
                }
                catch (MeshException exception)
                {
                    exception.Code.ShouldBeOneOf("MESH10900", "MESH10901", "MESH10902", "MESH10903", "MESH10910", "MESH10911");
                    refused++;
                }
            }
        }

        refused.ShouldBeInRange(total / 10, total);
    }

    /// <summary>Damage anywhere, or in the footer alone, or in the data alone with a whole footer behind it.</summary>
    private static byte[] Mutate(byte[] file, int footerBytes, Random random)
    {
        int footerStart = file.Length - 8 - footerBytes;
        switch (random.Next(3))
        {
            case 0:
                return Mutations.Of(file, random);
            case 1:
                byte[] footer = Mutations.Of(file.AsSpan(footerStart, footerBytes), random);
                return [.. file.AsSpan(0, footerStart), .. footer, .. BitConverter.GetBytes(footer.Length), .. "PAR1"u8];
            default:
                byte[] data = Mutations.Of(file.AsSpan(0, footerStart), random);
                Array.Resize(ref data, footerStart);
                return [.. data, .. file.AsSpan(footerStart)];
        }
    }
}
