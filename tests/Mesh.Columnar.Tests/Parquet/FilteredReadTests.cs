using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Parquet;

public class FilteredReadTests
{
    private static readonly string[] Conditions =
    [
        "l < 200000", "l BETWEEN 500000 AND 520000", "NOT (l >= 200000)", "l IS NULL", "l IS NOT NULL AND d > 1000.5", "i = 7", "i <> 7", "i IN (1, 2, 3, 99)", "NOT i IN (1, 2, 3)",
        "text LIKE 'Strecke 3%'", "NOT text LIKE 'Strecke 1%'", "text = 'Strecke 4 Größe 7'", "text >= 'Strecke 5'", "flag = true", "flag <> true OR l > 1100000", "half < 0", "f > 100", "f <= 12.25",
        "small > 1.5", "medium <= -3.14159", "large = 0", "pose.x > 700", "pose.at.n < 90000", "pose IS NULL", "pose.name LIKE 'Strecke 2%' AND l > 100000", "items IS NULL", "tags IS NOT NULL",
        "us < TIMESTAMP '1970-01-01T00:00:00.300Z'", "ns >= '1970-01-01T00:00:00.000700500Z'", "day > DATE '1990-01-01'", "clock < '00:00:00.5'", "l > 99999999999999999999", "l < 99999999999999999999", "i = 2.5",
    ];

