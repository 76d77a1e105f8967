using Mesh.Columnar.Parquet;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>What older writers wrote, in files of apache/parquet-testing whose contents its README gives.</summary>
public class OldWriterTests
{
    [Theory]
    [InlineData("int96_from_spark", TypeKind.TimestampMicros, "1704141296123456", "1704070800000000", "253402225200000000", "1735599600000000", "null", "9089380393200000000")]
    [InlineData("old_list_structure", TypeKind.List, "[[1, 2], [3, 4]]")]
    [InlineData("incorrect_map_schema", TypeKind.Map, "[{\"parent\", \"another\"}, {\"name\", \"report\"}]")]
    [InlineData("repeated_no_annotation", TypeKind.Int32, "1 | null", "2 | null", "3 | {[]}", "4 | {[{5555555555, null}]}", "5 | {[{1111111111, \"home\"}]}", "6 | {[{1111111111, \"home\"}, {2222222222, null}, {3333333333, \"mobile\"}]}")]
    [InlineData("hadoop_lz4_compressed", TypeKind.Int64, "1593604800 | x616263 | 4045000000000000", "1593604800 | x646566 | 401ecccccccccccd", "1593604801 | x616263 | 4045100000000000", "1593604801 | x646566 | 401ecccccccccccd")]
    [InlineData("non_hadoop_lz4_compressed", TypeKind.Int64, "1593604800 | x616263 | 4045000000000000", "1593604800 | x646566 | 401ecccccccccccd", "1593604801 | x616263 | 4045100000000000", "1593604801 | x646566 | 401ecccccccccccd")]
    [InlineData("datapage_v2.snappy", TypeKind.Utf8, "\"abc\" | 1 | 4000000000000000 | true | [1, 2, 3]", "\"abc\" | 2 | 4008000000000000 | true | null", "\"abc\" | 3 | 4010000000000000 | true | null", "null | 4 | 4014000000000000 | false | [1, 2, 3]", "\"abc\" | 5 | 4000000000000000 | true | [1, 2]")]
    public async Task Files_of_older_writers_are_read(string name, TypeKind first, params string[] expected)
    {
        var (schema, batches) = await ReadAsync(name);
        schema.Fields[0].Type.Kind.ShouldBe(first);
        Rows.Of(batches).ShouldBe(expected);
    }

    [Fact]
    public async Task Decimals_of_variable_length_are_read()
    {
        var (schema, batches) = await ReadAsync("byte_array_decimal");
        schema.Fields[0].Type.ShouldBe(new DecimalType(4, 2));
        Rows.Of(batches).ShouldBe(Enumerable.Range(1, 24).Select(i => $"{i * 100}"));
    }

    [Fact]
    public async Task Run_length_encoded_truth_values_are_read()
    {
        var rows = Rows.Of((await ReadAsync("rle_boolean_encoding")).Batches);
        rows.Count.ShouldBe(68);
        rows.Take(8).ShouldBe(["true", "false", "null", "true", "true", "false", "false", "true"]);
    }

    [Fact]
    public void Bit_packed_levels_begin_with_the_most_significant_bit()
    {
        // "the numbers 1 through 7 using bit width 3" (Encodings.md, "Bit-packed (Deprecated)").
        var decoder = new RleDecoder();
        decoder.ResetBitPacked([0b00000101, 0b00111001, 0b01110111], 0, 3, 3, 8);
        byte[] levels = new byte[8];
        decoder.Read(levels.AsSpan(0, 3));
        decoder.Read(levels.AsSpan(3));
        levels.ShouldBe([0, 1, 2, 3, 4, 5, 6, 7]);
        Should.Throw<ParquetDataException>(() => decoder.ResetBitPacked([0], 0, 1, 3, 8));
    }

    private static async Task<(Schema Schema, List<RecordBatch> Batches)> ReadAsync(string name)
    {
        string path = Path.Combine(Repository.Root, "tests", "data", "parquet-testing", name + ".parquet");
        return await ParquetFiles.ReadAsync(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken));
    }
}
