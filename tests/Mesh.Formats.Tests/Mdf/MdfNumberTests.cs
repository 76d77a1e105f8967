using System.Globalization;
using System.Numerics;
using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf;

public sealed class MdfNumberTests
{
    [Fact]
    public void Integers_of_every_place_and_width_equal_a_naive_reading_of_their_bits()
    {
        var random = new Random(7);
        MdfDataType[] types = [MdfDataType.UnsignedLittleEndian, MdfDataType.UnsignedBigEndian, MdfDataType.SignedLittleEndian, MdfDataType.SignedBigEndian];
        for (int round = 0; round < 60; round++)
        {
            int dataBytes = random.Next(1, 24);
            var channels = new List<MdfChannelLayout>();
            for (int i = 0; i < 80; i++)
            {
                int bit = random.Next(3) == 0 ? 0 : random.Next(8);
                int bits = random.Next(4) switch { 0 => 64, 1 => 8 * random.Next(1, 9), _ => random.Next(1, 65) };
                int bytes = (bit + bits + 7) / 8;
                if (bytes > dataBytes) continue;
                channels.Add(MdfDecoding.Channel($"c{i}", types[random.Next(4)], random.Next(dataBytes - bytes + 1), bits, bit));
            }

            if (channels.Count == 0) continue;
            int count = random.Next(1, 40);
            int stride = dataBytes + random.Next(3);
            // The last record ends the data: reads beyond it would be noticed by a changed value or worse.
            byte[] data = new byte[((count - 1) * stride) + dataBytes];
            random.NextBytes(data);
            var refs = MdfDecoding.Refs(count, dataBytes, stride);
            if (round % 3 == 0) random.Shuffle(refs);
            var decoder = MdfRecordDecoder.Create(MdfDecoding.Layout(dataBytes, [.. channels]), MdfDecoding.Physical);
            var batch = MdfDecoding.Decode(decoder, data, refs);
            for (int c = 0; c < channels.Count; c++)
            {
                for (int row = 0; row < count; row++)
                {
                    var expected = MdfDecoding.Integer(data.AsSpan(refs[row].Offset, dataBytes), channels[c]);
                    var found = BigInteger.Parse(Convert.ToString(MdfDecoding.Value(batch.Columns[c], row), CultureInfo.InvariantCulture)!, CultureInfo.InvariantCulture);
                    found.ShouldBe(expected, $"round {round}, {channels[c]}, row {row}");
                }
            }
        }
    }

    [Theory]
    [InlineData(MdfDataType.UnsignedLittleEndian, 1, TypeKind.Int32)]
    [InlineData(MdfDataType.UnsignedLittleEndian, 31, TypeKind.Int32)]
    [InlineData(MdfDataType.UnsignedBigEndian, 32, TypeKind.Int64)]
    [InlineData(MdfDataType.UnsignedLittleEndian, 63, TypeKind.Int64)]
    [InlineData(MdfDataType.UnsignedBigEndian, 64, TypeKind.Decimal128)]
    [InlineData(MdfDataType.SignedLittleEndian, 32, TypeKind.Int32)]
    [InlineData(MdfDataType.SignedBigEndian, 33, TypeKind.Int64)]
    [InlineData(MdfDataType.SignedLittleEndian, 64, TypeKind.Int64)]
    [InlineData(MdfDataType.FloatLittleEndian, 16, TypeKind.Float32)]
    [InlineData(MdfDataType.FloatBigEndian, 32, TypeKind.Float32)]
    [InlineData(MdfDataType.FloatBigEndian, 64, TypeKind.Float64)]
    [InlineData(MdfDataType.VaxFloat, 32, TypeKind.Float32)]
    public void A_column_is_as_wide_as_the_values_need(MdfDataType type, int bits, TypeKind kind)
    {
        var decoder = MdfRecordDecoder.Create(MdfDecoding.Layout(8, MdfDecoding.Channel("c", type, 0, bits)), MdfDecoding.Physical);
        decoder.Type.Fields[0].Type.Kind.ShouldBe(kind);
        decoder.Problems.ShouldBeEmpty();
    }

