using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.Parquet;
using Mesh.Columnar.Tests.Parquet;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.ArrowIpc;

public sealed class ArrowIpcTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(ArrowCompression.None, false)]
    [InlineData(ArrowCompression.None, true)]
    [InlineData(ArrowCompression.Lz4, false)]
    [InlineData(ArrowCompression.Zstd, false)]
    [InlineData(ArrowCompression.Zstd, true)]
    public async Task What_was_written_is_read_back(ArrowCompression compression, bool stream)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var schema = RandomData.Schema(random, columns: 8, depth: 3);
            RecordBatch[] batches = [RandomData.Batch(random, schema, 100), RandomData.Batch(random, schema, 0), RandomData.Batch(random, schema, 37, nulls: 0)];
            byte[] file = await WriteAsync(schema, new ArrowWriterOptions { Compression = compression, Stream = stream }, batches);
            var (read, rows) = await ReadAsync(file);
            read.Fields.Select(field => (field.Name, field.Nullable)).ShouldBe(schema.Fields.Select(field => (field.Name, field.Nullable)));
            rows.ShouldBe(Rows.Of(batches));
        }
    }

    [Theory]
    [InlineData(ArrowCompression.None)]
    [InlineData(ArrowCompression.Lz4)]
    [InlineData(ArrowCompression.Zstd)]
    public async Task Other_peoples_readers_see_the_same_values(ArrowCompression compression)
    {
        var random = new Random(5);
        var schema = RandomData.Schema(random, columns: 14, depth: 2);
        var batch = RandomData.Batch(random, schema, 50);
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.arrow"], await WriteAsync(schema, new ArrowWriterOptions { Compression = compression }, batch), Cancellation);
        await File.WriteAllBytesAsync(folder["a.arrows"], await WriteAsync(schema, new ArrowWriterOptions { Stream = true }, batch), Cancellation);
        var seen = await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"], folder["a.arrows"], folder["a.parquet"]);

        var expected = Enumerable.Range(0, batch.Length).Select(row => new JsonArray([.. batch.Columns.Select(column => Text(column, row))]).ToJsonString(Unescaped));
        seen.GetProperty("rows").EnumerateArray().Select(row => JsonNode.Parse(row.GetRawText())!.ToJsonString(Unescaped)).ShouldBe(expected);

        await using var parquet = await ParquetReader.OpenAsync(new MemoryByteSource(await File.ReadAllBytesAsync(folder["a.parquet"], Cancellation)), Cancellation);
        var rust = new List<RecordBatch>();
        await foreach (var part in parquet.ReadAsync(null, Cancellation)) rust.Add(part);
        Rows.Of(rust).ShouldBe(Rows.Of([batch]));
    }

    [Fact]
    public async Task Types_of_others_are_mapped_to_ours()
    {
        using var folder = new TemporaryFolder();
        await NodeScript.RunAsync("arrow-write.mjs", folder["a.arrow"], folder["a.arrows"]);
        foreach (string name in new[] { "a.arrow", "a.arrows" })
        {
            var (schema, rows) = await ReadAsync(await File.ReadAllBytesAsync(folder[name], Cancellation));
            schema.Fields.Select(field => $"{field.Name} {field.Type.Kind}").ShouldBe(
            [
                "i8 Int32", "u8 Int32", "i16 Int32", "u32 Int64", "u64 Decimal128", "f32 Float32", "f64 Float64", "flag Boolean", "text Utf8", "word Utf8", "bytes Binary",
                "day Date32", "millis TimestampMicros", "nanos Int64", "list List", "fixed List", "nested Struct",
            ]);
            rows.ShouldBe(
            [
                "-1 | 255 | -300 | 4294967295 | 18446744073709551615 | 3fc00000 | 3fb999999999999a | true | \"straße\" | \"a\" | x0102 | 20513 | 1000000 | 1700000000123456789 | [1, 2] | [3ff0000000000000, 4000000000000000] | {1, \"x\"}",
                "null | 0 | 300 | 1 | 1 | null | 7e37e43c8800759c | null | \"\" | \"b\" | x | null | null | 5 | [] | [4008000000000000, 4010000000000000] | {null, \"y\"}",
                "127 | null | null | 2 | null | be800000 | null | false | null | \"a\" | null | -1 | 2500000 | null | null | [4014000000000000, 4018000000000000] | null",
            ]);
        }
    }

    [Fact]
    public async Task Damage_is_an_error_with_its_code_or_leaves_sound_columns()
    {
        var random = new Random(11);
        var schema = RandomData.Schema(random, columns: 6, depth: 2);
        byte[] plain = await WriteAsync(schema, new ArrowWriterOptions(), RandomData.Batch(random, schema, 40));
        byte[] packed = await WriteAsync(schema, new ArrowWriterOptions { Compression = ArrowCompression.Lz4 }, RandomData.Batch(random, schema, 40));
        int refused = 0;
        for (int i = 0; i < 3000; i++)
        {
            try
            {
                var (_, rows) = await ReadAsync(Mutations.Of(i % 2 == 0 ? plain : packed, random));
                rows.Count.ShouldBeLessThanOrEqualTo(80);
            }
            catch (MeshException exception)
            {
                exception.Code.ShouldBeOneOf("MESH10700", "MESH10701", "MESH10702", "MESH10703");
                refused++;
            }
        }

        refused.ShouldBeGreaterThan(500);
    }

    private static async Task<byte[]> WriteAsync(Schema schema, ArrowWriterOptions options, params RecordBatch[] batches)
    {
        using var output = new MemoryStream();
        var writer = new ArrowWriter(output, schema, options);
        foreach (var batch in batches) await writer.WriteAsync(batch, Cancellation);
        await writer.CompleteAsync(Cancellation);
        return output.ToArray();
    }

    private static async Task<(Schema Schema, List<string> Rows)> ReadAsync(byte[] file)
    {
        await using var reader = await ArrowReader.OpenAsync(new MemoryByteSource(file), Cancellation);
        var batches = new List<RecordBatch>();
        await foreach (var batch in reader.ReadAsync(Cancellation)) batches.Add(batch);
        return (reader.Schema, Rows.Of(batches));
    }

    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as the foreign reader's script prints it.</summary>
    private static JsonNode? Text(ColumnVector vector, int index)
    {
        if (vector.IsNull(index)) return null;
        return vector.Type.Kind switch
        {
            TypeKind.List => new JsonArray([.. Enumerable.Range(vector.Offsets[index], vector.Offsets[index + 1] - vector.Offsets[index]).Select(i => Text(vector.Children[0], i))]),
            TypeKind.Struct => new JsonArray([.. vector.Children.Select(child => Text(child, index))]),
            TypeKind.Float32 => Float(vector.Values<float>()[index]),
            TypeKind.Float64 => Float(vector.Values<double>()[index]),
            TypeKind.Utf8 => vector.GetString(index),
            TypeKind.Binary => Convert.ToHexStringLower(vector.GetBytes(index)),
            _ => Rows.Text(vector, index),
        };
    }

    private static string Float(double value) => double.IsNaN(value) ? "nan" : BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);
}
