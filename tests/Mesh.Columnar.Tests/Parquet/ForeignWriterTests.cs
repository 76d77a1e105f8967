using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Files of DuckDB as Mesh sees them.</summary>
public class ForeignWriterTests
{
    private const string Select = """
        SELECT i::INTEGER AS small,
               CASE WHEN i % 7 = 0 THEN NULL ELSE i * 1000000007 END::BIGINT AS large,
               (i / 8.0)::DOUBLE AS half,
               CASE WHEN i % 3 = 0 THEN NULL ELSE 'Größe ' || (i % 11) END AS label,
               (i % 5 = 0) AS flag,
               ((i - 500) / 100.0)::DECIMAL(9, 2) AS price,
               (i * 12345678901)::DECIMAL(18, 3) AS amount,
               (i::HUGEINT * 1234567890123456789)::DECIMAL(38, 0) AS huge,
               DATE '2024-02-29' + i::INTEGER AS day,
               make_timestamptz(1700000000000000 + i) AS time,
               CASE WHEN i % 4 = 0 THEN NULL ELSE range(i % 4) END AS items,
               [{'x': i::INTEGER, 'y': ['a', NULL, i::VARCHAR]}] AS nested
        FROM range(3000) t(i)
        """;

    [Theory]
    [InlineData("COMPRESSION zstd")]
    [InlineData("COMPRESSION gzip")]
    [InlineData("COMPRESSION lz4_raw, ROW_GROUP_SIZE 2048")]
    [InlineData("COMPRESSION uncompressed")]
    public async Task What_DuckDB_writes_is_read(string options)
    {
        var rows = Rows.Of((await ReadAsync(Select, options)).Batches);

        rows.Count.ShouldBe(3000);
        for (int i = 0; i < rows.Count; i++)
        {
            string large = i % 7 == 0 ? "null" : (i * 1000000007L).ToString();
            string label = i % 3 == 0 ? "null" : $"\"Größe {i % 11}\"";
            string items = i % 4 == 0 ? "null" : $"[{string.Join(", ", Enumerable.Range(0, i % 4))}]";
            string expected = string.Join(
                " | ", i, large, BitConverter.DoubleToUInt64Bits(i / 8.0).ToString("x16"), label, i % 5 == 0 ? "true" : "false", i - 500,
                (Int128)i * 12345678901 * 1000, (Int128)i * 1234567890123456789, 19782 + i, 1700000000000000 + i, items,
                $"[{{{i}, [\"a\", null, \"{i}\"]}}]");
            rows[i].ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData("SELECT 1 AS a", "COMPRESSION snappy", "Snappy")]
    [InlineData("SELECT MAP {'k': 1} AS a", "COMPRESSION zstd", "'a' is a map")]
    [InlineData("SELECT 1::UBIGINT AS a", "COMPRESSION zstd", "'a' has the type Int64")]
    public async Task What_is_not_read_is_named(string select, string options, string reason)
    {
        // Written outside the assertion: where DuckDB is absent, the test is skipped.
        byte[] file = await WriteAsync(select, options);
        var exception = await Should.ThrowAsync<MeshException>(() => ParquetFiles.ReadAsync(file));
        exception.Code.ShouldBe("MESH10903");
        exception.Message.ShouldContain(reason);
    }

    private static async Task<(Schema Schema, List<RecordBatch> Batches)> ReadAsync(string select, string options) =>
        await ParquetFiles.ReadAsync(await WriteAsync(select, options));

    private static async Task<byte[]> WriteAsync(string select, string options)
    {
        using var folder = new TemporaryFolder();
        string path = folder["duck.parquet"];
        await NodeScript.RunAsync("parquet-write.mjs", path, select, options);
        return await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
    }
}
