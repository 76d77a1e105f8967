using Mesh.Columnar.Compression;
using Mesh.Columnar.Parquet;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet.Writing;

public class WriterFeatureTests
{
    private static readonly Schema Mixed = new([
        new Field("time", DataType.TimestampMicros, Nullable: false, Id: 1),
        new Field("x", DataType.Float64, Id: 2),
        new Field("text", DataType.Utf8, Id: 3),
        new Field("pose", new StructType([new Field("y", DataType.Float32, Id: 5), new Field("v", new ListType(new Field("element", DataType.Int64, Id: 7)), Id: 6)]), Id: 4),
        new Field("id", DataType.Uuid, Id: 8),
        new Field("flag", DataType.Boolean, Id: 9),
    ]);

    [Theory]
    [InlineData(ParquetCompression.Zstd, 2)]
    [InlineData(ParquetCompression.Snappy, 3)]
    [InlineData(ParquetCompression.Gzip, 16)]
    public async Task The_bytes_do_not_depend_on_how_many_threads_encode(ParquetCompression compression, int parallelism)
    {
        var random = new Random(11);
        RecordBatch[] batches = [.. Enumerable.Range(0, 8).Select(_ => Batch(random, 1500))];
        var options = new ParquetWriterOptions { Compression = compression, PageBytes = 4096, RowGroupBytes = 100_000, BloomFilterColumns = new HashSet<string> { "text" } };
        var (alone, _) = await ParquetFiles.WriteAsync(Mixed, options, batches);
        var (together, summary) = await ParquetFiles.WriteAsync(Mixed, options with { Parallelism = parallelism }, batches);
        together.AsSpan().SequenceEqual(alone).ShouldBeTrue();
        summary.SplitOffsets.Count.ShouldBeGreaterThan(2);
    }