    [Fact]
    public void Floating_point_values_of_all_widths_and_orders()
    {
        var layout = MdfDecoding.Layout(
            30,
            MdfDecoding.Channel("half", MdfDataType.FloatLittleEndian, 0, 16),
            MdfDecoding.Channel("halfBig", MdfDataType.FloatBigEndian, 2, 16),
            MdfDecoding.Channel("single", MdfDataType.FloatLittleEndian, 4, 32),
            MdfDecoding.Channel("singleBig", MdfDataType.FloatBigEndian, 8, 32),
            MdfDecoding.Channel("double", MdfDataType.FloatLittleEndian, 12, 64),
            MdfDecoding.Channel("doubleBig", MdfDataType.FloatBigEndian, 20, 64),
            // 0x3E00 four bits up: a half within 20 bits.
            MdfDecoding.Channel("halfShifted", MdfDataType.FloatLittleEndian, 27, 16, 4));
        byte[] record =
        [
            0x00, 0x3E, 0xC1, 0x00, .. BitConverter.GetBytes(-0.1f), 0x40, 0x49, 0x0F, 0xDB, .. BitConverter.GetBytes(1e300), 0xC0, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D,
            0x18 & 0x0F, 0xE0, 0x03,
        ];
        record[27] = 0x00;
        var batch = MdfDecoding.Decode(layout, record);
        batch.Columns.Select(column => MdfDecoding.Value(column, 0)).Where((_, i) => i != 5)
            .ShouldBe([1.5, -2.5, (double)-0.1f, (double)3.1415927f, 1e300, 1.5]);
        ((double)MdfDecoding.Value(batch["doubleBig"], 0)!).ShouldBe(-3.14159265358979, 1e-12);
    }

    [Fact]
    public void Vax_values_are_read_word_by_word()
    {
        var layout = MdfDecoding.Layout(
            20,
            MdfDecoding.Channel("f", MdfDataType.VaxFloat, 0, 32),
            MdfDecoding.Channel("g", MdfDataType.VaxFloat, 4, 64),
            MdfDecoding.Channel("d", MdfDataType.VaxDFloat, 12, 64));
        // 1.0, from the VAX architecture: F and D 0x4080, G 0x4010; -3.5: F and D 0xC160, G 0xC02C; then the reserved operand and true zero.
        byte[] Record(ushort f, ushort g) => [(byte)f, (byte)(f >> 8), 0, 0, (byte)g, (byte)(g >> 8), 0, 0, 0, 0, 0, 0, (byte)f, (byte)(f >> 8), 0, 0, 0, 0, 0, 0];
        var batch = MdfDecoding.Decode(layout, Record(0x4080, 0x4010), Record(0xC160, 0xC02C), Record(0x8000, 0x8000), Record(0, 0));
        foreach (string name in (string[])["f", "g", "d"]) batch.Values(name).ShouldBe([1.0, -3.5, double.NaN, 0.0], name);
        // Lower fraction bits are in the later words: 1 + 2^-23 in F, 1 + 2^-52 in G, 1 + 2^-55 in D is no double and rounds to 1.
        byte[] record = Record(0x4080, 0x4010);
        record[2] = record[10] = 1;
        batch = MdfDecoding.Decode(layout, record);
        batch.Values("f").ShouldBe([1 + Math.Pow(2, -23)]);
        batch.Values("g").ShouldBe([1 + Math.Pow(2, -52)]);
    }

    [Fact]
    public void Every_linear_conversion_is_fused_with_every_read()
    {
        var random = new Random(3);
        MdfDataType[] types = [MdfDataType.UnsignedLittleEndian, MdfDataType.UnsignedBigEndian, MdfDataType.SignedLittleEndian, MdfDataType.SignedBigEndian];
        for (int bits = 1; bits <= 64; bits++)
        {
            foreach (var type in types)
            {
                var channel = MdfDecoding.Channel("c", type, 1, bits, bits % 8) with { Conversion = MdfDecoding.Conversion(MdfConversionKind.Linear, -40, 0.5) };
                byte[] record = new byte[11];
                random.NextBytes(record);
                var batch = MdfDecoding.Decode(MdfDecoding.Layout(11, channel), record);
                // BigInteger would truncate where the machine rounds.
                var integer = MdfDecoding.Integer(record, channel);
                double raw = integer.Sign < 0 ? (long)integer : (ulong)integer;
                batch.Values("c").ShouldBe([(raw * 0.5) - 40], $"{type} {bits}");
            }
        }
    }

