using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Mesh.Columnar.Parquet;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>Files of Mesh as DuckDB, hyparquet and Rust's parquet see them.</summary>
public class ForeignReaderTests
{
    private static readonly Schema Everything = new([
        new Field("flag", DataType.Boolean, Id: 1),
        new Field("small", DataType.Int32, Id: 2),
        new Field("large", DataType.Int64, Nullable: false, Id: 3),
        new Field("single", DataType.Float32, Id: 4),
        new Field("double", DataType.Float64, Id: 5),
        new Field("money", new DecimalType(12, 2), Id: 6),
        new Field("day", DataType.Date32, Id: 7),
        new Field("time", DataType.TimestampMicros, Id: 8),
        new Field("text", DataType.Utf8, Id: 9),
        new Field("blob", DataType.Binary, Id: 10),
        new Field("pose", new StructType([
            new Field("x", DataType.Float64, Nullable: false, Id: 12),
            new Field("frame", DataType.Utf8, Id: 13),
            new Field("covariance", new ListType(new Field("element", DataType.Float64, Nullable: false, Id: 15)), Id: 14),
        ]), Id: 11),
        new Field("ranges", new ListType(new Field("element", DataType.Int32, Id: 17)), Id: 16),
        new Field("boxes", new ListType(new Field("element", new StructType([
            new Field("label", DataType.Utf8, Id: 20),
            new Field("corners", new ListType(new Field("element", new ListType(new Field("element", DataType.Float32, Id: 23)), Id: 22)), Id: 21),
            new Field("track", DataType.Int64, Nullable: false, Id: 24),
        ]), Id: 19)), Nullable: false, Id: 18),
    ]);

    [Theory]
    [InlineData(ParquetCompression.None, 1_000_000)]
    [InlineData(ParquetCompression.Gzip, 1_000_000)]
    [InlineData(ParquetCompression.Zstd, 1_000_000)]
    [InlineData(ParquetCompression.Zstd, 500)]
    [InlineData(ParquetCompression.Lz4Raw, 500)]
    public async Task Every_type_is_read_alike_by_everybody(ParquetCompression compression, int pageBytes)
    {
        var batch = ExampleBatch(pageBytes, rows: 700);
        var options = new ParquetWriterOptions { Compression = compression, PageBytes = pageBytes, RowGroupBytes = 60_000 };
        var (file, _) = await ParquetFiles.WriteAsync(Everything, options, batch);

        var (seen, rewritten) = await ReadByOthersAsync(file, Everything);

        var expected = Enumerable.Range(0, batch.Length).Select(i => new JsonArray([.. batch.Columns.Select(column => Text(column, i))]).ToJsonString(Unescaped)).ToList();
        Lines(seen.GetProperty("duckdb")).ShouldBe(expected);
        Lines(seen.GetProperty("hyparquet")).ShouldBe(expected);
        Lines(seen.GetProperty("rewritten")).ShouldBe(expected);

        // What Rust's writer made of it: pages and dictionaries that nobody here laid out.
        var read = (await ParquetFiles.ReadAsync(rewritten)).Batches;
        Rows.Of(read).ShouldBe(Rows.Of([batch]));
    }

    [Theory]
    [InlineData(ParquetCompression.Zstd, 1)]
    [InlineData(ParquetCompression.Zstd, 2)]
    [InlineData(ParquetCompression.None, 1)]
    public async Task A_value_of_megabytes_is_a_page_that_everybody_reads(ParquetCompression compression, int version)
    {
        var schema = new Schema([new Field("id", DataType.Int64, Nullable: false), new Field("image", DataType.Binary)]);
        var builder = new StructBuilder(schema.AsStruct());
        for (int i = 0; i < 4; i++)
        {
            byte[] image = new byte[i == 2 ? (2 << 20) + 77 : i];
            new Random(i).NextBytes(image);
            ((FixedWidthBuilder<long>)builder.Children[0]).Append(i);
            if (i == 1) builder.Children[1].AppendNull();
            else ((BinaryBuilder)builder.Children[1]).Append(image);
            builder.EndStruct();
        }

        var batch = builder.BuildBatch();
        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { Compression = compression, DataPageVersion = version }, batch);
        var (seen, _) = await ReadByOthersAsync(file, schema);