    [Fact]
    public async Task An_error_on_another_thread_arrives_as_it_is()
    {
        var schema = new Schema([.. Enumerable.Range(0, 6).Select(i => new Field($"c{i}", DataType.Int32, Nullable: i != 4))]);
        var builder = new StructBuilder(schema.AsStruct());
        foreach (var child in builder.Children) child.AppendNull();
        builder.EndStruct();
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { Parallelism = 3 }, builder.BuildBatch()));
        exception.Code.ShouldBe("MESH10905");
    }

    [Fact]
    public async Task Page_index_Bloom_filter_and_order_are_found_by_others()
    {
        var schema = new Schema([new Field("n", DataType.Int64), new Field("text", DataType.Utf8, Nullable: false), new Field("v", new ListType(new Field("element", DataType.Int32)))]);
        var builder = new StructBuilder(schema.AsStruct());
        const int Rows = 3000;
        for (int i = 0; i < Rows; i++)
        {
            // The second thousand is absent: whole pages of it are.
            if (i is >= 1000 and < 2000) builder.Children[0].AppendNull();
            else ((FixedWidthBuilder<long>)builder.Children[0]).Append(i * 2);
            ((BinaryBuilder)builder.Children[1]).Append($"text {i}");
            for (int j = i % 4; j > 0; j--) ((FixedWidthBuilder<int>)((ListBuilder)builder.Children[2]).Element).Append(i);
            ((ListBuilder)builder.Children[2]).EndList();
            builder.EndStruct();
        }

        var options = new ParquetWriterOptions { PageBytes = 1024, BloomFilterColumns = new HashSet<string> { "n", "text" }, SortedBy = ["text"] };
        var batch = builder.BuildBatch();
        var stream = new MemoryStream();
        await using (var writer = new ParquetWriter(stream, schema, options))
        {
            await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            await writer.FlushRowGroupAsync(TestContext.Current.CancellationToken);
            await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        using var folder = new TemporaryFolder();
        string path = folder["indexed.parquet"];
        await File.WriteAllBytesAsync(path, stream.ToArray(), TestContext.Current.CancellationToken);
        var seen = await NodeScript.RunAsync("parquet-index.mjs", path, "n", "4::BIGINT", "3::BIGINT", "5999::BIGINT");

        var index = seen.GetProperty("indexes")[1];
        var places = index.GetProperty("places").EnumerateArray().ToList();
        var bounds = index.GetProperty("bounds");
        places.Count.ShouldBeGreaterThan(10);
        bounds.GetProperty("boundary_order").GetString().ShouldBe("ASCENDING");
        long at = index.GetProperty("start").GetInt64(), end = at + index.GetProperty("bytes").GetInt64(), row = -1;
        for (int page = 0; page < places.Count; page++)
        {
            places[page].GetProperty("offset").GetInt64().ShouldBe(at);
            at += places[page].GetProperty("compressed_page_size").GetInt64();
            long first = places[page].GetProperty("first_row_index").GetInt64();
            first.ShouldBeGreaterThan(row);
            row = first;
            long next = page + 1 < places.Count ? places[page + 1].GetProperty("first_row_index").GetInt64() : Rows;
            long[] present = [.. Range(first, next).Where(i => i is < 1000 or >= 2000)];
            bounds.GetProperty("null_pages")[page].GetBoolean().ShouldBe(present.Length == 0);
            bounds.GetProperty("null_counts")[page].GetInt64().ShouldBe(next - first - present.Length);
            if (present.Length == 0) continue;
            bounds.GetProperty("min_values")[page].GetInt64().ShouldBe(present[0] * 2);
            bounds.GetProperty("max_values")[page].GetInt64().ShouldBe(present[^1] * 2);
        }

        at.ShouldBe(end);
        seen.GetProperty("excluded").EnumerateArray().Select(groups => groups.GetArrayLength()).ShouldBe([0, 2, 2]);
        var order = seen.GetProperty("sorted")[1][0];
        (order.GetProperty("column_idx").GetInt32(), order.GetProperty("descending").GetBoolean(), order.GetProperty("nulls_first").GetBoolean()).ShouldBe((1, false, true));
    }

    [Fact]
    public async Task Options_that_name_no_column_or_an_unfit_encoding_are_refused()
    {
        await Refuses(new ParquetWriterOptions { SortedBy = ["tiem"] }, "'tiem'");
        await Refuses(new ParquetWriterOptions { BloomFilterColumns = new HashSet<string> { "pose" } }, "'pose'");
        await Refuses(new ParquetWriterOptions { BloomFilterColumns = new HashSet<string> { "flag" } }, "'flag'");
        await Refuses(new ParquetWriterOptions { Encodings = new Dictionary<string, ParquetEncoding> { ["x"] = ParquetEncoding.DeltaBinaryPacked } }, "'x'");
        await Refuses(new ParquetWriterOptions { Encodings = new Dictionary<string, ParquetEncoding> { ["flag"] = ParquetEncoding.Dictionary } }, "'flag'");
    }

    [Fact]
    public async Task A_decimal_of_too_many_digits_is_refused_instead_of_cut()
    {
        var schema = new Schema([new Field("d", new DecimalType(9, 2))]);
        var builder = new StructBuilder(schema.AsStruct());
        ((FixedWidthBuilder<Int128>)builder.Children[0]).Append(3_000_000_000);
        builder.EndStruct();
        (await Should.ThrowAsync<MeshException>(() => ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), builder.BuildBatch()))).Code.ShouldBe("MESH10921");
    }

    [Fact]
    public async Task Bounds_of_every_fixed_type_follow_the_single_value_serialisation()
    {
        var schema = new Schema([
            new Field("small", new DecimalType(9, 2), Id: 1), new Field("medium", new DecimalType(18, 0), Id: 2), new Field("id", DataType.Uuid, Id: 3),
            new Field("raw", new FixedBinaryType(3), Id: 4), new Field("half", DataType.Float16, Id: 5), new Field("nanos", DataType.TimestampNanos, Id: 6),
        ]);
        var builder = new StructBuilder(schema.AsStruct());
        for (int i = 0; i < 2; i++)
        {
            ((FixedWidthBuilder<Int128>)builder.Children[0]).Append(i == 0 ? -128 : 300);
            ((FixedWidthBuilder<Int128>)builder.Children[1]).Append(i == 0 ? -1 : 999_999_999_999_999_999);
            ((FixedBinaryBuilder)builder.Children[2]).Append([.. Enumerable.Repeat((byte)(i == 0 ? 0x7F : 0x80), 16)]);
            ((FixedBinaryBuilder)builder.Children[3]).Append([(byte)i, 0xFF, 0xFF]);
            ((FixedWidthBuilder<Half>)builder.Children[4]).Append((Half)i);
            ((FixedWidthBuilder<long>)builder.Children[5]).Append(i);
            builder.EndStruct();
        }

        var (_, summary) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), builder.BuildBatch());
        var metrics = summary.Columns.ToDictionary(column => column.FieldId);
        metrics[1].LowerBound.ShouldBe([0x80]);
        metrics[1].UpperBound.ShouldBe([1, 44]);
        metrics[2].LowerBound.ShouldBe([0xFF]);
        metrics[2].UpperBound.ShouldBe([0x0D, 0xE0, 0xB6, 0xB3, 0xA7, 0x63, 0xFF, 0xFF]);
        metrics[3].LowerBound.ShouldBe([.. Enumerable.Repeat((byte)0x7F, 16)]);
        metrics[3].UpperBound.ShouldBe([.. Enumerable.Repeat((byte)0x80, 16)]);
        metrics[4].UpperBound.ShouldBe([1, 0xFF, 0xFF]);
        metrics[5].LowerBound.ShouldBeNull();
        metrics[6].UpperBound.ShouldBe(BitConverter.GetBytes(1L));
    }

    [Fact]
    public async Task Each_kind_of_data_gets_the_encoding_that_suits_it()
    {
        var schema = new Schema([
            new Field("sorted", DataType.Int64, Nullable: false), new Field("state", DataType.Utf8, Nullable: false), new Field("key", DataType.Utf8, Nullable: false),
            new Field("walk", DataType.Float64, Nullable: false), new Field("noise", DataType.Int64, Nullable: false), new Field("runs", DataType.Boolean, Nullable: false),
        ]);
        var random = new Random(8);
        var builder = new StructBuilder(schema.AsStruct());
        double walk = 100;
        for (int i = 0; i < 20_000; i++)
        {
            ((FixedWidthBuilder<long>)builder.Children[0]).Append(1_700_000_000_000_000L + (i * 10_000L) + random.Next(50));
            ((BinaryBuilder)builder.Children[1]).Append(random.Next(2) == 0 ? "standing" : "driving");
            ((BinaryBuilder)builder.Children[2]).Append($"fleet/vehicle/{i:d9}");
            ((FixedWidthBuilder<double>)builder.Children[3]).Append(walk += random.NextDouble() - 0.5);
            ((FixedWidthBuilder<long>)builder.Children[4]).Append(random.NextInt64(long.MinValue, long.MaxValue));
            ((BooleanBuilder)builder.Children[5]).Append(i % 4000 < 3000);
            builder.EndStruct();
        }

        var batch = builder.BuildBatch();
        (await EncodingsAsync(schema, new ParquetWriterOptions(), batch)).ShouldBe(
            [Encoding.DeltaBinaryPacked, Encoding.RleDictionary, Encoding.DeltaLengthByteArray, Encoding.Plain, Encoding.Plain, Encoding.Rle]);
        (await EncodingsAsync(schema, new ParquetWriterOptions { ChooseFrom = ParquetEncodings.All }, batch)).ShouldBe(
            [Encoding.DeltaBinaryPacked, Encoding.RleDictionary, Encoding.DeltaByteArray, Encoding.ByteStreamSplit, Encoding.Plain, Encoding.Rle]);
        (await EncodingsAsync(schema, new ParquetWriterOptions { ChooseFrom = ParquetEncodings.Classic }, batch)).ShouldBe(
            [Encoding.Plain, Encoding.RleDictionary, Encoding.Plain, Encoding.Plain, Encoding.Plain, Encoding.Plain]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Pages_carry_the_checksum_of_their_bytes(int version)
    {
        var (file, _) = await ParquetFiles.WriteAsync(Mixed, new ParquetWriterOptions { DataPageVersion = version, PageBytes = 4096 }, Batch(new Random(4), 2000));
        int pages = 0;
        foreach (var (_, header, body) in Pages(file))
        {
            pages++;
            CrcOf(header).ShouldBe((int)Crc32.Compute(body));
        }

        pages.ShouldBeGreaterThan(10);
    }

    /// <summary>Field 4 of the page header, found by reading the three before it.</summary>
    private static int CrcOf(ReadOnlySpan<byte> header)
    {
        var reader = new ThriftReader(header);
        short id = 0;
        while (reader.TryNextField(ref id, out var type))
        {
            if (id == 4) return reader.ReadI32(type);
            reader.Skip(type);
        }

        throw new InvalidOperationException("There is no checksum.");
    }

    private static async Task<Encoding[]> EncodingsAsync(Schema schema, ParquetWriterOptions options, RecordBatch batch)
    {
        var (file, _) = await ParquetFiles.WriteAsync(schema, options, batch);
        return [.. Pages(file).Where(page => PageHeader.Read(page.Header, out _).Type == PageType.DataPage).GroupBy(page => page.Column).Select(pages => PageHeader.Read(pages.First().Header, out _).Encoding)];
    }

    private static List<(int Column, byte[] Header, byte[] Body)> Pages(byte[] file)
    {
        int footerBytes = BitConverter.ToInt32(file, file.Length - 8);
        var footer = FooterReader.Read(file.AsSpan(file.Length - 8 - footerBytes, footerBytes));
        var pages = new List<(int, byte[], byte[])>();
        foreach (var group in footer.RowGroups)
        {
            for (int column = 0; column < group.Columns.Count; column++)
            {
                var chunk = group.Columns[column];
                int at = (int)(chunk.DictionaryPageOffset > 0 ? chunk.DictionaryPageOffset : chunk.DataPageOffset);
                for (int end = at + (int)chunk.CompressedBytes; at < end;)
                {
                    var header = PageHeader.Read(file.AsSpan(at), out int consumed);
                    pages.Add((column, file[at..(at + consumed)], file[(at + consumed)..(at + consumed + header.CompressedBytes)]));
                    at += consumed + header.CompressedBytes;
                }
            }
        }

        return pages;
    }

    private static RecordBatch Batch(Random random, int rows)
    {
        var builder = new StructBuilder(Mixed.AsStruct());
        byte[] id = new byte[16];
        for (int i = 0; i < rows; i++)
        {
            for (int column = 0; column < Mixed.Fields.Count; column++)
            {
                if (builder.Children[column] is FixedBinaryBuilder ids)
                {
                    random.NextBytes(id);
                    ids.Append(id);
                }
                else
                {
                    RandomData.Append(random, builder.Children[column], Mixed.Fields[column].Nullable, 0.2);
                }
            }

            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    private static async Task Refuses(ParquetWriterOptions options, string named)
    {
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.WriteAsync(Mixed, options));
        exception.Code.ShouldBe("MESH10920");
        exception.Message.ShouldContain(named);
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (long i = from; i < to; i++) yield return i;
    }
}
