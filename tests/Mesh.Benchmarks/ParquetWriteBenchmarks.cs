using BenchmarkDotNet.Attributes;
using Mesh.Columnar;
using Mesh.Columnar.Parquet;

namespace Mesh.Benchmarks;

/// <summary>Ten numeric columns, two million rows in batches of 8192, to a stream that drops the bytes.</summary>
public class ParquetWriteBenchmarks
{
    private const int BatchRows = 8192;
    private const int Batches = 244;
    private readonly List<RecordBatch> batches = [];

    [Params(ParquetCompression.None, ParquetCompression.Lz4Raw, ParquetCompression.Zstd)]
    public ParquetCompression Compression { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(3);
        var fields = Enumerable.Range(0, 10).Select(i => new Field($"c{i}", i < 5 ? DataType.Float64 : i < 8 ? DataType.Int64 : DataType.Int32, Nullable: false, Id: i + 1)).ToArray();
        double[] walk = new double[5];
        long time = 0;
        for (int batch = 0; batch < Batches; batch++)
        {
            var rows = new StructBuilder(new StructType(fields));
            for (int row = 0; row < BatchRows; row++, time += 10_000_000)
            {
                for (int i = 0; i < 5; i++) ((FixedWidthBuilder<double>)rows.Children[i]).Append(walk[i] += random.NextDouble() - 0.5);
                for (int i = 5; i < 8; i++) ((FixedWidthBuilder<long>)rows.Children[i]).Append(time + random.Next(1000));
                for (int i = 8; i < 10; i++) ((FixedWidthBuilder<int>)rows.Children[i]).Append(random.Next(50));
                rows.EndStruct();
            }

            batches.Add(rows.BuildBatch());
        }

        PayloadBytes.Set(typeof(ParquetWriteBenchmarks), batches.Sum(batch => batch.Columns.Sum(column => (long)column.ValueBytes.Length)));
    }

    [Benchmark]
    public async Task WriteAsync()
    {
        await using var writer = new ParquetWriter(Stream.Null, batches[0].Schema, new ParquetWriterOptions { Compression = Compression });
        foreach (var batch in batches) await writer.WriteAsync(batch, default);
        await writer.CompleteAsync(default);
    }
}
