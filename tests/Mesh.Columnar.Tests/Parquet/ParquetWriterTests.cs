using Mesh.Columnar.Parquet;
using Mesh.Model;

namespace Mesh.Columnar.Tests.Parquet;

public class ParquetWriterTests
{
    [Fact]
    public async Task Memory_stays_near_the_row_group_size_and_is_given_back()
    {
        var schema = new Schema([new Field("x", DataType.Float64), new Field("text", DataType.Utf8)]);
        var batch = RandomData.Batch(new Random(2), schema, 5_000);
        var stream = new MemoryStream();
        await using var writer = new ParquetWriter(stream, schema, new ParquetWriterOptions { RowGroupBytes = 1 << 20, PageBytes = 64 << 10 });
        long peak = 0;
        for (int i = 0; i < 60; i++)
        {
            await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
            peak = Math.Max(peak, writer.BufferedBytes);
            writer.EstimatedFileBytes.ShouldBeGreaterThanOrEqualTo(stream.Length);
        }

        peak.ShouldBeInRange(100_000, 4 << 20);
        await writer.FlushRowGroupAsync(TestContext.Current.CancellationToken);
        writer.BufferedBytes.ShouldBe(0);
        writer.EstimatedFileBytes.ShouldBe(stream.Length);
        writer.RowCount.ShouldBe(300_000);
    }

    [Fact]
    public async Task Metrics_follow_the_single_value_serialisation()
    {
        var schema = new Schema([
            new Field("n", DataType.Int32, Id: 1),
            new Field("f", DataType.Float64, Id: 2),
            new Field("t", DataType.Utf8, Id: 3),
            new Field("m", new DecimalType(20, 2), Id: 4),
            new Field("b", DataType.Boolean, Id: 5),
            new Field("l", new ListType(new Field("element", DataType.Int32, Id: 7)), Id: 6),
            new Field("raw", DataType.Binary, Id: 8),
            new Field("without", DataType.Int32),
        ]);
        var builder = new StructBuilder(schema.AsStruct());
        double[] floats = [1.5, double.NaN, -2];
        string[] texts = ["Fahrzeug", "a text that is longer than sixteen", "zzzzzzzzzzzzzzz\U0010FFFFz"];
        for (int i = 0; i < 3; i++)
        {
            ((FixedWidthBuilder<int>)builder.Children[0]).Append(i * 1000);
            ((FixedWidthBuilder<double>)builder.Children[1]).Append(floats[i]);
            ((BinaryBuilder)builder.Children[2]).Append(texts[i]);
            ((FixedWidthBuilder<Int128>)builder.Children[3]).Append((i - 1) * 128);
            ((BooleanBuilder)builder.Children[4]).Append(i > 0);
            var list = (ListBuilder)builder.Children[5];
            for (int j = 0; j < i; j++) ((FixedWidthBuilder<int>)list.Element).Append(j);
            list.EndList();
            ((BinaryBuilder)builder.Children[6]).Append(Enumerable.Repeat((byte)0xFF, 10 + (i * 5)).ToArray());
            builder.Children[7].AppendNull();
            builder.EndStruct();
        }

        foreach (var child in builder.Children) child.AppendNull();
        builder.EndStruct();
        var (_, summary) = await ParquetFiles.WriteAsync(schema, new ParquetWriterOptions { RowGroupBytes = 1 }, builder.BuildBatch());
        summary.SplitOffsets.Count.ShouldBe(4);
        var metrics = summary.Columns.ToDictionary(column => column.FieldId);
        metrics.Keys.ShouldBe([1, 2, 3, 4, 5, 7, 8]);

        metrics[1].LowerBound.ShouldBe([0, 0, 0, 0]);
        metrics[1].UpperBound.ShouldBe(BitConverter.GetBytes(2000));
        (metrics[1].ValueCount, metrics[1].NullCount, metrics[1].NanCount).ShouldBe((4, 1, 0));
        metrics[1].ColumnBytes.ShouldBeGreaterThan(0);
        metrics[2].NanCount.ShouldBe(1);
        metrics[2].LowerBound.ShouldBe(BitConverter.GetBytes(-2.0));
        metrics[2].UpperBound.ShouldBe(BitConverter.GetBytes(1.5));
        metrics[3].LowerBound.ShouldBe("Fahrzeug"u8.ToArray());
        metrics[3].UpperBound.ShouldBe("zzzzzzzzzzzzzz{"u8.ToArray());
        metrics[4].LowerBound.ShouldBe([0x80]);
        metrics[4].UpperBound.ShouldBe([0, 0x80]);
        metrics[5].LowerBound.ShouldBe([0]);
        metrics[5].UpperBound.ShouldBe([1]);
        metrics[7].LowerBound.ShouldBeNull();
        (metrics[7].ValueCount, metrics[7].NullCount).ShouldBe((5, 2));
        metrics[8].LowerBound!.Length.ShouldBe(10);
        metrics[8].UpperBound.ShouldBeNull();
    }

