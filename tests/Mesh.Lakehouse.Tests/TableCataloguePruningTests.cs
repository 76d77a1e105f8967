using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Tests;

/// <summary>Pruning must be invisible: whatever the partitioning and the condition, the rows are those that match.</summary>
public sealed class TableCataloguePruningTests : IDisposable
{
    private static readonly Schema Columns = new(
    [
        new Field("n", DataType.Int32), new Field("big", DataType.Int64), new Field("name", DataType.Utf8), new Field("at", DataType.TimestampMicros),
        new Field("day", DataType.Date32), new Field("amount", new DecimalType(9, 2)), new Field("value", DataType.Float64), new Field("flag", DataType.Boolean),
    ]);

    private static readonly PartitionField[][] Specs =
    [
        [],
        [new PartitionField("at", PartitionTransform.Day), new PartitionField("name", PartitionTransform.Bucket, 4)],
        [new PartitionField("at", PartitionTransform.Year), new PartitionField("n", PartitionTransform.Truncate, 10)],
        [new PartitionField("at", PartitionTransform.Month), new PartitionField("name", PartitionTransform.Truncate, 2), new PartitionField("flag", PartitionTransform.Identity)],
        [new PartitionField("at", PartitionTransform.Hour), new PartitionField("amount", PartitionTransform.Truncate, 500)],
        [new PartitionField("day", PartitionTransform.Month), new PartitionField("big", PartitionTransform.Bucket, 7), new PartitionField("value", PartitionTransform.Identity)],
        [new PartitionField("amount", PartitionTransform.Identity), new PartitionField("n", PartitionTransform.Bucket, 3), new PartitionField("day", PartitionTransform.Identity)],
    ];

    private readonly LakeFixture lake = new();

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public static TheoryData<int> SpecNumbers => new(Enumerable.Range(0, Specs.Length).ToArray());

    public void Dispose() => lake.Dispose();

