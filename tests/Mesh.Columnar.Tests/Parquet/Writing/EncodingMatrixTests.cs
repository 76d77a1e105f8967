using System.Text.Json.Nodes;
using Mesh.Columnar.Parquet;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet.Writing;

/// <summary>Every type in every encoding that fits it, with every codec and both versions of pages, as DuckDB, hyparquet and Rust's parquet see them.</summary>
public class EncodingMatrixTests
{
    private static readonly Schema Schema = new([
        new Field("flag", DataType.Boolean),
        new Field("i32", DataType.Int32),
        new Field("i64", DataType.Int64, Nullable: false),
        new Field("f32", DataType.Float32),
        new Field("f64", DataType.Float64),
        new Field("f16", DataType.Float16),
        new Field("small", new DecimalType(7, 2)),
        new Field("medium", new DecimalType(15, 3)),
        new Field("day", DataType.Date32),
        new Field("time", DataType.TimeMicros),
        new Field("micros", DataType.TimestampMicros),
        new Field("local", DataType.LocalTimestampMicros),
        new Field("nanos", DataType.TimestampNanos),
        new Field("localNanos", DataType.LocalTimestampNanos),
        new Field("id", DataType.Uuid),
        new Field("fixed", new FixedBinaryType(5)),
        new Field("text", DataType.Utf8),
        new Field("blob", DataType.Binary),
        new Field("list", new ListType(new Field("element", DataType.Int64))),
        new Field("map", new MapType(new Field("key", DataType.Utf8, Nullable: false), new Field("value", DataType.Float64))),
        new Field("empty", DataType.Int32),
        new Field("pose", new StructType([new Field("x", DataType.Float32, Nullable: false), new Field("frames", new ListType(new Field("element", DataType.Utf8, Nullable: false)))])),
    ]);

    private static readonly string[] Leaves =
    [
        "flag", "i32", "i64", "f32", "f64", "f16", "small", "medium", "day", "time", "micros", "local", "nanos", "localNanos", "id", "fixed", "text", "blob",
        "list.list.element", "map.key_value.key", "map.key_value.value", "empty", "pose.x", "pose.frames.list.element",
    ];

    private static readonly string[] Texts = ["text", "blob", "map.key_value.key", "pose.frames.list.element"];
    private static readonly string[] Integers = ["i32", "i64", "small", "medium", "day", "time", "micros", "local", "nanos", "localNanos", "list.list.element", "empty"];
    private static readonly string[] Floats = ["f32", "f64", "map.key_value.value", "pose.x"];

    [Fact]
    public async Task Every_reader_sees_the_same_values_however_they_are_encoded()
    {
        var batch = Batch(rows: 400);
        using var folder = new TemporaryFolder();
        foreach (var (name, options) in Variants())
        {
            var (file, _) = await ParquetFiles.WriteAsync(Schema, options, batch);
            await File.WriteAllBytesAsync(folder[name + ".parquet"], file, TestContext.Current.CancellationToken);
        }

        string rows = new JsonArray([.. Enumerable.Range(0, batch.Length).Select(i => new JsonArray([.. batch.Columns.Select(column => Text(column, i))]))]).ToJsonString();
        await File.WriteAllTextAsync(folder["rows.json"], rows, TestContext.Current.CancellationToken);
        string types = new JsonArray([.. Schema.Fields.Select(field => new JsonArray(field.Name, ForeignTables.TypeText(field.Type)))]).ToJsonString();

        var seen = await NodeScript.RunAsync("parquet-matrix.mjs", folder.Path, types);

        seen.GetProperty("differences").EnumerateArray().Select(difference => difference.GetString()).ShouldBeEmpty();
        int files = Variants().Count();
        seen.GetProperty("files").GetInt32().ShouldBe(files);
        foreach (string reader in (string[])["duckdb", "hyparquet", "wasm"]) seen.GetProperty("rows").GetProperty(reader).GetInt32().ShouldBe(files * batch.Length, reader);
    }

    private static IEnumerable<(string Name, ParquetWriterOptions Options)> Variants()
    {
        (string Name, IEnumerable<(string Path, ParquetEncoding Encoding)> Encodings)[] choices =
        [
            ("chosen", []),
            ("plain", Leaves.Select(path => (path, ParquetEncoding.Plain))),
            ("dictionary", Leaves.Where(path => path != "flag").Select(path => (path, ParquetEncoding.Dictionary))),
            ("delta", [("flag", ParquetEncoding.Rle), .. Integers.Select(path => (path, ParquetEncoding.DeltaBinaryPacked)), .. Texts.Select(path => (path, ParquetEncoding.DeltaLengthByteArray))]),
            ("split", [.. Floats.Select(path => (path, ParquetEncoding.ByteStreamSplit)), .. Texts.Select(path => (path, ParquetEncoding.DeltaByteArray))]),
        ];
        foreach (var codec in Enum.GetValues<ParquetCompression>())
        {
            foreach (int version in (int[])[1, 2])
            {
                foreach (var (name, encodings) in choices)
                {
                    yield return ($"{name}-{codec}-{version}", new ParquetWriterOptions
                    {
                        Compression = codec, DataPageVersion = version, PageBytes = 1500, RowGroupBytes = 40_000, Encodings = encodings.ToDictionary(pair => pair.Path, pair => pair.Encoding),
                    });
                }
            }
        }
    }

