using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet;

[Collection(nameof(Alone))]
public class ParquetAllocationTests
{
    /// <summary>Pages and row groups cost a little; rows must not. In bytes.</summary>
    private const double AllocatedPerRow = 0.5;

    [Theory]
    [InlineData(ParquetCompression.Zstd, 1, "")]
    [InlineData(ParquetCompression.Snappy, 2, "delta")]
    [InlineData(ParquetCompression.Gzip, 1, "split")]
    public async Task The_hot_path_allocates_next_to_nothing_per_row(ParquetCompression compression, int version, string encodings)
    {
        var schema = new Schema([
            new Field("time", DataType.TimestampMicros, Nullable: false),
            new Field("x", DataType.Float64),
            new Field("label", DataType.Utf8),
            new Field("flag", DataType.Boolean, Nullable: false),
            new Field("exact", new DecimalType(20, 0)),
            new Field("pose", new StructType([new Field("y", DataType.Float32), new Field("v", new ListType(new Field("element", DataType.Float64, Nullable: false)))])),
        ]);
        var batch = RandomData.Batch(new Random(1), schema, 10_000);
        var options = new ParquetWriterOptions
        {
            RowGroupBytes = 8 << 20,
            PageBytes = 256 << 10,
            Compression = compression,
            DataPageVersion = version,
            BloomFilterColumns = encodings == "delta" ? new HashSet<string> { "label" } : [],
            Encodings = encodings switch
            {
                "delta" => new Dictionary<string, ParquetEncoding>
                {
                    ["time"] = ParquetEncoding.DeltaBinaryPacked, ["label"] = ParquetEncoding.DeltaByteArray, ["flag"] = ParquetEncoding.Rle,
                },
                "split" => new Dictionary<string, ParquetEncoding>
                {
                    ["x"] = ParquetEncoding.ByteStreamSplit, ["label"] = ParquetEncoding.DeltaLengthByteArray, ["pose.v.list.element"] = ParquetEncoding.ByteStreamSplit, ["exact"] = ParquetEncoding.ByteStreamSplit,
                },
                _ => new Dictionary<string, ParquetEncoding>(),
            },
        };
        await using var writer = new ParquetWriter(Stream.Null, schema, options);
        for (int i = 0; i < 60; i++) await writer.WriteAsync(batch, TestContext.Current.CancellationToken);

        long before = GC.GetAllocatedBytesForCurrentThread();
        const int Batches = 60;
        for (int i = 0; i < Batches; i++)
        {
            // Completes synchronously: Stream.Null never waits, so the thread stays the same.
            var write = writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            write.IsCompletedSuccessfully.ShouldBeTrue();
        }

        double perRow = (GC.GetAllocatedBytesForCurrentThread() - before) / ((double)Batches * batch.Length);
        perRow.ShouldBeLessThan(AllocatedPerRow);
    }

    /// <summary>Validity bitmaps are of memory of their own: an eighth of a byte for each column. In bytes.</summary>
    private const double AllocatedPerRowRead = 2;

    [Theory]
    [InlineData(ParquetCompression.Zstd, true)]
    [InlineData(ParquetCompression.Snappy, false)]
    public async Task Reading_into_memory_used_again_allocates_next_to_nothing_per_row(ParquetCompression compression, bool isAdaptive)
    {
        var schema = new Schema([
            new Field("time", DataType.TimestampMicros, Nullable: false), new Field("x", DataType.Float64), new Field("n", DataType.Int32), new Field("label", DataType.Utf8),
            new Field("flag", DataType.Boolean), new Field("exact", new DecimalType(20, 0)),
        ]);
        var batch = RandomData.Batch(new Random(1), schema, 10_000);
        var options = new ParquetWriterOptions { Compression = compression, ChooseFrom = isAdaptive ? ParquetEncodings.All : ParquetEncodings.Classic };
        var (file, _) = await ParquetFiles.WriteAsync(schema, options, [.. Enumerable.Repeat(batch, 60)]);
        var memory = new ColumnMemory(256 << 20);
        await using var reader = await ParquetReader.OpenAsync(new Model.MemoryByteSource(file), TestContext.Current.CancellationToken);
        long rows = 0, before = 0;
        for (int round = 0; round < 2; round++)
        {
            // The first round fills the pools.
            (rows, before) = (0, GC.GetAllocatedBytesForCurrentThread());
            await foreach (var read in reader.ReadAsync(new ParquetReadOptions { Memory = memory }, TestContext.Current.CancellationToken))
            {
                rows += read.Length;
                memory.Reclaim();
            }
        }

        rows.ShouldBe(600_000);
        ((GC.GetAllocatedBytesForCurrentThread() - before) / (double)rows).ShouldBeLessThan(AllocatedPerRowRead);
    }
}

/// <summary>Buffers come from the shared pool, which other tests' collections trim: such tests run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
