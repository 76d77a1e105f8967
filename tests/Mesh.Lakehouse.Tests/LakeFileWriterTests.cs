using Mesh.Columnar;

namespace Mesh.Lakehouse.Tests;

public class LakeFileWriterTests
{
    private static readonly Schema Schema = new(
    [
        new Field("recording_id", DataType.Utf8), new Field("channel", DataType.Utf8), new Field("flag", DataType.Boolean),
        new Field("header", new StructType([new Field("frame_id", DataType.Utf8)])),
    ]);

    [Fact]
    public void Recordings_can_be_looked_for_by_Bloom_filter() =>
        LakeFileWriter.OptionsFor(Schema, new Dictionary<string, string>()).BloomFilterColumns.ShouldBe(["recording_id"]);

    [Fact]
    public void A_table_property_adds_a_filter_or_takes_one_away()
    {
        var properties = new Dictionary<string, string>
        {
            ["write.parquet.bloom-filter-enabled.column.channel"] = "true",
            ["write.parquet.bloom-filter-enabled.column.recording_id"] = "false",
        };

        LakeFileWriter.OptionsFor(Schema, properties).BloomFilterColumns.ShouldBe(["channel"]);
    }

    [Fact]
    public void A_property_that_names_what_cannot_have_a_filter_stops_no_writer()
    {
        var properties = new Dictionary<string, string>
        {
            ["write.parquet.bloom-filter-enabled.column.gone"] = "true",
            ["write.parquet.bloom-filter-enabled.column.flag"] = "true",
            ["write.parquet.bloom-filter-enabled.column.header"] = "true",
        };

        LakeFileWriter.OptionsFor(Schema, properties).BloomFilterColumns.ShouldBe(["recording_id"]);
    }
}