    private static RecordBatch Batch(int rows)
    {
        var random = new Random(5);
        var builder = new StructBuilder(Schema.AsStruct());
        Span<byte> uuid = stackalloc byte[16];
        for (int i = 0; i < rows; i++)
        {
            for (int column = 0; column < Schema.Fields.Count; column++)
            {
                var child = builder.Children[column];
                string name = Schema.Fields[column].Name;
                if (name == "empty" || (Schema.Fields[column].Nullable && random.Next(6) == 0))
                {
                    child.AppendNull();
                    continue;
                }

                switch (child)
                {
                    case BooleanBuilder flags: flags.Append(i % 50 < 40); break;
                    case FixedWidthBuilder<int> days when name == "day": days.Append(random.Next(-40_000, 40_000)); break;
                    case FixedWidthBuilder<int> numbers: numbers.Append(random.Next(3) == 0 ? random.Next(int.MinValue, int.MaxValue) : random.Next(40)); break;
                    case FixedWidthBuilder<long> times when name == "time": times.Append(random.NextInt64(86_400_000_000)); break;
                    case FixedWidthBuilder<long> times when name == "nanos": times.Append(1_700_000_000_000_000_000 + (i * 10_000_000L) + (random.Next(100) * 1000)); break;
                    case FixedWidthBuilder<long> times when name != "i64": times.Append(1_700_000_000_000_000 + (i * 10_000) + random.Next(100)); break;
                    case FixedWidthBuilder<long> numbers: numbers.Append(random.Next(3) == 0 ? random.NextInt64(long.MinValue, long.MaxValue) : i); break;
                    case FixedWidthBuilder<float> numbers: numbers.Append(random.Next(9) == 0 ? float.NaN : random.Next(-50, 50) / 8f); break;
                    case FixedWidthBuilder<double> numbers: numbers.Append(random.Next(9) == 0 ? -0.0 : random.NextDouble()); break;
                    case FixedWidthBuilder<Half> numbers: numbers.Append((Half)(random.Next(-90, 90) / 16.0)); break;
                    case FixedWidthBuilder<Int128> exact: exact.Append(random.Next(-9_999_999, 9_999_999)); break;
                    case FixedBinaryBuilder bytes:
                        random.NextBytes(uuid);
                        if (random.Next(2) == 0) uuid[1..].Clear();
                        bytes.Append(uuid[..child.Type.ByteWidth]);
                        break;
                    case BinaryBuilder text: text.Append(System.Text.Encoding.UTF8.GetBytes(random.Next(4) == 0 ? "" : $"vehicle/{i / 7:d4}/größe {random.Next(9)}")); break;
                    case MapBuilder map:
                        for (int entry = random.Next(4); entry > 0; entry--)
                        {
                            ((BinaryBuilder)map.Entries.Children[0]).Append($"key {entry}");
                            RandomData.Append(random, map.Entries.Children[1], nullable: true, 0.2);
                            map.Entries.EndStruct();
                        }

                        map.EndMap();
                        break;
                    default: RandomData.Append(random, child, nullable: false, 0.2); break;
                }
            }

            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    private static JsonNode? Text(ColumnVector vector, int index)
    {
        if (vector.IsNull(index)) return null;
        switch (vector.Type.Kind)
        {
            case TypeKind.List or TypeKind.Map:
                int from = vector.Offsets[index], count = vector.Offsets[index + 1] - from;
                return new JsonArray([.. Enumerable.Range(from, count).Select(i => Text(vector.Children[0], i))]);
            case TypeKind.Struct: return new JsonArray([.. vector.Children.Select(child => Text(child, index))]);
            case TypeKind.Boolean: return vector.GetBoolean(index) ? "true" : "false";
            case TypeKind.Float16: return Float((double)vector.Values<Half>()[index]);
            case TypeKind.Float32: return Float(vector.Values<float>()[index]);
            case TypeKind.Float64: return Float(vector.Values<double>()[index]);
            case TypeKind.Utf8: return vector.GetString(index);
            case TypeKind.Binary: return Convert.ToHexStringLower(vector.GetBytes(index));
            case TypeKind.Uuid: return new Guid(vector.ValueBytes.Span.Slice(index * 16, 16), bigEndian: true).ToString();
            case TypeKind.FixedBinary: return Convert.ToHexStringLower(vector.ValueBytes.Span.Slice(index * vector.Type.ByteWidth, vector.Type.ByteWidth));
            case TypeKind.Decimal128: return Rows.Text(vector, index);
            case TypeKind.Int32 or TypeKind.Date32: return vector.Values<int>()[index].ToString(System.Globalization.CultureInfo.InvariantCulture);
            default: return vector.Values<long>()[index].ToString(System.Globalization.CultureInfo.InvariantCulture);
        }
    }

    private static string Float(double value) =>
        double.IsNaN(value) ? "nan" : BitConverter.DoubleToUInt64Bits(value).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
