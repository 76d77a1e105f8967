using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.Parquet;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Tables of unusual shape, value by value in DuckDB, hyparquet, Rust's parquet and apache-arrow.</summary>
public sealed class TableShapeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_table_of_two_thousand_columns()
    {
        DataType[] types = [DataType.Int32, DataType.Int64, DataType.Float32, DataType.Float64, DataType.Utf8, DataType.Boolean, DataType.TimestampMicros, DataType.Date32];
        var schema = new Schema([.. Enumerable.Range(0, 2000).Select(i => new Field($"column_{i}", types[i % types.Length], i % 3 > 0, i + 1))]);
        var random = new Random(1);
        await CheckAsync(schema, new ParquetWriterOptions { PageBytes = 4 << 10, Parallelism = 2 }, [RandomData.Batch(random, schema, 40), RandomData.Batch(random, schema, 3)], "duckdb", "hyparquet", "wasm");
    }

    [Fact]
    public async Task A_table_without_rows_and_one_of_empty_batches()
    {
        var schema = RandomData.AnySchema(new Random(2), 12, 3);
        await CheckAsync(schema, new ParquetWriterOptions(), [], "duckdb", "hyparquet", "wasm");
        await CheckAsync(schema, new ParquetWriterOptions(), [RandomData.Batch(new Random(3), schema, 0)], "duckdb", "hyparquet", "wasm");
    }

    [Theory]
    [InlineData(0.98)]
    [InlineData(1.0)]
    public async Task Tables_of_almost_nothing_but_nulls(double nulls)
    {
        for (int seed = 1; seed <= 5; seed++)
        {
            var random = new Random(seed);
            var any = RandomData.AnySchema(random, 10, 3);
            var schema = new Schema([.. any.Fields.Select(field => field with { Nullable = true }), .. RandomData.AllLeaves.Select((type, i) => new Field($"leaf{i}", type))]);
            await CheckAsync(schema, new ParquetWriterOptions { PageBytes = 500, RowGroupBytes = 5000 }, [RandomData.Batch(random, schema, 2000, nulls)], "duckdb", "wasm");
        }
    }

    [Fact]
    public async Task Texts_of_megabytes()
    {
        var schema = new Schema([new Field("id", DataType.Int32, Nullable: false), new Field("text", DataType.Utf8), new Field("blob", DataType.Binary), new Field("texts", new ListType(new Field("element", DataType.Utf8)))]);
        var builder = new StructBuilder(schema.AsStruct());
        var random = new Random(4);
        for (int i = 0; i < 12; i++)
        {
            ((FixedWidthBuilder<int>)builder.Children[0]).Append(i);
            string text = string.Concat(Enumerable.Repeat($"Größe {i} 🚗 ", i == 4 ? 200_000 : i % 4 == 0 ? 80_000 : i));
            if (i % 5 == 1) builder.Children[1].AppendNull();
            else ((BinaryBuilder)builder.Children[1]).Append(text);
            ((BinaryBuilder)builder.Children[2]).Append(Compression.Payloads.Random(random, i == 7 ? 5 << 20 : 100));
            var list = (ListBuilder)builder.Children[3];
            for (int k = 0; k < i % 3; k++) ((BinaryBuilder)list.Element).Append(text);
            list.EndList();
            builder.EndStruct();
        }

        var batch = builder.BuildBatch();
        // Each codec means three readers to be started: all of them at the level full.
        foreach (var compression in Require.Level == TestLevel.Full ? Enum.GetValues<ParquetCompression>() : [ParquetCompression.None, ParquetCompression.Zstd])
        {
            await CheckAsync(schema, new ParquetWriterOptions { Compression = compression }, [batch], "duckdb", "hyparquet", "wasm");
        }
    }

    [Fact]
    public async Task Tables_nested_four_deep()
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            var random = new Random(seed);
            var schema = RandomData.AnySchema(random, 8, 4);
            await CheckAsync(schema, new ParquetWriterOptions { PageBytes = 2000, DataPageVersion = 1 + (seed % 2) }, [RandomData.Batch(random, schema, 300), RandomData.Batch(random, schema, 100)], "duckdb", "wasm");
        }
    }

    /// <summary>As Parquet by the readers named and by our own, as Arrow IPC by apache-arrow.</summary>
    private async Task CheckAsync(Schema schema, ParquetWriterOptions options, RecordBatch[] batches, params string[] readers)
    {
        string name = Guid.NewGuid().ToString("N");
        var (file, _) = await ParquetFiles.WriteAsync(schema, options, batches);
        await File.WriteAllBytesAsync(folder[name + ".parquet"], file, Cancellation);
        using (var arrow = File.Create(folder[name + ".arrow"]))
        {
            var writer = new ArrowWriter(arrow, schema, new ArrowWriterOptions { ChooseDictionaries = true });
            foreach (var batch in batches) await writer.WriteAsync(batch, Cancellation);
            await writer.CompleteAsync(Cancellation);
        }

        Rows.Of((await ParquetFiles.ReadAsync(file)).Batches).ShouldBe(Rows.Of(batches));
        (await ForeignTables.CompareAsync(folder,
        [
            new ForeignTables.Case("Parquet", folder[name + ".parquet"], schema, batches, readers),
            new ForeignTables.Case("Arrow", folder[name + ".arrow"], schema, batches, "arrow"),
        ])).ShouldBeEmpty();
    }
}
