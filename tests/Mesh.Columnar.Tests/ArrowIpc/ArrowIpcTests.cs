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
            var schema = RandomData.AnySchema(random, columns: 8, depth: 3);
            RecordBatch[] batches = [RandomData.Batch(random, schema, 100), RandomData.Batch(random, schema, 0), RandomData.Batch(random, schema, 37, nulls: 0)];
            byte[] file = await WriteAsync(schema, new ArrowWriterOptions { Compression = compression, Stream = stream }, batches);
            var (read, rows) = await ReadAsync(file);
            read.ShouldBe(schema);
            rows.ShouldBe(Rows.Of(batches));
        }
    }

    [Theory]
    [InlineData(ArrowCompression.None)]
    [InlineData(ArrowCompression.Lz4)]
    [InlineData(ArrowCompression.Zstd)]
    public async Task Other_peoples_readers_see_the_same_values(ArrowCompression compression)
    {
        for (int seed = 5; seed < 8; seed++)
        {
            var random = new Random(seed);
            var any = RandomData.AnySchema(random, columns: 12, depth: 3);
            var schema = new Schema([.. any.Fields, .. RandomData.AllLeaves.Select((type, i) => new Field($"leaf{i}", type))]);
            var batch = RandomData.Batch(random, schema, 50);
            using var folder = new TemporaryFolder();
            await File.WriteAllBytesAsync(folder["a.arrow"], await WriteAsync(schema, new ArrowWriterOptions { Compression = compression }, batch, batch), Cancellation);
            await File.WriteAllBytesAsync(folder["a.arrows"], await WriteAsync(schema, new ArrowWriterOptions { Stream = true }, batch, batch), Cancellation);
            var seen = await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"], folder["a.arrows"], folder["b.arrows"]);

            Lines(seen).ShouldBe(Expected(batch, batch));
            var (read, rust) = await ReadAsync(await File.ReadAllBytesAsync(folder["b.arrows"], Cancellation));
            read.ShouldBe(schema);
            rust.ShouldBe(Rows.Of([batch, batch]));
        }
    }

    [Fact]
    public async Task A_batch_carries_its_metadata_and_a_field_its_own()
    {
        var schema = new Schema([new Field("id", DataType.Uuid, Id: 7) { Doc = "who" }]);
        var batch = RandomData.Batch(new Random(1), schema, 3);
        RecordBatch[] batches =
        [
            new(schema, 3, batch.Columns) { Metadata = new Dictionary<string, string> { ["mesh.snapshot-id"] = "12" } },
            new(schema, 3, batch.Columns) { Metadata = new Dictionary<string, string> { ["mesh.snapshot-id"] = "13" } },
        ];
        byte[] file = await WriteAsync(schema, new ArrowWriterOptions { Metadata = new Dictionary<string, string> { ["product"] = "x" } }, batches);
        await using var reader = await ArrowReader.OpenAsync(new MemoryByteSource(file), Cancellation);
        reader.Metadata["product"].ShouldBe("x");
        reader.Schema.ShouldBe(schema);
        (await reader.ReadAsync(Cancellation).Select(read => read.Metadata["mesh.snapshot-id"]).ToListAsync(Cancellation)).ShouldBe(["12", "13"]);

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.arrow"], file, Cancellation);
        var seen = await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"]);
        seen.GetProperty("metadata").EnumerateArray().Select(pairs => pairs.GetProperty("mesh.snapshot-id").GetString()).ShouldBe(["12", "13"]);
        seen.GetProperty("types")[0].GetString().ShouldBe("id: FixedSizeBinary[16]");
        seen.GetProperty("fields")[0].GetProperty("ARROW:extension:name").GetString().ShouldBe("arrow.uuid");
        seen.GetProperty("fields")[0].GetProperty("description").GetString().ShouldBe("who");
    }

    [Fact]
    public async Task A_stream_that_cannot_seek_is_read_as_it_arrives()
    {
        var random = new Random(3);
        var schema = RandomData.AnySchema(random, columns: 6, depth: 2);
        RecordBatch[] batches = [RandomData.Batch(random, schema, 100), RandomData.Batch(random, schema, 20)];
        foreach (bool stream in new[] { true, false })
        {
            byte[] file = await WriteAsync(schema, new ArrowWriterOptions { Stream = stream, Compression = ArrowCompression.Zstd }, batches);
            await using var reader = await ArrowReader.OpenAsync(new Trickle(file), "pipe", new ArrowReaderOptions(), Cancellation);
            Rows.Of(await reader.ReadAsync(Cancellation).ToListAsync(Cancellation)).ShouldBe(Rows.Of(batches));
        }

        byte[] whole = await WriteAsync(schema, new ArrowWriterOptions { Stream = true }, batches);
        await using var cut = await ArrowReader.OpenAsync(new Trickle(whole[..^200]), "pipe", new ArrowReaderOptions(), Cancellation);
        var exception = await Should.ThrowAsync<MeshException>(async () => await cut.ReadAsync(Cancellation).ToListAsync(Cancellation));
        exception.Code.ShouldBe("MESH10700");
        exception.Message.ShouldContain("breaks off");
    }

    [Fact]
    public async Task Types_of_others_are_mapped_to_ours()
    {
        using var folder = new TemporaryFolder();
        await NodeScript.RunAsync("arrow-write.mjs", folder["a.arrow"], folder["a.arrows"], folder["d.arrows"]);
        foreach (string name in new[] { "a.arrow", "a.arrows" })
        {
            var (schema, rows) = await ReadAsync(await File.ReadAllBytesAsync(folder[name], Cancellation));
            schema.Fields.Select(field => $"{field.Name} {field.Type.Kind}").ShouldBe(
            [
                "i8 Int32", "u8 Int32", "i16 Int32", "u32 Int64", "u64 Decimal128", "f32 Float32", "f64 Float64", "flag Boolean", "text Utf8", "word Utf8", "bytes Binary",
                "day Date32", "millis LocalTimestampMicros", "nanos LocalTimestampNanos", "list List", "fixed List", "nested Struct",
                "large_text Utf8", "large_bytes Binary", "large_list List", "text_view Utf8", "bytes_view Binary", "half Float16",
                "at_second TimeMicros", "at_milli TimeMicros", "at_micro TimeMicros", "at_nano Int64", "instant TimestampMicros", "took Int64", "day_ms Date32",
                "pairs Map", "key16 FixedBinary", "words List", "nothing Boolean",
            ]);
            rows.ShouldBe(
            [
                "-1 | 255 | -300 | 4294967295 | 18446744073709551615 | 3fc00000 | 3fb999999999999a | true | \"straße\" | \"a\" | x0102 | 20513 | 1000000 | 1700000000123456789 | [1, 2] | [3ff0000000000000, 4000000000000000] | {1, \"x\"}"
                + " | \"long\" | null | [1] | \"short\" | x0505050505050505050505050505050505050505 | 3800"
                + " | 86399000000 | 86399999000 | 86399999999 | 86399999999999 | 1000000 | 5 | 20513 | [{\"a\", 1}, {\"b\", null}] | x010101 | [\"x\", \"y\"] | null",
                "null | 0 | 300 | 1 | 1 | null | 7e37e43c8800759c | null | \"\" | \"b\" | x | null | null | 5 | [] | [4008000000000000, 4010000000000000] | {null, \"y\"}"
                + " | null | x09 | null | \"a text that does not fit into the view\" | null | null | null | null | null | null | null | null | null | [] | null | [\"x\"] | null",
                "127 | null | null | 2 | null | be800000 | null | false | null | \"a\" | null | -1 | 2500000 | null | null | [4014000000000000, 4018000000000000] | null"
                + " | \"er\" | x0807 | [2, 3] | null | x01 | c000 | 1000000 | 1000 | 1 | 1 | -2500000 | -5 | -1 | null | x020202 | [] | null",
            ]);
        }
    }

    [Fact]
    public async Task Damage_is_an_error_with_its_code_or_leaves_sound_columns()
    {
        var random = new Random(11);
        var schema = RandomData.AnySchema(random, columns: 6, depth: 2);
        byte[] plain = await WriteAsync(schema, new ArrowWriterOptions(), RandomData.Batch(random, schema, 40));
        byte[] packed = await WriteAsync(schema, new ArrowWriterOptions { Compression = ArrowCompression.Lz4, DictionaryColumns = ["c0", "c1", "c2"] }, RandomData.Batch(random, schema, 40));
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

    internal static async Task<byte[]> WriteAsync(Schema schema, ArrowWriterOptions options, params RecordBatch[] batches)
    {
        using var output = new MemoryStream();
        var writer = new ArrowWriter(output, schema, options);
        foreach (var batch in batches) await writer.WriteAsync(batch, Cancellation);
        await writer.CompleteAsync(Cancellation);
        return output.ToArray();
    }

    internal static async Task<(Schema Schema, List<string> Rows)> ReadAsync(byte[] file)
    {
        await using var reader = await ArrowReader.OpenAsync(new MemoryByteSource(file), Cancellation);
        var batches = new List<RecordBatch>();
        await foreach (var batch in reader.ReadAsync(Cancellation)) batches.Add(batch);
        return (reader.Schema, Rows.Of(batches));
    }

    /// <summary>What the foreign reader's script printed.</summary>
    internal static List<string> Lines(JsonElement seen) => [.. seen.GetProperty("rows").EnumerateArray().Select(row => JsonNode.Parse(row.GetRawText())!.ToJsonString(Unescaped))];

    /// <summary>What it should have printed.</summary>
    internal static List<string> Expected(params RecordBatch[] batches) =>
        [.. batches.SelectMany(batch => Enumerable.Range(0, batch.Length).Select(row => new JsonArray([.. batch.Columns.Select(column => Text(column, row))]).ToJsonString(Unescaped)))];

    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A value as the foreign reader's script prints it.</summary>
    private static JsonNode? Text(ColumnVector vector, int index)
    {
        if (vector.IsNull(index)) return null;
        return vector.Type.Kind switch
        {
            TypeKind.List or TypeKind.Map => new JsonArray([.. Enumerable.Range(vector.Offsets[index], vector.Offsets[index + 1] - vector.Offsets[index]).Select(i => Text(vector.Children[0], i))]),
            TypeKind.Struct => new JsonArray([.. vector.Children.Select(child => Text(child, index))]),
            TypeKind.Float16 => Float((double)vector.Values<Half>()[index]),
            TypeKind.Float32 => Float(vector.Values<float>()[index]),
            TypeKind.Float64 => Float(vector.Values<double>()[index]),
            TypeKind.Utf8 => vector.GetString(index),
            TypeKind.Binary => Convert.ToHexStringLower(vector.GetBytes(index)),
            TypeKind.Uuid or TypeKind.FixedBinary => Rows.Text(vector, index)[1..].ToLowerInvariant(),
            _ => Rows.Text(vector, index),
        };
    }

    private static string Float(double value) => double.IsNaN(value) ? "nan" : BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>A pipe: gives a few bytes at a time and cannot seek.</summary>
    private sealed class Trickle(byte[] bytes) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(buffer.Length, 100)], cancellationToken);
    }
}
