using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Shouldly;
using Xunit;
using static Mesh.Formats.Tests.Mdf.MdfDecoding;

namespace Mesh.Formats.Tests.Mdf;

public sealed class MdfConversionTests
{
    [Fact]
    public void Rational_conversions_divide_two_parabolas()
    {
        OfIntegers(Conversion(MdfConversionKind.Rational, 0.25, 0, 0.5, 0, 0, 1), -4, 0, 2).ShouldBe([4.5, 0.5, 1.5]);
        OfIntegers(Conversion(MdfConversionKind.Rational, 0, 2, 0, 0, 1, 20), -8, 7).ShouldBe([-16.0 / 12, 14.0 / 27]);
        OfIntegers(Conversion(MdfConversionKind.Rational, 0, 0, 1, 0, 1, 0), 0).ShouldBe([double.PositiveInfinity]);
    }

    [Fact]
    public void Tables_interpolate_or_take_the_nearest_key_the_lower_one_when_in_the_middle()
    {
        double[] table = [-5, 100, 0, 50, 2, 60, 6, -10];
        OfIntegers(Conversion(MdfConversionKind.TableInterpolated, table), -8, -5, -4, 0, 1, 2, 3, 6, 7).ShouldBe([100.0, 100.0, 90.0, 50.0, 55.0, 60.0, 42.5, -10.0, -10.0]);
        OfIntegers(Conversion(MdfConversionKind.Table, table), -8, -5, -3, -2, 1, 2, 4, 5, 9).ShouldBe([100.0, 100.0, 100.0, 50.0, 50.0, 60.0, 60.0, -10.0, -10.0]);
        OfDoubles(Conversion(MdfConversionKind.TableInterpolated, table), double.NaN, double.NegativeInfinity).ShouldBe([double.NaN, 100.0]);
    }

    [Fact]
    public void The_upper_bound_of_a_range_counts_for_integers_and_not_for_floating_point_values()
    {
        var ranges = Conversion(MdfConversionKind.RangeToValue, -2, 0, 1, 0, 2, 2, 5, 5, 3, -99);
        OfIntegers(ranges, -3, -2, 0, 1, 2, 3, 5).ShouldBe([-99.0, 1.0, 1.0, 2.0, 2.0, -99.0, 3.0]);
        OfDoubles(ranges, -2, -0.5, 0, 1.5, 2, 5, 5.5).ShouldBe([1.0, 1.0, 2.0, 2.0, -99.0, 3.0, -99.0]);
        OfDoubles(ranges, double.NaN).ShouldBe([-99.0]);
    }

    [Fact]
    public void Where_ranges_overlap_the_first_in_the_file_counts()
    {
        var random = new Random(1);
        for (int round = 0; round < 50; round++)
        {
            int count = random.Next(1, 12);
            double[] values = new double[(3 * count) + 1];
            for (int i = 0; i < count; i++)
            {
                values[3 * i] = random.Next(-20, 20);
                values[(3 * i) + 1] = values[3 * i] + random.Next(-2, 15);
                values[(3 * i) + 2] = i;
            }

            values[^1] = -1;
            long[] raw = [.. Enumerable.Range(-25, 60)];
            var expected = raw.Select(x => (object?)(double)Enumerable.Range(0, count).Where(i => x >= values[3 * i] && x <= values[(3 * i) + 1]).DefaultIfEmpty(-1).First());
            OfIntegers(Conversion(MdfConversionKind.RangeToValue, values), raw).ShouldBe(expected, $"round {round}");
        }
    }

    [Fact]
    public void Values_become_texts_and_a_missing_default_null()
    {
        var table = Conversion(MdfConversionKind.ValueToText, 0, 1, 5) with { References = [Text("zero"), Text("zwei ü"), Text(""), Text("other")] };
        OfIntegers(table, 0, 1, 5, 2, -1).ShouldBe(["zero", "zwei ü", "", "other", "other"]);
        OfIntegers(table with { References = [Text("zero"), Nil, Text("five"), Nil] }, 0, 1, 5, 2).ShouldBe(["zero", null, "five", null]);
        OfIntegers(table with { References = [Text("zero"), Text("one"), Text("five")] }, 5, 7).ShouldBe(["five", null]);
        OfDoubles(table, 0, 0.5, 1, 1e300, double.NaN).ShouldBe(["zero", "other", "zwei ü", "other", "other"]);
    }

    [Fact]
    public void Large_and_fractional_keys_are_found_as_well()
    {
        var table = Conversion(MdfConversionKind.ValueToText, -1e9, 0.5, 3e9) with { References = [Text("a"), Text("b"), Text("c"), Text("-")] };
        OfIntegers(table, -1_000_000_000, 0, 3_000_000_000, 3_000_000_001).ShouldBe(["a", "-", "c", "-"]);
        OfDoubles(table, 0.5, 0.25).ShouldBe(["b", "-"]);
    }

