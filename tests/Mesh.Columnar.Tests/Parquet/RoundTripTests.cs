using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Parquet;

public class RoundTripTests
{
    [Fact]
    public async Task Random_nested_schemas_come_back_identical()
    {
        for (int seed = 0; seed < 150; seed++)
        {
            var random = new Random(seed);
            var schema = RandomData.Schema(random, random.Next(1, 6), random.Next(0, 4));
            var options = new ParquetWriterOptions
            {
                Compression = (ParquetCompression)(seed % 4),
                PageBytes = random.Next(2) == 0 ? 100 : 1 << 20,
                RowGroupBytes = random.Next(2) == 0 ? 3_000 : 1 << 20,
                MaxDictionaryBytes = random.Next(3) switch { 0 => 0, 1 => 50, _ => 1 << 19 },
            };
            double nulls = random.Next(3) * 0.3;
            var batches = Enumerable.Range(0, random.Next(1, 4)).Select(_ => RandomData.Batch(random, schema, random.Next(0, 150), nulls)).ToArray();

            var (file, summary) = await ParquetFiles.WriteAsync(schema, options, batches);
            var (readSchema, readBatches) = await ParquetFiles.ReadAsync(file);

            readSchema.ShouldBe(schema, $"seed {seed}");
            Rows.Of(readBatches).ShouldBe(Rows.Of(batches), $"seed {seed}");
            summary.RowCount.ShouldBe(batches.Sum(batch => batch.Length));
            summary.FileBytes.ShouldBe(file.Length);
        }
    }

