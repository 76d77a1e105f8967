using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Values of megabytes, which become pages without being copied.</summary>
[Collection(nameof(Alone))]
public class LargeValueTests
{
    private const int LargeBytes = 3 << 20;

    private static readonly Schema Columns = new([
        new Field("index", DataType.Int64, Nullable: false, Id: 1),
        new Field("image", DataType.Binary, Id: 2),
        new Field("text", DataType.Utf8, Nullable: false, Id: 3),
        new Field("scan", new StructType([new Field("points", DataType.Binary, Id: 5)]), Id: 4),
        new Field("parts", new ListType(new Field("element", DataType.Binary, Id: 7)), Id: 6),
    ]);

    [Theory]
    [InlineData(ParquetCompression.Zstd, 1)]
    [InlineData(ParquetCompression.Zstd, 2)]
    [InlineData(ParquetCompression.None, 1)]
    [InlineData(ParquetCompression.None, 2)]
    [InlineData(ParquetCompression.Snappy, 1)]
    public async Task Large_values_among_small_and_absent_ones_are_read_as_they_were(ParquetCompression compression, int version)
    {
        var batch = Batch();
        var (file, summary) = await ParquetFiles.WriteAsync(Columns, new ParquetWriterOptions { Compression = compression, DataPageVersion = version }, batch, batch);

        var read = (await ParquetFiles.ReadAsync(file)).Batches;
        read.Sum(part => part.Length).ShouldBe(2 * batch.Length);

        // Not ShouldBe: it would print megabytes.
        Rows.Of(read).SequenceEqual(Rows.Of([batch, batch])).ShouldBeTrue();
        var image = summary.Columns.Single(column => column.FieldId == 2);
        (image.ValueCount, image.NullCount).ShouldBe((2 * batch.Length, 4));
    }

    [Theory]
    [InlineData(ParquetCompression.Zstd)]
    [InlineData(ParquetCompression.None)]
    public async Task Writing_a_large_value_allocates_nothing_of_its_size(ParquetCompression compression)
    {
        const int Bytes = 64 << 20;
        var schema = new Schema([new Field("data", DataType.Binary, Nullable: false)]);
        var builder = new BinaryBuilder(DataType.Binary);
        new Random(4).NextBytes(builder.Reserve(Bytes));
        builder.Commit(Bytes);
        var batch = new RecordBatch(schema, 1, [builder.Build()]);
        await using var writer = new ParquetWriter(Stream.Null, schema, new ParquetWriterOptions { Compression = compression });

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
        await writer.FlushRowGroupAsync(TestContext.Current.CancellationToken);
        (GC.GetTotalAllocatedBytes(precise: true) - before).ShouldBeLessThan(Bytes / 20);
    }

    private static RecordBatch Batch()
    {
        var random = new Random(11);
        var index = new FixedWidthBuilder<long>(DataType.Int64);
        var image = new BinaryBuilder(DataType.Binary);
        var text = new BinaryBuilder(DataType.Utf8);
        var scan = new StructBuilder((StructType)Columns.Fields[3].Type);
        var parts = new ListBuilder((ListType)Columns.Fields[4].Type);
        for (int i = 0; i < 8; i++)
        {
            index.Append(i);
            if (i % 4 == 1) image.AppendNull();
            else image.Append(Noise(random, i % 2 == 0 ? LargeBytes + i : i));
            text.Append(i == 3 ? new string('x', LargeBytes) : "small");
            ((BinaryBuilder)scan.Children[0]).Append(Noise(random, i == 5 ? LargeBytes : 10));
            scan.EndStruct();
            for (int part = 0; part < i % 3; part++) ((BinaryBuilder)parts.Element).Append(Noise(random, i == 4 ? LargeBytes : 3));
            parts.EndList();
        }

        return new RecordBatch(Columns, 8, [index.Build(), image.Build(), text.Build(), scan.Build(), parts.Build()]);
    }

    private static byte[] Noise(Random random, int bytes)
    {
        byte[] noise = new byte[bytes];
        random.NextBytes(noise);
        return noise;
    }
}
