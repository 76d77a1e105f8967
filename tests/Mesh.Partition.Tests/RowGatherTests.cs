using Mesh.Columnar;
using Mesh.Lakehouse.Rows;

namespace Mesh.Partition.Tests;

public class RowGatherTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rows_of_any_nesting_come_out_as_they_went_in_whatever_their_order(int seed)
    {
        var random = new Random(seed);
        RecordBatch[] batches = [.. Enumerable.Range(0, 4).Select(_ => RandomColumns.Batch(random, random.Next(1, 60)))];
        var rows = Enumerable.Range(0, 500).Select(_ =>
        {
            int batch = random.Next(batches.Length);
            return new RowRef(batch, random.Next(batches[batch].Length));
        }).ToArray();

        var taken = RowGather.Take(batches, rows);

        taken.Length.ShouldBe(rows.Length);
        for (int i = 0; i < rows.Length; i++) RandomColumns.Row(taken, i).ShouldBe(RandomColumns.Row(batches[rows[i].Batch], rows[i].Row));
    }

    [Fact]
    public void Sorting_is_stable_and_puts_nulls_last()
    {
        var schema = new Schema([new Field("key", DataType.Int64), new Field("text", DataType.Utf8)]);
        var batches = new[] { Keys(schema, 5, null, 3), Keys(schema, 3, 5, 1) };

        var order = new RowOrder(batches, ["key", "missing"]);

        order.IsSorted().ShouldBeFalse();
        order.Sort().ShouldBe([new(1, 2), new(0, 2), new(1, 0), new(0, 0), new(1, 1), new(0, 1)]);
        new RowOrder([Keys(schema, 1, 1, 2, null)], ["key"]).IsSorted().ShouldBeTrue();
    }

    private static RecordBatch Keys(Schema schema, params long?[] keys)
    {
        var builder = new StructBuilder(schema.AsStruct());
        foreach (long? key in keys)
        {
            if (key is { } value) ((FixedWidthBuilder<long>)builder.Children[0]).Append(value);
            else builder.Children[0].AppendNull();
            ((BinaryBuilder)builder.Children[1]).Append("x");
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }
}