    [Fact]
    public void Texts_and_scales_in_one_table_give_text_and_scales_alone_give_numbers()
    {
        var scale = Nested(Conversion(MdfConversionKind.Linear, 0, 0.1));
        var ranges = Conversion(MdfConversionKind.RangeToText, 0, 4, 5, 9) with { References = [scale, Text("text"), Text("dflt")] };
        OfIntegers(ranges, 0, 3, 5, 9, 10).ShouldBe(["0", "0.30000000000000004", "text", "text", "dflt"]);
        var inner = Conversion(MdfConversionKind.ValueToText, 0) with { References = [Text("inner0"), Text("3-6")] };
        OfIntegers(Conversion(MdfConversionKind.ValueToText, 1, 2) with { References = [Text("one"), Text("two"), Nested(inner)] }, 0, 1, 2, 4)
            .ShouldBe(["inner0", "one", "two", "3-6"]);
        var batch = Decode(Layout(1, Channel("c", MdfDataType.UnsignedLittleEndian, 0, 8) with { Conversion = ranges with { References = [scale, scale, Nil] } }), [4], [20]);
        batch.Columns[0].Type.ShouldBe(DataType.Float64);
        batch.Values("c").ShouldBe([0.4, double.NaN]);
        // No conversion of its own means the raw value.
        OfIntegers(ranges with { References = [Nested(Conversion(MdfConversionKind.Identity)), Text("t"), Nil] }, 3, 5).ShouldBe(["3", "t"]);
    }

    [Fact]
    public void A_bit_field_joins_the_texts_of_its_parts()
    {
        static double Mask(ulong bits) => BitConverter.UInt64BitsToDouble(bits);
        var ignition = Conversion(MdfConversionKind.ValueToText, 0, 1) with { References = [Text("off"), Text("on"), Nil], Name = "IGN" };
        var gear = Conversion(MdfConversionKind.ValueToText, 0, 2, 4, 6) with { References = [Text("P"), Text("R"), Text("N"), Text("D"), Nil], Name = "GEAR" };
        var level = Conversion(MdfConversionKind.RangeToText, 0, 0, 8, 8) with { References = [Text("lo"), Text("hi"), Nil] };
        var field = Conversion(MdfConversionKind.BitfieldText, Mask(1), Mask(6), Mask(8)) with { References = [Nested(ignition), Nested(gear), Nested(level)] };
        OfIntegers(field, 0, 1, 6, 15).ShouldBe(["IGN = off|GEAR = P|lo", "IGN = on|GEAR = P|lo", "IGN = off|GEAR = D|lo", "IGN = on|GEAR = D|hi"]);

        // Parts without text are left out, with their name and their bar.
        var high = Conversion(MdfConversionKind.ValueToText, 9.2233720368547758E+18) with { References = [Text("top"), Nil], Name = "HI" };
        var sparse = Conversion(MdfConversionKind.BitfieldText, Mask(1UL << 63), Mask(1), Mask(2)) with { References = [Nested(high), Nil, Nested(ignition with { Name = "" })] };
        var layout = Layout(8, Channel("c", MdfDataType.UnsignedLittleEndian, 0, 64) with { Conversion = sparse });
        Decode(layout, BitConverter.GetBytes(ulong.MaxValue), BitConverter.GetBytes(2UL), BitConverter.GetBytes(1UL)).Values("c").ShouldBe(["HI = top", "", "off"]);
    }

    [Fact]
    public void Texts_become_numbers_or_other_texts_and_a_missing_translation_leaves_them()
    {
        var number = Conversion(MdfConversionKind.TextToValue, 1, 2, 3.5, -1) with { References = [Text("one"), Text("two"), Text("drei")] };
        OfTexts(number, "one", "two", "drei", "Drei", "").ShouldBe([1.0, 2.0, 3.5, -1.0, -1.0]);
        var other = Conversion(MdfConversionKind.TextToText) with { References = [Text("one"), Text("EINS"), Text("two"), Nil, Text("default!")] };
        OfTexts(other, "one", "two", "three").ShouldBe(["EINS", "two", "default!"]);
        OfTexts(other with { References = [Text("one"), Text("EINS"), Text("ü"), Text("Ü"), Nil] }, "one", "ü", "xx").ShouldBe(["EINS", "Ü", "xx"]);
    }

