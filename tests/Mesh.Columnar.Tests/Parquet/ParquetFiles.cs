using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Parquet;

internal static class ParquetFiles
{
    public static async Task<(byte[] File, ParquetFileSummary Summary)> WriteAsync(Schema schema, ParquetWriterOptions options, params RecordBatch[] batches)
    {
        var stream = new MemoryStream();
        await using var writer = new ParquetWriter(stream, schema, options);
        foreach (var batch in batches) await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
        var summary = await writer.CompleteAsync(TestContext.Current.CancellationToken);
        return (stream.ToArray(), summary);
    }

    public static async Task<(Schema Schema, List<RecordBatch> Batches)> ReadAsync(byte[] file, IReadOnlyList<string>? columns = null)
    {
        await using var reader = await ParquetReader.OpenAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken);
        var batches = new List<RecordBatch>();
        await foreach (var batch in reader.ReadAsync(columns, TestContext.Current.CancellationToken)) batches.Add(batch);
        return (reader.Schema, batches);
    }

    public static async Task<List<RecordBatch>> ReadAsync(byte[] file, ParquetReadOptions options)
    {
        await using var reader = await ParquetReader.OpenAsync(new MemoryByteSource(file), TestContext.Current.CancellationToken);
        var batches = new List<RecordBatch>();
        await foreach (var batch in reader.ReadAsync(options, TestContext.Current.CancellationToken)) batches.Add(batch);
        return batches;
    }
}