        var expected = Enumerable.Range(0, batch.Length).Select(i => new JsonArray([.. batch.Columns.Select(column => Text(column, i))]).ToJsonString(Unescaped)).ToList();
        foreach (string reader in (string[])["duckdb", "hyparquet", "rewritten"]) Lines(seen.GetProperty(reader)).SequenceEqual(expected).ShouldBeTrue(reader);
    }

    [Fact]
    public async Task Field_ids_and_logical_types_are_where_others_look_for_them()
    {
        var (file, _) = await ParquetFiles.WriteAsync(Everything, new ParquetWriterOptions(), ExampleBatch(1, rows: 20));
        var (seen, _) = await ReadByOthersAsync(file, Everything);
        var schema = Lines(seen.GetProperty("schema"));
        schema.ShouldContain("""["large","INT64","REQUIRED",null,"3"]""");
        schema.ShouldContain("""["text","BYTE_ARRAY","OPTIONAL","StringType()","9"]""");
        schema.ShouldContain("""["time","INT64","OPTIONAL","TimestampType(isAdjustedToUTC=1, unit=TimeUnit(MILLIS=<null>, MICROS=MicroSeconds(), NANOS=<null>))","8"]""");
        schema.ShouldContain("""["money","INT64","OPTIONAL","DecimalType(scale=2, precision=12)","6"]""");
        schema.ShouldContain("""["boxes",null,"REQUIRED","ListType()","18"]""");
        schema.ShouldContain("""["list",null,"REPEATED",null,null]""");
        schema.ShouldContain("""["element",null,"OPTIONAL",null,"19"]""");
    }

    [Fact]
    public async Task Statistics_are_those_that_others_prune_by()
    {
        var schema = new Schema([
            new Field("n", DataType.Int32), new Field("d", DataType.Float64), new Field("t", DataType.Utf8), new Field("empty", DataType.Int64),
            new Field("money", new DecimalType(38, 2)),
        ]);
        var builder = new StructBuilder(schema.AsStruct());
        for (int i = 0; i < 100; i++)
        {
            ((FixedWidthBuilder<int>)builder.Children[0]).Append(i - 50);
            if (i % 10 == 0) builder.Children[1].AppendNull();
            else ((FixedWidthBuilder<double>)builder.Children[1]).Append(i % 10 == 1 ? double.NaN : i / 4.0);
            ((BinaryBuilder)builder.Children[2]).Append($"straße {i:d3}");
            builder.Children[3].AppendNull();
            ((FixedWidthBuilder<Int128>)builder.Children[4]).Append(Int128.Parse("123456789012345678901234567890", CultureInfo.InvariantCulture) * (i - 1));
            builder.EndStruct();
        }

        var (file, _) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions(), builder.BuildBatch());
        var (seen, _) = await ReadByOthersAsync(file, schema);
        var chunks = Lines(seen.GetProperty("chunks"));
        chunks.ShouldContain("""["n","-50","49","0","ZSTD","RLE, DELTA_BINARY_PACKED"]""");
        chunks.ShouldContain("""["d","0.5","24.75","10","ZSTD","PLAIN, RLE"]""");
        chunks.ShouldContain("""["t","straße 000","straße 099","0","ZSTD","RLE, DELTA_LENGTH_BYTE_ARRAY"]""");
        chunks.ShouldContain(line => line.StartsWith("""["empty",null,null,"100","ZSTD",""", StringComparison.Ordinal));
        chunks.ShouldContain(line => line.StartsWith("""["money","-1234567890123456789012345678.90","120987653232098765323209876532.20","0",""", StringComparison.Ordinal));
    }

    private static async Task<(JsonElement Seen, byte[] Rewritten)> ReadByOthersAsync(byte[] file, Schema schema)
    {
        using var folder = new TemporaryFolder();
        string path = folder["mesh.parquet"], rewritten = folder["rust.parquet"];
        await File.WriteAllBytesAsync(path, file, TestContext.Current.CancellationToken);
        string types = new JsonArray([.. schema.Fields.Select(field => new JsonArray(field.Name, ForeignTables.TypeText(field.Type)))]).ToJsonString();
        var seen = await NodeScript.RunAsync("parquet-read.mjs", path, types, rewritten);
        return (seen, await File.ReadAllBytesAsync(rewritten, TestContext.Current.CancellationToken));
    }

    private static List<string> Lines(JsonElement rows) => [.. rows.EnumerateArray().Select(row => JsonNode.Parse(row.GetRawText())!.ToJsonString(Unescaped))];

    private static readonly JsonSerializerOptions Unescaped = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static JsonNode? Text(ColumnVector vector, int index)
    {
        if (vector.IsNull(index)) return null;
        switch (vector.Type.Kind)
        {
            case TypeKind.List:
                int from = vector.Offsets[index], count = vector.Offsets[index + 1] - from;
                return new JsonArray([.. Enumerable.Range(from, count).Select(i => Text(vector.Children[0], i))]);
            case TypeKind.Struct:
                return new JsonArray([.. vector.Children.Select(child => Text(child, index))]);
            case TypeKind.Float32: return Float(vector.Values<float>()[index]);
            case TypeKind.Float64: return Float(vector.Values<double>()[index]);
            case TypeKind.Utf8: return vector.GetString(index);
            case TypeKind.Binary: return Convert.ToHexStringLower(vector.GetBytes(index));
            default: return Rows.Text(vector, index);
        }
    }

    private static string Float(double value) =>
        double.IsNaN(value) ? "nan" : BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Values within what everybody can represent: JavaScript reads decimals as numbers and dates as its own.</summary>
    private static RecordBatch ExampleBatch(int seed, int rows)
    {
        var random = new Random(seed);
        var builder = new StructBuilder(Everything.AsStruct());
        for (int i = 0; i < rows; i++)
        {
            for (int column = 0; column < Everything.Fields.Count; column++)
            {
                var child = builder.Children[column];
                bool isNull = Everything.Fields[column].Nullable && random.Next(5) == 0;
                if (isNull) child.AppendNull();
                else if (child.Type.Kind == TypeKind.Decimal128) ((FixedWidthBuilder<Int128>)child).Append(random.NextInt64(-999_999_999_999, 999_999_999_999));
                else if (child.Type.Kind == TypeKind.Date32) ((FixedWidthBuilder<int>)child).Append(random.Next(-40_000, 40_000));
                else if (child.Type.Kind == TypeKind.TimestampMicros) ((FixedWidthBuilder<long>)child).Append(random.NextInt64(-1_000_000_000_000_000, 4_000_000_000_000_000));
                else RandomData.Append(random, child, nullable: false, 0.2);
            }

            builder.EndStruct();
        }

        return builder.BuildBatch();
    }
}
