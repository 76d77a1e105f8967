using System.Text;
using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Model;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class PartitionTransformsTests
{
    [Fact]
    public void Hashes_equal_the_vectors_of_the_specification()
    {
        // Iceberg specification, appendix B, "32-bit Hash Requirements".
        Murmur3.Hash(34).ShouldBe(2017239379);
        Murmur3.Hash("iceberg"u8).ShouldBe(1210000089);
        Murmur3.Hash([0, 1, 2, 3]).ShouldBe(-188683207);
        Murmur3.Hash(17486).ShouldBe(-653330422);
        Murmur3.Hash(1510871468000000).ShouldBe(-2047944441);
        Murmur3.Hash(81068000000).ShouldBe(-662762989);
        Murmur3.Hash([0xf7, 0x9c, 0x3e, 0x09, 0x67, 0x7c, 0x4b, 0xbd, 0xa4, 0x79, 0x3f, 0x34, 0x9c, 0xb7, 0x85, 0xe7]).ShouldBe(1488055340);
        Murmur3.Hash([0x05, 0x8c]).ShouldBe(-500754589); // decimal 14.20
        Murmur3.Hash(1).ShouldBe(1392991556);
    }

    [Fact]
    public void Buckets_are_the_positive_hash_modulo_n_whatever_the_width_of_the_column()
    {
        int expected = (2017239379 & int.MaxValue) % 16;
        var field = new PartitionField("k", PartitionTransform.Bucket, 16);
        PartitionTransforms.Apply(field, Ints(34), 0).ShouldBe(expected);
        PartitionTransforms.Apply(field, Longs(DataType.Int64, 34), 0).ShouldBe(expected);
        PartitionTransforms.Apply(field, Texts("iceberg"), 0).ShouldBe((1210000089 & int.MaxValue) % 16);
        var number = new ColumnVector { Type = new DecimalType(9, 2), Length = 1, ValueBytes = BitConverter.GetBytes((Int128)1420) };
        PartitionTransforms.Apply(field, number, 0).ShouldBe((-500754589 & int.MaxValue) % 16);
    }

    [Theory]
    [InlineData(1, 10, 0)]
    [InlineData(-1, 10, -10)]
    [InlineData(-10, 10, -10)]
    [InlineData(17, 5, 15)]
    public void Numbers_truncate_towards_minus_infinity(int value, int width, int expected)
    {
        PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Truncate, width), Ints(value), 0).ShouldBe(expected);
        PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Truncate, width), Longs(DataType.Int64, value), 0).ShouldBe((long)expected);
    }

    [Fact]
    public void Text_truncates_by_code_points()
    {
        var field = new PartitionField("k", PartitionTransform.Truncate, 3);
        PartitionTransforms.Apply(field, Texts("iceberg"), 0).ShouldBe("ice");
        PartitionTransforms.Apply(field, Texts("🚗🚗🚗🚗"), 0).ShouldBe("🚗🚗🚗");
        PartitionTransforms.Apply(field, Texts("a"), 0).ShouldBe("a");
    }

    [Fact]
    public void Times_before_1970_round_down_and_agree_with_the_calendar()
    {
        foreach (var time in new[]
        {
            new DateTime(2017, 11, 16, 22, 31, 8), new DateTime(1969, 12, 31, 23, 59, 59), new DateTime(1, 1, 1), new DateTime(2000, 2, 29, 1, 0, 0),
            new DateTime(9999, 12, 31), new DateTime(1900, 3, 1), new DateTime(1970, 1, 1), new DateTime(2026, 11, 22, 10, 0, 0),
        })
        {
            long micros = (time.Ticks - DateTime.UnixEpoch.Ticks) / 10;
            var column = Longs(DataType.TimestampMicros, micros);
            Time(PartitionTransform.Year, column).ShouldBe(time.Year - 1970);
            Time(PartitionTransform.Month, column).ShouldBe(((time.Year - 1970) * 12) + time.Month - 1);
            Time(PartitionTransform.Day, column).ShouldBe((int)(time.Date - DateTime.UnixEpoch).TotalDays);
            Time(PartitionTransform.Hour, column).ShouldBe((int)Math.Floor((time - DateTime.UnixEpoch).TotalHours));
            Text(PartitionTransform.Day, column).ShouldBe(time.ToString("yyyy-MM-dd"));
            Text(PartitionTransform.Hour, column).ShouldBe(time.ToString("yyyy-MM-dd-HH"));
            Text(PartitionTransform.Month, column).ShouldBe(time.ToString("yyyy-MM"));
            Text(PartitionTransform.Year, column).ShouldBe(time.ToString("yyyy"));
        }
    }

    [Fact]
    public void Every_type_of_the_specification_has_its_transforms_and_no_other()
    {
        TypeKind[] numbers = [TypeKind.Int32, TypeKind.Int64, TypeKind.Decimal128];
        TypeKind[] times = [TypeKind.TimestampMicros, TypeKind.TimestampNanos, TypeKind.LocalTimestampMicros, TypeKind.LocalTimestampNanos];
        TypeKind[] texts = [TypeKind.Utf8, TypeKind.Binary];
        var allowed = new Dictionary<PartitionTransform, TypeKind[]>
        {
            [PartitionTransform.Bucket] = [.. numbers, .. times, .. texts, TypeKind.Date32, TypeKind.TimeMicros, TypeKind.Uuid, TypeKind.FixedBinary],
            [PartitionTransform.Truncate] = [.. numbers, .. texts],
            [PartitionTransform.Year] = [.. times, TypeKind.Date32],
            [PartitionTransform.Month] = [.. times, TypeKind.Date32],
            [PartitionTransform.Day] = [.. times, TypeKind.Date32],
            [PartitionTransform.Hour] = times,
            [PartitionTransform.Void] = Enum.GetValues<TypeKind>(),
        };
        foreach (var (transform, kinds) in allowed)
        {
            Enum.GetValues<TypeKind>().Where(kind => PartitionTransforms.IsApplicable(transform, kind)).ShouldBe(kinds.Order(), transform.ToString());
        }
    }

    [Fact]
    public void Nanoseconds_fall_into_the_buckets_and_periods_of_their_microsecond()
    {
        var random = new Random(7);
        for (int i = 0; i < 1000; i++)
        {
            long micros = random.NextInt64(-4_000_000_000_000_000, 4_000_000_000_000_000);
            var coarse = Longs(DataType.TimestampMicros, micros);
            var fine = Longs(DataType.LocalTimestampNanos, (micros * 1000) + random.Next(1000));
            foreach (var transform in new[] { PartitionTransform.Year, PartitionTransform.Month, PartitionTransform.Day, PartitionTransform.Hour, PartitionTransform.Bucket })
            {
                var field = new PartitionField("t", transform, 16);
                PartitionTransforms.Apply(field, fine, 0).ShouldBe(PartitionTransforms.Apply(field, coarse, 0), $"{transform} {micros}");
            }
        }
    }

    [Fact]
    public void Truncation_keeps_the_rules_of_the_specification_for_random_values()
    {
        var random = new Random(11);
        for (int i = 0; i < 2000; i++)
        {
            int width = random.Next(1, 1000);
            long value = random.NextInt64(-1_000_000, 1_000_000);
            long truncated = (long)PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Truncate, width), Longs(DataType.Int64, value), 0)!;
            (truncated % width).ShouldBe(0);
            (value - truncated).ShouldBeInRange(0, width - 1);
            var number = new ColumnVector { Type = new DecimalType(18, 2), Length = 1, ValueBytes = BitConverter.GetBytes((Int128)value) };
            PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Truncate, width), number, 0).ShouldBe(truncated / 100m);
        }

        // Specification: width 50, scale 2: 10.65 becomes 10.50.
        var example = new ColumnVector { Type = new DecimalType(9, 2), Length = 1, ValueBytes = BitConverter.GetBytes((Int128)1065) };
        PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Truncate, 50), example, 0).ShouldBe(10.50m);
        PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Void), example, 0).ShouldBeNull();
    }

    [Fact]
    public void Nulls_stay_null_and_have_a_name_in_paths()
    {
        var column = new ColumnVector { Type = DataType.Int64, Length = 1, NullCount = 1, Validity = new byte[1], ValueBytes = new byte[8] };
        PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Bucket, 4), column, 0).ShouldBeNull();
        PartitionTransforms.ToPathText(new PartitionField("k", PartitionTransform.Day), null).ShouldBe("null");
    }

    [Theory]
    [InlineData("V1/../../etc", "V1_.._.._etc")]
    [InlineData("..", "_")]
    [InlineData("a b%ü", "a_b__")]
    [InlineData("V-1_x.y", "V-1_x.y")]
    public void Text_in_paths_holds_nothing_a_path_or_uri_trips_over(string value, string expected) =>
        PartitionTransforms.ToPathText(new PartitionField("k", PartitionTransform.Identity), value).ShouldBe(expected);

    [Fact]
    public void A_transform_that_the_type_does_not_have_is_refused_with_the_column()
    {
        var error = Should.Throw<MeshException>(() => PartitionTransforms.Apply(new PartitionField("speed", PartitionTransform.Day), Ints(1), 0));
        error.Code.ShouldBe("MESH8104");
        error.Message.ShouldContain("'speed'");
        Should.Throw<MeshException>(() => PartitionTransforms.Apply(new PartitionField("k", PartitionTransform.Bucket, 0), Ints(1), 0)).Code.ShouldBe("MESH8104");
    }

    private static object? Time(PartitionTransform transform, ColumnVector column) => PartitionTransforms.Apply(new PartitionField("t", transform), column, 0);

    private static string Text(PartitionTransform transform, ColumnVector column) =>
        PartitionTransforms.ToPathText(new PartitionField("t", transform), Time(transform, column));

    private static ColumnVector Ints(int value) => new() { Type = DataType.Int32, Length = 1, ValueBytes = BitConverter.GetBytes(value) };

    private static ColumnVector Longs(DataType type, long value) => new() { Type = type, Length = 1, ValueBytes = BitConverter.GetBytes(value) };

    private static ColumnVector Texts(string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        return new ColumnVector { Type = DataType.Utf8, Length = 1, OffsetBytes = (byte[])[0, 0, 0, 0, .. BitConverter.GetBytes(bytes.Length)], ValueBytes = bytes };
    }
}