    [Fact]
    public async Task A_batch_comes_back_with_the_same_buffers()
    {
        var random = new Random(7);
        for (int i = 0; i < 30; i++)
        {
            var schema = RandomData.Schema(random, 5, 3);
            var batch = RandomData.Batch(random, schema, 300);
            var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), batch);
            var read = (await ParquetFiles.ReadAsync(file)).Batches.ShouldHaveSingleItem();
            for (int column = 0; column < batch.Columns.Count; column++) SameVectors(read.Columns[column], batch.Columns[column]);
        }
    }

    [Fact]
    public async Task Large_columns_span_pages_dictionaries_and_row_groups()
    {
        var schema = new Schema([
            new Field("time", DataType.TimestampMicros, Nullable: false, Id: 1),
            new Field("level", DataType.Int32, Nullable: true, Id: 2),
            new Field("noise", DataType.Float64, Nullable: false, Id: 3),
            new Field("label", DataType.Utf8, Nullable: true, Id: 4),
            new Field("points", new ListType(new Field("element", DataType.Float32, Nullable: false, Id: 6)), Nullable: true, Id: 5),
            new Field("flag", DataType.Boolean, Nullable: false, Id: 7),
            new Field("unique", DataType.Utf8, Nullable: false, Id: 8),
        ]);
        var random = new Random(3);
        var builder = new StructBuilder(schema.AsStruct());
        var batches = new List<RecordBatch>();
        for (int i = 0; i < 120_000; i++)
        {
            ((FixedWidthBuilder<long>)builder.Children[0]).Append(1_700_000_000_000_000 + (i * 1000L));
            if (i % 1000 < 500) ((FixedWidthBuilder<int>)builder.Children[1]).Append(i / 5000);
            else builder.Children[1].AppendNull();
            ((FixedWidthBuilder<double>)builder.Children[2]).Append(random.NextDouble());
            ((BinaryBuilder)builder.Children[3]).Append($"label {random.Next(i < 50_000 ? 20 : 200_000)}");
            var list = (ListBuilder)builder.Children[4];
            for (int j = i % 4; j > 0; j--) ((FixedWidthBuilder<float>)list.Element).Append(j);
            list.EndList();
            ((BooleanBuilder)builder.Children[5]).Append(i % 3 == 0);
            ((BinaryBuilder)builder.Children[6]).Append($"row {i}");
            builder.EndStruct();
            if (i % 50_000 == 49_999) batches.Add(builder.BuildBatch());
        }

        batches.Add(builder.BuildBatch());
        var options = new ParquetWriterOptions { RowGroupBytes = 1 << 20, PageBytes = 100_000 };
        var (file, summary) = await ParquetFiles.WriteAsync(schema, options, [.. batches]);
        var read = (await ParquetFiles.ReadAsync(file)).Batches;

        Rows.Of(read).SequenceEqual(Rows.Of(batches)).ShouldBeTrue();
        summary.SplitOffsets.Count.ShouldBeGreaterThan(2);
        summary.SplitOffsets[0].ShouldBe(4);
        read.Max(batch => batch.Length).ShouldBeLessThanOrEqualTo(65_536);
    }

    [Fact]
    public async Task Only_wanted_columns_are_read_and_in_the_order_wanted()
    {
        var schema = new Schema([new Field("a", DataType.Int32), new Field("b", new StructType([new Field("x", DataType.Utf8)])), new Field("c", DataType.Int64)]);
        var batch = RandomData.Batch(new Random(1), schema, 50);
        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), batch);
        var read = (await ParquetFiles.ReadAsync(file, ["c", "b"])).Batches.ShouldHaveSingleItem();
        read.Schema.Fields.Select(field => field.Name).ShouldBe(["c", "b"]);
        Rows.Of([read]).ShouldBe(Rows.Of([new RecordBatch(new Schema([schema.Fields[2], schema.Fields[1]]), 50, [batch.Columns[2], batch.Columns[1]])]));

        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file, ["d"]));
        exception.Code.ShouldBe("MESH10907");
        exception.Message.ShouldContain("a, b, c");
    }

    [Fact]
    public async Task A_file_without_rows_still_has_its_schema_and_metadata()
    {
        var schema = new Schema([new Field("a", DataType.Int32, Id: 1)]);
        var options = new ParquetWriterOptions { Metadata = new Dictionary<string, string> { ["mesh.commit-id"] = "42" } };
        var (file, summary) = await ParquetFiles.WriteAsync(schema, options);
        summary.RowCount.ShouldBe(0);
        summary.SplitOffsets.ShouldBeEmpty();
        await using var reader = await ParquetReader.OpenAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken);
        reader.Schema.ShouldBe(schema);
        reader.Metadata["mesh.commit-id"].ShouldBe("42");
        reader.RowCount.ShouldBe(0);
    }

    [Fact]
    public async Task Blobs_larger_than_a_page_come_back_one_by_one()
    {
        var random = new Random(4);
        var builder = new StructBuilder(new StructType([new Field("image", DataType.Binary)]));
        for (int i = 0; i < 20; i++)
        {
            ((BinaryBuilder)builder.Children[0]).Append(Compression.Payloads.Random(random, 700_000));
            builder.EndStruct();
        }

        var batch = builder.BuildBatch();
        var (file, summary) = await ParquetFiles.WriteAsync(batch.Schema, new ParquetWriterOptions { RowGroupBytes = 3 << 20 }, batch);
        var read = (await ParquetFiles.ReadAsync(file)).Batches;
        summary.SplitOffsets.Count.ShouldBe(4);
        read.Sum(part => part.Length).ShouldBe(20);
        int row = 0;
        foreach (var part in read)
        {
            for (int i = 0; i < part.Length; i++) part.Columns[0].GetBytes(i).SequenceEqual(batch.Columns[0].GetBytes(row++)).ShouldBeTrue();
        }
    }

    private static void SameVectors(ColumnVector left, ColumnVector right)
    {
        left.Type.ShouldBe(right.Type);
        left.Length.ShouldBe(right.Length);
        left.NullCount.ShouldBe(right.NullCount);
        left.Validity.ToArray().ShouldBe(right.Validity.ToArray());
        left.OffsetBytes.ToArray().ShouldBe(right.OffsetBytes.ToArray());
        left.ValueBytes.ToArray().ShouldBe(right.ValueBytes.ToArray());
        for (int i = 0; i < left.Children.Count; i++) SameVectors(left.Children[i], right.Children[i]);
    }
}