    [Fact]
    public void Mdf3_formulas()
    {
        OfIntegers(Conversion(MdfConversionKind.Mdf3Polynomial, 2, 3, 4, 5, 6, 7), 20).ShouldBe([(3 - (5 * 7.0)) / ((4 * 7.0) - 2)]);
        OfDoubles(Conversion(MdfConversionKind.Mdf3Exponential, 2, 4, 1, 0, 0, 3, 1), 10).ShouldBe([Math.Log(((9.0 * 3) - 1) / 2) / 4]);
        OfDoubles(Conversion(MdfConversionKind.Mdf3Exponential, 0, 0, 18, 2, 4, 3, 1), 3).ShouldBe([Math.Log(((18 / 2.0) - 3) / 2) / 4]);
        OfDoubles(Conversion(MdfConversionKind.Mdf3Logarithmic, 2, 4, 1, 0, 0, 3, 1), 2).ShouldBe([Math.Exp(((1.0 * 3) - 1) / 2) / 4]);
    }

    [Theory]
    [InlineData(MdfConversionKind.Linear)]
    [InlineData(MdfConversionKind.Rational)]
    [InlineData(MdfConversionKind.Table)]
    [InlineData(MdfConversionKind.RangeToValue)]
    [InlineData(MdfConversionKind.Algebraic)]
    [InlineData(MdfConversionKind.Mdf3Logarithmic)]
    [InlineData((MdfConversionKind)77)]
    public void A_conversion_that_cannot_be_used_empties_its_column_and_says_so(MdfConversionKind kind)
    {
        var layout = Layout(2, Channel("bad", MdfDataType.UnsignedLittleEndian, 0, 8) with { Conversion = Conversion(kind) }, Channel("good", MdfDataType.UnsignedLittleEndian, 1, 8));
        var decoder = MdfRecordDecoder.Create(layout, Physical);
        decoder.Problems.ShouldHaveSingleItem().ShouldContain("'bad'");
        var batch = Decode(layout, [1, 2]);
        batch.Values("bad").ShouldBe([null]);
        batch.Values("good").ShouldBe([2L]);
        Decode(layout, Raw, [1, 2]).Values("bad").ShouldBe([1L]);
    }

    [Fact]
    public void Conversions_nest_only_so_deep()
    {
        var conversion = Conversion(MdfConversionKind.Linear, 1, 2);
        for (int i = 0; i < 40; i++) conversion = Conversion(MdfConversionKind.ValueToText) with { References = [Nested(conversion)] };
        var layout = Layout(1, Channel("c", MdfDataType.UnsignedLittleEndian, 0, 8) with { Conversion = conversion });
        MdfRecordDecoder.Create(layout, Physical).Problems.ShouldHaveSingleItem().ShouldContain("deeper");
        MdfRecordDecoder.Create(layout, Physical with { MaxNesting = 50 }).Problems.ShouldBeEmpty();
    }

    [Fact]
    public void The_index_of_a_virtual_channel_is_converted_once()
    {
        var layout = Layout(1, Channel("t", MdfDataType.UnsignedLittleEndian, 0, 0) with { Type = MdfChannelType.VirtualMaster, Conversion = Conversion(MdfConversionKind.Linear, 0.5, 0.1) }, Channel("d", MdfDataType.UnsignedLittleEndian, 0, 64) with { Type = MdfChannelType.VirtualData }) with { HasRecordIndex = true };
        byte[][] records = [[9, 0, 0, 0, 0, 0, 0, 0, 0], [9, 7, 0, 0, 0, 0, 0, 0, 0]];
        Decode(layout, records).Values("t").ShouldBe([0.5, 0.5 + (7 * 0.1)]);
        Decode(layout, records).Values("d").ShouldBe([0L, 7L]);
        MdfRecordDecoder.Create(layout with { HasRecordIndex = false }, Physical).Problems.Count.ShouldBe(2);
    }

    private static object?[] OfIntegers(MdfConversion conversion, params long[] raw) =>
        Decode(Layout(8, Channel("c", MdfDataType.SignedLittleEndian, 0, 64) with { Conversion = conversion }), [.. raw.Select(BitConverter.GetBytes)]).Values("c");

    private static object?[] OfDoubles(MdfConversion conversion, params double[] raw) =>
        Decode(Layout(8, Channel("c", MdfDataType.FloatLittleEndian, 0, 64) with { Conversion = conversion }), [.. raw.Select(x => Doubles(x))]).Values("c");

    private static object?[] OfTexts(MdfConversion conversion, params string[] raw) =>
        Decode(Layout(8, Channel("c", MdfDataType.StringLatin1, 0, 64) with { Conversion = conversion }), [.. raw.Select(text => System.Text.Encoding.Latin1.GetBytes(text.PadRight(8, '\0')))]).Values("c");
}