    [Fact]
    public void A_linear_conversion_that_changes_nothing_leaves_integers_integers()
    {
        var channel = MdfDecoding.Channel("c", MdfDataType.SignedLittleEndian, 0, 64) with { Conversion = MdfDecoding.Conversion(MdfConversionKind.Linear, 0, 1) };
        var batch = MdfDecoding.Decode(MdfDecoding.Layout(8, channel), BitConverter.GetBytes(long.MaxValue - 1));
        batch.Values("c").ShouldBe([long.MaxValue - 1]);
    }

    [Fact]
    public void Invalid_values_are_null_when_physical_and_stay_when_raw()
    {
        var layout = MdfDecoding.Layout(
            2,
            MdfDecoding.Channel("a", MdfDataType.UnsignedLittleEndian, 0, 8) with { InvalidationBit = 0 },
            MdfDecoding.Channel("b", MdfDataType.UnsignedLittleEndian, 1, 8) with { InvalidationBit = 9 },
            MdfDecoding.Channel("c", MdfDataType.UnsignedLittleEndian, 1, 8) with { AllInvalid = true }) with { InvalidationBytes = 2 };
        byte[][] records = [.. Enumerable.Range(0, 70).Select(i => new byte[] { (byte)i, (byte)(100 + i), (byte)(i % 3 == 0 ? 1 : 0), (byte)(i % 7 == 1 ? 2 : 0) })];
        var batch = MdfDecoding.Decode(layout, records);
        batch.Values("a").ShouldBe(Enumerable.Range(0, 70).Select(i => i % 3 == 0 ? null : (object?)(long)i));
        batch.Values("b").ShouldBe(Enumerable.Range(0, 70).Select(i => i % 7 == 1 ? null : (object?)(100L + i)));
        batch.Values("c").ShouldAllBe(value => value == null);
        batch["b"].NullCount.ShouldBe(10);

        var raw = MdfDecoding.Decode(layout, MdfDecoding.Raw, records);
        raw.Values("b").ShouldBe(Enumerable.Range(0, 70).Select(i => (object?)(100L + i)));
        var decoder = MdfRecordDecoder.Create(layout, MdfDecoding.Raw);
        decoder.IsValid(1, records[1]).ShouldBeFalse();
        decoder.IsValid(1, records[2]).ShouldBeTrue();
        decoder.IsValid(2, records[2]).ShouldBeFalse();
    }

    [Fact]
    public void Values_decoded_one_by_one_equal_those_of_a_run()
    {
        var layout = MdfDecoding.Layout(
            9,
            MdfDecoding.Channel("a", MdfDataType.SignedLittleEndian, 0, 13, 3) with { InvalidationBit = 1 },
            MdfDecoding.Channel("b", MdfDataType.UnsignedBigEndian, 2, 40) with { Conversion = MdfDecoding.Conversion(MdfConversionKind.Linear, 1, 3) }) with { InvalidationBytes = 1 };
        var random = new Random(5);
        byte[][] records = [.. Enumerable.Range(0, 2500).Select(_ => { byte[] record = new byte[10]; random.NextBytes(record); return record; })];
        var run = MdfDecoding.Decode(layout, records);
        var decoder = MdfRecordDecoder.Create(layout, MdfDecoding.Physical);
        var row = new StructBuilder(decoder.Type);
        ColumnBuilder[] columns = [.. row.Children];
        foreach (byte[] record in records)
        {
            decoder.Decode(record, columns);
            row.EndStruct();
        }

        var single = row.BuildBatch();
        foreach (string name in (string[])["a", "b"]) single.Values(name).ShouldBe(run.Values(name));
    }
}