    [Theory]
    [MemberData(nameof(SpecNumbers))]
    public async Task Rows_found_with_pruning_are_those_that_match(int spec)
    {
        var random = new Random(20261129 + spec);
        var identifier = new TableIdentifier("raw", "random");
        var table = await lake.Catalogue.EnsureAsync(identifier, new TableDefinition(Columns, Specs[spec], [], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, None);
        for (int upload = 0; upload < 3; upload++)
        {
            var rows = Enumerable.Range(0, 25).Select(_ => RandomRow(random)).ToList();
            var files = new List<DataFile>();
            foreach (var group in rows.GroupBy(row => string.Join('|', PartitionOf(table, row).Select(value => value ?? "absent"))))
            {
                var batch = Batch(table.Schema, [.. group]);
                files.Add(await lake.WriteAsync(table, batch, PartitionOf(table, group.First())));
            }

            await lake.Catalogue.AppendAsync(identifier, LakeFixture.Request(LakeFixture.Set($"u{upload}", [.. files])), None);
        }

        var all = await lake.Catalogue.ScanAsync(identifier, new ScanOptions(), None).ToListAsync(None);
        all.Sum(batch => batch.Length).ShouldBe(75);
        long skipped = 0, found = 0;
        for (int i = 0; i < 150; i++)
        {
            var filter = RandomPredicate(random, 2);
            var condition = PredicateFilter.Create(filter, table.Schema);
            var selection = new RowSelection();
            var expected = all.SelectMany(batch =>
            {
                condition.Select(batch, selection);
                return Texts(selection.Take(batch));
            }).Order(StringComparer.Ordinal).ToList();
            var statistics = new ScanStatistics();
            var actual = (await lake.Catalogue.ScanAsync(identifier, new ScanOptions { Filter = filter, Statistics = statistics }, None).ToListAsync(None))
                .SelectMany(Texts).Order(StringComparer.Ordinal).ToList();
            if (!actual.SequenceEqual(expected))
            {
                var planned = new List<string>();
                await foreach (var file in lake.Catalogue.PlanAsync(identifier, new ScanOptions { Filter = filter }, None))
                {
                    await foreach (var batch in lake.Catalogue.ReadFileAsync(identifier, file, null, None)) planned.AddRange(Texts(batch));
                }

                Assert.Fail($"{Text(filter)} lost by planning: {string.Join("; ", expected.Except(planned))}; lost by reading: {string.Join("; ", expected.Intersect(planned).Except(actual))}; too many: {string.Join("; ", actual.Except(expected))}");
            }

            skipped += statistics.FilesSkipped + statistics.ManifestsSkipped;
            found += actual.Count;
        }

        skipped.ShouldBeGreaterThan(10, "or nothing was pruned");
        found.ShouldBeGreaterThan(50, "or nothing was found");
    }

    [Fact]
    public async Task A_scan_may_show_columns_other_than_those_it_filters_by()
    {
        var table = await lake.CreateImuAsync();
        var file = await lake.WriteAsync(table, ForeignReaderTests.ImuBatch(table.Schema, "rec", 0, 100));
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("u", file)), None);
        var filter = new InPredicate("sequence", [4L, 77L, 1000L]);
        var batch = (await lake.Catalogue.ScanAsync(LakeFixture.Imu, new ScanOptions { Columns = ["ax"], Filter = filter }, None).ToListAsync(None)).ShouldHaveSingleItem();
        batch.Schema.Fields.Select(field => field.Name).ShouldBe(["ax"]);
        batch["ax"].Values<double>().ToArray().ShouldBe([1.0, 19.25]);
    }

    private static object?[] RandomRow(Random random) =>
    [
        Maybe(random, random.Next(-30, 30)), Maybe(random, random.NextInt64(-5, 5)), Maybe(random, new[] { "", "a", "ab", "abc", "b", "ba", "zü", "🚗🚗" }[random.Next(8)]),
        Maybe(random, random.NextInt64(-100, 100) * 13 * 3_600_000_000), Maybe(random, random.Next(-100, 100)), Maybe(random, random.Next(-2000, 2000)),
        Maybe(random, new[] { -1.5, 0, 2.25, double.NaN }[random.Next(4)]), Maybe(random, random.Next(2) == 1),
    ];

    private static object? Maybe(Random random, object value) => random.Next(8) == 0 ? null : value;

    private static Predicate RandomPredicate(Random random, int depth)
    {
        if (depth > 0)
        {
            switch (random.Next(5))
            {
                case 0:
                    return new AndPredicate([RandomPredicate(random, depth - 1), RandomPredicate(random, depth - 1)]);
                case 1:
                    return new OrPredicate([RandomPredicate(random, depth - 1), RandomPredicate(random, depth - 1)]);
                case 2:
                    return new NotPredicate(RandomPredicate(random, depth - 1));
            }
        }

        int column = random.Next(Columns.Fields.Count);
        string name = Columns.Fields[column].Name;
        var operation = (ComparisonOperator)random.Next(6);
        switch (random.Next(6))
        {
            case 0:
                return new NullPredicate(name);
            case 1 when name == "name":
                return new PrefixPredicate(name, new[] { "a", "ab", "z", "🚗" }[random.Next(4)]);
            case 2:
                return new InPredicate(name, [Literal(random, column), Literal(random, column)]);
            case 3:
                operation = ComparisonOperator.Equal;
                break;
        }

        if (name == "flag") operation = ComparisonOperator.Equal;
        return new ComparisonPredicate(name, operation, Literal(random, column));
    }

    private static string Text(Predicate filter) => filter switch
    {
        AndPredicate and => $"({string.Join(" AND ", and.Parts.Select(Text))})",
        OrPredicate or => $"({string.Join(" OR ", or.Parts.Select(Text))})",
        NotPredicate not => $"NOT {Text(not.Part)}",
        InPredicate list => $"{list.Column} IN ({string.Join(", ", list.Values)})",
        _ => $"{filter}",
    };

    private static object Literal(Random random, int column)
    {
        object? value;
        do value = RandomRow(random)[column];
        while (value is null or double.NaN);
        return Columns.Fields[column].Type.Kind switch
        {
            TypeKind.Int32 => (long)(int)value,
            TypeKind.TimestampMicros => DateTimeOffset.UnixEpoch.AddTicks((long)value * 10),
            TypeKind.Date32 => DateOnly.FromDateTime(DateTime.UnixEpoch).AddDays((int)value),
            TypeKind.Decimal128 => (int)value / 100m,
            _ => value,
        };
    }

    private static object?[] PartitionOf(Table table, object?[] row)
    {
        var batch = Batch(table.Schema, [row]);
        return [.. table.PartitionBy.Select(field => PartitionTransforms.Apply(field, batch[field.SourceColumn], 0))];
    }

    private static RecordBatch Batch(Schema schema, IReadOnlyList<object?[]> rows) =>
        new(schema, rows.Count, [.. schema.Fields.Select((field, column) => Vector(field.Type, [.. rows.Select(row => row[column])]))]);

    private static ColumnVector Vector(DataType type, object?[] values)
    {
        var builder = ColumnBuilder.Create(type);
        foreach (object? value in values)
        {
            switch (builder, value)
            {
                case (_, null): builder.AppendNull(); break;
                case (BooleanBuilder truths, bool truth): truths.Append(truth); break;
                case (BinaryBuilder texts, string text): texts.Append(text); break;
                case (FixedWidthBuilder<double> numbers, double number): numbers.Append(number); break;
                case (FixedWidthBuilder<long> numbers, long number): numbers.Append(number); break;
                case (FixedWidthBuilder<Int128> numbers, int number): numbers.Append(number); break;
                case (FixedWidthBuilder<int> numbers, int number): numbers.Append(number); break;
                default: throw new InvalidOperationException($"{type} {value}");
            }
        }

        return builder.Build();
    }

    private static IEnumerable<string> Texts(RecordBatch batch) => Enumerable.Range(0, batch.Length).Select(row => string.Join('|', batch.Columns.Select(column =>
        column.IsNull(row) ? "null" : column.Type.Kind switch
        {
            TypeKind.Boolean => $"{column.GetBoolean(row)}",
            TypeKind.Utf8 => $"'{column.GetString(row)}'",
            _ => Convert.ToHexString(column.ValueBytes.Span.Slice(row * column.Type.ByteWidth, column.Type.ByteWidth)),
        })));
}