    [Theory]
    [InlineData(1, true)]
    [InlineData(2, true)]
    [InlineData(2, false)]
    public async Task A_filter_gives_exactly_the_rows_that_reading_all_and_filtering_gives(int version, bool hasIndex)
    {
        RecordBatch[] batches = [.. Enumerable.Range(0, 4).Select(seed => EveryType.Batch(seed, 600))];
        var options = new ParquetWriterOptions
        {
            DataPageVersion = version, PageIndex = hasIndex, PageBytes = 500, RowGroupBytes = 60_000, BloomFilterColumns = new HashSet<string> { "text", "i", "pose.name" },
        };
        var (file, _) = await ParquetFiles.WriteAsync(EveryType.Schema, options, batches);
        var all = await ParquetFiles.ReadAsync(file, new ParquetReadOptions { RowPositionColumn = "position" });
        Rows.Of(all.Select(batch => new RecordBatch(EveryType.Schema, batch.Length, [.. batch.Columns.SkipLast(1)]))).ShouldBe(Rows.Of(batches));
        var selection = new RowSelection();
        int matching = 0;
        foreach (string condition in Conditions)
        {
            var predicate = PredicateParser.Parse(condition);
            var expected = new List<string>();
            foreach (var batch in all)
            {
                if (PredicateFilter.Create(predicate, batch.Schema).Select(batch, selection) > 0) expected.AddRange(Rows.Of([selection.Take(batch)]));
            }

            var statistics = new ParquetReadStatistics();
            var read = await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = predicate, RowPositionColumn = "position", Statistics = statistics });
            Rows.Of(read).ShouldBe(expected, condition);
            read.ShouldAllBe(batch => batch.Length > 0);
            statistics.RowsMatched.ShouldBe(expected.Count);
            matching += expected.Count;
            var narrow = await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = predicate, Columns = ["tags", "pose.name"], Parallelism = 2 });
            narrow.Sum(batch => batch.Length).ShouldBe(expected.Count, condition);
        }

        matching.ShouldBeGreaterThan(5000);
    }

    [Fact]
    public async Task Row_groups_and_pages_that_cannot_match_are_neither_read_nor_decompressed()
    {
        var schema = new Schema([new Field("n", DataType.Int64, Nullable: false), new Field("payload", DataType.Binary, Nullable: false), new Field("v", new ListType(new Field("element", DataType.Int64, Nullable: false)))]);
        var builder = new StructBuilder(schema.AsStruct());
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            ((FixedWidthBuilder<long>)builder.Children[0]).Append(i);
            ((BinaryBuilder)builder.Children[1]).Append(Compression.Payloads.Random(random, 200));
            for (int j = i % 3; j > 0; j--) ((FixedWidthBuilder<long>)((ListBuilder)builder.Children[2]).Element).Append(i);
            ((ListBuilder)builder.Children[2]).EndList();
            builder.EndStruct();
        }

        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { PageBytes = 20_000, RowGroupBytes = 1 << 20 }, builder.BuildBatch());
        var statistics = new ParquetReadStatistics();
        var batches = await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = PredicateParser.Parse("n = 12345"), Statistics = statistics, RowPositionColumn = "position" });
        var batch = batches.ShouldHaveSingleItem();
        batch["position"].Values<long>()[0].ShouldBe(12345);
        Rows.Text(batch["v"], 0).ShouldBe("[]");
        statistics.RowGroupsRead.ShouldBe(1);
        statistics.RowGroupsSkipped.ShouldBeGreaterThan(2);
        statistics.PagesSkipped.ShouldBeGreaterThan(20);
        statistics.PagesRead.ShouldBeLessThan(8);
        statistics.BytesRead.ShouldBeLessThan(file.Length / 20);
        statistics.RowsRead.ShouldBeLessThan(4000);
    }

    [Fact]
    public async Task A_bloom_filter_rules_row_groups_out_that_bounds_do_not()
    {
        var schema = new Schema([new Field("key", DataType.Utf8, Nullable: false), new Field("n", DataType.Int32, Nullable: false)]);
        var builder = new StructBuilder(schema.AsStruct());
        for (int i = 0; i < 3000; i++)
        {
            ((BinaryBuilder)builder.Children[0]).Append(Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(BitConverter.GetBytes(i))));
            ((FixedWidthBuilder<int>)builder.Children[1]).Append(i * 2);
            builder.EndStruct();
        }

        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { BloomFilterColumns = new HashSet<string> { "key", "n" }, BloomFilterFalsePositiveRate = 0.001 }, builder.BuildBatch());
        foreach (string absent in new[] { "key = '80'", "n IN (77, 1001)", "key = 'C0' OR n = 5" })
        {
            var statistics = new ParquetReadStatistics();
            (await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = PredicateParser.Parse(absent), Statistics = statistics })).ShouldBeEmpty();
            (statistics.RowGroupsSkipped, statistics.PagesRead).ShouldBe((1, 0), absent);
        }

        (await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = PredicateParser.Parse("n = 78") })).ShouldHaveSingleItem().Length.ShouldBe(1);
    }

    [Fact]
    public async Task Row_groups_are_chosen_by_number_and_keep_their_positions()
    {
        var schema = new Schema([new Field("n", DataType.Int64, Nullable: false)]);
        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { RowGroupBytes = 8000 }, RandomData.Batch(new Random(4), schema, 5000));
        await using var reader = await ParquetReader.OpenAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken);
        reader.RowGroupCount.ShouldBeGreaterThan(2);
        var batch = (await ParquetFiles.ReadAsync(file, new ParquetReadOptions { FirstRowGroup = 1, RowGroupCount = 1, Columns = [], RowPositionColumn = "at" })).ShouldHaveSingleItem();
        batch.Length.ShouldBe((int)reader.RowsOf(1));
        batch["at"].Values<long>()[0].ShouldBe(reader.RowsOf(0));
    }

    [Theory]
    [InlineData("nothing = 1", "MESH10910")]
    [InlineData("items.element = 1", "MESH10910")]
    [InlineData("l = 'text'", "MESH10911")]
    [InlineData("text = 5", "MESH10911")]
    [InlineData("pose = 5", "MESH10911")]
    [InlineData("l LIKE 'x%'", "MESH10911")]
    public async Task A_condition_that_does_not_fit_the_file_is_refused(string condition, string code)
    {
        var (file, _) = await ParquetFiles.WriteAsync(EveryType.Schema, new ParquetWriterOptions(), EveryType.Batch(1, 10));
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file, new ParquetReadOptions { Filter = PredicateParser.Parse(condition) }));
        exception.Code.ShouldBe(code);
    }
}
