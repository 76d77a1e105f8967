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

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rows_are_ordered_by_the_first_key_then_the_second_then_as_they_came(int seed)
    {
        var random = new Random(seed);
        var schema = new Schema([new Field("key", DataType.Int32, Nullable: false), new Field("text", DataType.Utf8)]);
        var expected = new List<(int Key, string Text, RowRef Row)>();
        RecordBatch[] batches = [.. Enumerable.Range(0, 5).Select(b =>
        {
            var builder = new StructBuilder(schema.AsStruct());
            for (int r = 0; r < 200; r++)
            {
                int key = random.Next(4) == 0 ? int.MinValue + random.Next(3) : random.Next(20);
                string text = $"{random.Next(4)}";
                ((FixedWidthBuilder<int>)builder.Children[0]).Append(key);
                ((BinaryBuilder)builder.Children[1]).Append(text);
                builder.EndStruct();
                expected.Add((key, text, new RowRef(b, r)));
            }

            return builder.BuildBatch();
        })];

        var sorted = new RowOrder(batches, ["key", "text"]).Sort();

        sorted.ShouldBe(expected.OrderBy(row => row.Key).ThenBy(row => row.Text, StringComparer.Ordinal).Select(row => row.Row));
        RecordBatch[] ordered = [RowGather.Take(batches, sorted)];
        new RowOrder(ordered, ["key", "text"]).IsSorted().ShouldBeTrue();
        new RowOrder(ordered, ["text", "key"]).IsSorted().ShouldBeFalse();
        new RowOrder([RowGather.Take(ordered, [.. Enumerable.Range(0, 1000).Select(row => new RowRef(0, row ^ 1))])], ["key", "text"]).IsSorted().ShouldBeFalse();
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