    [Theory]
    [InlineData("short", false, "short")]
    [InlineData("exactly sixteen!", false, "exactly sixteen!")]
    [InlineData("exactly sixteen!", true, "exactly sixteen\"")]
    [InlineData("seventeen letters", false, "seventeen lettes")]
    [InlineData("grüße an alle Fahrzeuge", false, "grüße an alle Fb")]
    public void An_upper_bound_is_the_shortest_text_not_below(string value, bool isCut, string expected)
    {
        byte[]? bound = SingleValue.TruncateUp(System.Text.Encoding.UTF8.GetBytes(value), isCut, isText: true, SingleValue.BoundUnits);
        System.Text.Encoding.UTF8.GetString(bound!).ShouldBe(expected);
    }

    [Fact]
    public void A_zero_bound_takes_the_outer_sign()
    {
        var extremes = new Extremes<double>();
        extremes.Add([0.0, -0.0]);
        var (min, max) = extremes.Bounds();
        double.IsNegative(min).ShouldBeTrue();
        double.IsNegative(max).ShouldBeFalse();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    public void Extremes_agree_with_a_plain_search_and_leave_NaNs_out(int count)
    {
        var random = new Random(count);
        float[] values = [.. Enumerable.Range(0, count).Select(i => random.Next(4) == 0 ? float.NaN : random.NextSingle() - 0.5f)];
        var extremes = new Extremes<float>();
        extremes.Add(values);
        var numbers = values.Where(value => !float.IsNaN(value)).ToList();
        extremes.NaNs.ShouldBe(count - numbers.Count);
        extremes.HasValue.ShouldBe(numbers.Count > 0);
        if (numbers.Count == 0) return;
        extremes.Min.ShouldBe(numbers.Min());
        extremes.Max.ShouldBe(numbers.Max());
    }

    [Fact]
    public async Task A_null_in_a_required_column_is_refused_by_name()
    {
        var builder = new StructBuilder(new StructType([new Field("a", DataType.Int32)]));
        builder.Children[0].AppendNull();
        builder.EndStruct();
        var exception = await Should.ThrowAsync<MeshException>(() =>
            ParquetFiles.WriteAsync(new Schema([new Field("a", DataType.Int32, Nullable: false)]), new ParquetWriterOptions(), builder.BuildBatch()));
        exception.Code.ShouldBe("MESH10905");
        exception.Message.ShouldContain("'a'");
    }

    [Fact]
    public void A_struct_without_fields_is_refused_by_name()
    {
        var schema = new Schema([new Field("s", new StructType([new Field("empty", new StructType([]))]))]);
        var exception = Should.Throw<MeshException>(() => new ParquetWriter(Stream.Null, schema));
        exception.Code.ShouldBe("MESH10906");
        exception.Message.ShouldContain("'s.empty'");
    }

    [Fact]
    public async Task A_batch_of_another_schema_is_refused()
    {
        var batch = RandomData.Batch(new Random(1), new Schema([new Field("a", DataType.Int64)]), 3);
        await Should.ThrowAsync<ArgumentException>(() => ParquetFiles.WriteAsync(new Schema([new Field("a", DataType.Int32)]), new ParquetWriterOptions(), batch));
    }
}
