using Mesh.Columnar.Parquet;

namespace Mesh.Columnar.Tests.Parquet;

/// <summary>What the writer writes in every encoding, codec and page version comes back, whole and in parts.</summary>
public class ReadMatrixTests
{
    private static readonly string[] Integers = ["i", "l", "day", "us", "ns", "localUs", "localNs", "clock", "pose.at.n", "items.list.element"];
    private static readonly string[] Floats = ["f", "d", "pose.x"];
    private static readonly string[] Texts = ["text", "bytes", "pose.name"];

    public static TheoryData<ParquetCompression, int, ParquetEncoding?> Cases()
    {
        var cases = new TheoryData<ParquetCompression, int, ParquetEncoding?>();
        foreach (var compression in Enum.GetValues<ParquetCompression>())
        {
            foreach (int version in new[] { 1, 2 })
            {
                cases.Add(compression, version, null);
                if (compression is not (ParquetCompression.None or ParquetCompression.Zstd)) continue;
                foreach (var encoding in Enum.GetValues<ParquetEncoding>()) cases.Add(compression, version, encoding);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_type_comes_back(ParquetCompression compression, int version, ParquetEncoding? encoding)
    {
        var options = new ParquetWriterOptions
        {
            Compression = compression, DataPageVersion = version, PageBytes = 3000, RowGroupBytes = 150_000, Encodings = Encodings(encoding),
        };
        RecordBatch[] batches = [EveryType.Batch(1, 700), EveryType.Batch(2, 700, nulls: 0), EveryType.Batch(3, 100, nulls: 1)];
        var (file, _) = await ParquetFiles.WriteAsync(EveryType.Schema, options, batches);
        var expected = Rows.Of(batches);
        Rows.Of((await ParquetFiles.ReadAsync(file)).Batches).ShouldBe(expected);
        Rows.Of(await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Parallelism = 3, Memory = new ColumnMemory(64 << 20) })).ShouldBe(expected);
    }

    [Fact]
    public async Task Fields_of_structs_lists_and_maps_are_read_alone()
    {
        var batch = EveryType.Batch(5, 300);
        var (file, _) = await ParquetFiles.WriteAsync(EveryType.Schema, new ParquetWriterOptions(), batch);
        var read = (await ParquetFiles.ReadAsync(file, new ParquetReadOptions { Columns = ["tags.value", "pose.at.n", "l", "pose.x"] })).ShouldHaveSingleItem();
        read.Schema.Fields.Select(field => field.Name).ShouldBe(["tags", "pose", "l"]);
        ((StructType)read.Schema.Fields[1].Type).Fields.Select(field => field.Name).ShouldBe(["x", "at"]);
        for (int i = 0; i < batch.Length; i++)
        {
            Rows.Text(read["tags"], i).ShouldBe(Rows.Text(batch["tags"], i));
            Rows.Text(read["l"], i).ShouldBe(Rows.Text(batch["l"], i));
            read["pose"].IsNull(i).ShouldBe(batch["pose"].IsNull(i));
            if (read["pose"].IsNull(i)) continue;
            Rows.Text(read["pose"].Children[0], i).ShouldBe(Rows.Text(batch["pose"].Children[0], i));
            Rows.Text(read["pose"].Children[1], i).ShouldBe(Rows.Text(batch["pose"].Children[2], i));
        }
    }

    [Fact]
    public async Task A_page_that_differs_from_its_checksum_is_refused_unless_nobody_asks()
    {
        var schema = new Schema([new Field("a", DataType.Int64, Nullable: false)]);
        var options = new ParquetWriterOptions { Compression = ParquetCompression.None, MaxDictionaryBytes = 0, ChooseFrom = ParquetEncodings.Classic };
        var (file, _) = await ParquetFiles.WriteAsync(schema, options, RandomData.Batch(new Random(1), schema, 100));
        file[300] ^= 1;
        var exception = await Should.ThrowAsync<Model.MeshException>(() => ParquetFiles.ReadAsync(file));
        exception.Code.ShouldBe("MESH10902");
        exception.Message.ShouldContain("checksum");
        (await ParquetFiles.ReadAsync(file, new ParquetReadOptions { CheckCrc = false })).Sum(batch => batch.Length).ShouldBe(100);
    }

    private static Dictionary<string, ParquetEncoding> Encodings(ParquetEncoding? encoding)
    {
        string[] columns = encoding switch
        {
            ParquetEncoding.DeltaBinaryPacked => Integers,
            ParquetEncoding.ByteStreamSplit => [.. Integers, .. Floats, "half", "large", "id", "raw"],
            ParquetEncoding.DeltaLengthByteArray => Texts,
            ParquetEncoding.DeltaByteArray => [.. Texts, "id", "raw"],
            ParquetEncoding.Plain or ParquetEncoding.Dictionary => [.. Integers, .. Floats, .. Texts, "half", "large", "small", "id", "raw"],
            _ => [],
        };
        return columns.ToDictionary(column => column, _ => encoding!.Value);
    }
}
