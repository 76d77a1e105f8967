using Mesh.Columnar;
using Mesh.Lakehouse.Rows;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Rows;

public class ExternalSortTests
{
    private static readonly Schema Schema = new([new Field("key", DataType.Int64), new Field("text", DataType.Utf8, Nullable: false), new Field("order", DataType.Int32, Nullable: false)]);

    private static CancellationToken None => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(long.MaxValue, 0)]
    [InlineData(20_000, 2)]
    [InlineData(500, 50)]
    public async Task Rows_come_out_in_order_stable_and_nulls_last_whatever_was_spilled(long memoryBytes, int leastRuns)
    {
        using var folder = new TemporaryFolder();
        var random = new Random(7);
        var expected = new List<(long? Key, int Order)>();
        var sort = new ExternalSort(Schema, ["key"], new ExternalSortOptions { MemoryBytes = memoryBytes, MaxFanIn = 4, SpillFolder = folder.Path });
        await using (sort)
        {
            for (int batch = 0; batch < 100; batch++)
            {
                var rows = Enumerable.Range(0, random.Next(0, 40)).Select(_ => random.Next(10) == 0 ? (long?)null : random.Next(50)).ToList();
                await sort.AddAsync(Batch(rows, expected.Count), None);
                expected.AddRange(rows.Select((key, index) => (key, expected.Count + index)).ToList());
            }

            var actual = new List<(long? Key, int Order)>();
            await foreach (var batch in sort.ReadAsync(None))
            {
                for (int row = 0; row < batch.Length; row++)
                {
                    int order = batch["order"].Values<int>()[row];
                    batch["text"].GetString(row).ShouldBe($"row {order}");
                    actual.Add((batch["key"].IsNull(row) ? null : batch["key"].Values<long>()[row], order));
                }
            }

            actual.ShouldBe(expected.OrderBy(row => row.Key ?? long.MaxValue).ThenBy(row => row.Order));
            sort.SpilledRuns.ShouldBeGreaterThanOrEqualTo(leastRuns);
        }

        Directory.GetFileSystemEntries(folder.Path).ShouldBeEmpty();
    }

    private static RecordBatch Batch(IReadOnlyList<long?> keys, int first)
    {
        var builder = new StructBuilder(Schema.AsStruct());
        for (int i = 0; i < keys.Count; i++)
        {
            if (keys[i] is { } key) ((FixedWidthBuilder<long>)builder.Children[0]).Append(key);
            else builder.Children[0].AppendNull();
            ((BinaryBuilder)builder.Children[1]).Append($"row {first + i}");
            ((FixedWidthBuilder<int>)builder.Children[2]).Append(first + i);
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }
}
