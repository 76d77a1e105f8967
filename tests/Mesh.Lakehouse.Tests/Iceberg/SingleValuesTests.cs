using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Tests.Iceberg;

public sealed class SingleValuesTests
{
    public static TheoryData<object, string> Values => new()
    {
        { true, "01" }, { false, "00" }, { 34, "22000000" }, { -1, "ffffffff" }, { 34L, "2200000000000000" }, { 1.0f, "0000803f" }, { -0.5, "000000000000e0bf" },
        { 14.20m, "058c" }, { -1.28m, "80" }, { 1.28m, "0080" }, { 0.00m, "00" }, { "iceberg", "69636562657267" },
        { Guid.Parse("f79c3e09-677c-4bbd-a479-3f349cb785e7"), "f79c3e09677c4bbda4793f349cb785e7" }, { new byte[] { 0, 1, 2, 3 }, "00010203" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Values_have_the_bytes_of_the_specification_and_come_back(object value, string hex)
    {
        byte[] bytes = SingleValues.Encode(value);
        Convert.ToHexStringLower(bytes).ShouldBe(hex);
        DataType type = value switch
        {
            bool => DataType.Boolean,
            int => DataType.Int32,
            long => DataType.Int64,
            float => DataType.Float32,
            double => DataType.Float64,
            decimal => new DecimalType(9, 2),
            string => DataType.Utf8,
            Guid => DataType.Uuid,
            _ => DataType.Binary,
        };
        SingleValues.Fits(value, type).ShouldBeTrue();
        SingleValues.Decode(bytes, type).ShouldBe(value);
        SingleValues.Decode([1, 2, 3], DataType.Int64).ShouldBeNull();
    }

    [Fact]
    public void Bounds_from_before_a_column_was_widened_are_read_by_their_length()
    {
        SingleValues.Decode(SingleValues.Encode(7), DataType.Int64).ShouldBe(7L);
        SingleValues.Decode(SingleValues.Encode(1.5f), DataType.Float64).ShouldBe(1.5);
        SingleValues.Decode(SingleValues.Encode(14.20m), new DecimalType(30, 2)).ShouldBe(14.20m);
    }

    [Fact]
    public void Text_is_ordered_by_code_points_as_its_bytes_are()
    {
        string[] texts = ["", "a", "ab", "b", "Z", "é", "\uFFFD", "🚗", "\uE000", "a🚗", "a\uFFFD"];
        foreach (string left in texts)
        {
            foreach (string right in texts)
            {
                int bytes = System.Text.Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(System.Text.Encoding.UTF8.GetBytes(right));
                Math.Sign(SingleValues.Compare(left, right)).ShouldBe(Math.Sign(bytes), $"'{left}' '{right}'");
            }
        }
    }
}
