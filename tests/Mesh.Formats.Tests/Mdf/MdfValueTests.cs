using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Mdf;
using Mesh.Formats.Messages;
using Shouldly;
using Xunit;
using static Mesh.Formats.Tests.Mdf.MdfDecoding;

namespace Mesh.Formats.Tests.Mdf;

public sealed class MdfValueTests
{
    private static readonly (MdfDataType Type, Encoding Encoding)[] Encodings =
    [
        (MdfDataType.StringLatin1, Encoding.Latin1), (MdfDataType.StringUtf8, Encoding.UTF8),
        (MdfDataType.StringUtf16LittleEndian, Encoding.Unicode), (MdfDataType.StringUtf16BigEndian, Encoding.BigEndianUnicode),
    ];

    [Fact]
    public void Fixed_texts_of_every_encoding_end_at_their_terminator()
    {
        foreach (var (type, encoding) in Encodings)
        {
            string[] texts = ["", "abc", "Zwölf ÿ", new string('x', 9), "cut\0off"];
            byte[][] records = [.. texts.Select(text => { byte[] record = new byte[40]; encoding.GetBytes(text).CopyTo(record, 1); return record; })];
            var layout = Layout(40, Channel("s", type, 1, 8 * (type is MdfDataType.StringLatin1 ? 9 : 20)));
            Decode(layout, records).Values("s").ShouldBe(["", "abc", "Zwölf ÿ", "xxxxxxxxx", "cut"], type.ToString());
        }
    }

    [Fact]
    public void Long_texts_and_characters_beyond_the_first_plane_are_whole()
    {
        foreach (var (type, encoding) in Encodings)
        {
            string text = string.Concat(Enumerable.Repeat(type == MdfDataType.StringLatin1 ? "aÿ" : "a😀ÿ漢", 2000));
            byte[] value = encoding.GetBytes(text);
            byte[] record = [0, .. BitConverter.GetBytes(value.Length), .. value];
            var layout = Layout(1, Channel("s", type, 0, 64) with { Type = MdfChannelType.VariableLength, VariableIndex = 0 }) with { VariableCount = 1 };
            Decode(layout, record, record).Values("s").ShouldBe([text, text], type.ToString());
        }
    }

    [Fact]
    public void What_is_not_of_the_encoding_becomes_the_replacement_character()
    {
        Decode(Layout(4, Channel("s", MdfDataType.StringUtf8, 0, 32)), [(byte)'a', 0xFF, (byte)'b', 0xC3]).Values("s").ShouldBe(["a\uFFFDb\uFFFD"]);
        Decode(Layout(4, Channel("s", MdfDataType.StringUtf16LittleEndian, 0, 32)), [0x3D, 0xD8, (byte)'b', 0]).Values("s").ShouldBe(["\uFFFDb"]);
        Decode(Layout(4, Channel("s", MdfDataType.StringUtf16BigEndian, 0, 32)), [0xDE, 0x00, 0, (byte)'b']).Values("s").ShouldBe(["\uFFFDb"]);
        Decode(Layout(3, Channel("s", MdfDataType.StringUtf16LittleEndian, 0, 24)), [(byte)'a', 0, (byte)'b']).Values("s").ShouldBe(["a"]);
    }

    [Fact]
    public void Values_of_variable_length_come_from_behind_the_record()
    {
        var layout = Layout(
            2,
            Channel("bytes", MdfDataType.ByteArray, 0, 8) with { Type = MdfChannelType.VariableLength, VariableIndex = 1 },
            Channel("n", MdfDataType.UnsignedLittleEndian, 0, 8),
            Channel("text", MdfDataType.StringUtf8, 0, 8) with { Type = MdfChannelType.VariableLength, VariableIndex = 0, InvalidationBit = 0 }) with { VariableCount = 2, InvalidationBytes = 1 };
        byte[][] records =
        [
            [7, 0, 0, 3, 0, 0, 0, (byte)'a', (byte)'b', 0, 2, 0, 0, 0, 1, 2],
            [8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            [9, 0, 1, 1, 0, 0, 0, (byte)'c', 1, 0, 0, 0, 5],
        ];
        var batch = Decode(layout, records);
        batch.Values("text").ShouldBe(["ab", "", null]);
        batch.Values("n").ShouldBe([7L, 8L, 9L]);
        batch.Values("bytes").Cast<byte[]>().Select(Convert.ToHexString).ShouldBe(["0102", "", "05"]);
    }

    [Theory]
    [InlineData(new byte[] { 1 }, "MESH10325")]
    [InlineData(new byte[] { 1, 2 }, "MESH10326")]
    [InlineData(new byte[] { 1, 2, 1, 0, 0 }, "MESH10326")]
    [InlineData(new byte[] { 1, 2, 1, 0, 0, 0 }, "MESH10326")]
    [InlineData(new byte[] { 1, 2, 255, 255, 255, 255, 0 }, "MESH10326")]
    public void A_record_that_is_too_short_ends_the_run_and_those_in_front_of_it_stay(byte[] bad, string code)
    {
        var layout = Layout(2, Channel("n", MdfDataType.UnsignedLittleEndian, 0, 16), Channel("v", MdfDataType.ByteArray, 0, 8) with { Type = MdfChannelType.VariableLength, VariableIndex = 0 }) with { VariableCount = 1 };
        var decoder = MdfRecordDecoder.Create(layout, Physical);
        byte[] good = [1, 0, 1, 0, 0, 0, 9];
        byte[] data = [.. good, .. good, .. bad, .. good];
        MessageRef[] refs = [new(0, 0, 0, 0, 0, 7, 0), new(0, 0, 0, 0, 7, 7, 0), new(0, 0, 0, 0, 14, bad.Length, 0), new(0, 0, 0, 0, 14 + bad.Length, 7, 0)];
        var row = new StructBuilder(decoder.Type);
        ColumnBuilder[] columns = [.. row.Children];
        decoder.DecodeRun(data, refs, columns, out var failure).ShouldBe(2);
        failure!.Code.ShouldBe(code);
        columns.ShouldAllBe(column => column.Length == 2);
        decoder.DecodeRun(data, refs.AsSpan(3), columns, out failure).ShouldBe(1);
        failure.ShouldBeNull();
    }

    [Fact]
    public void A_maximum_length_value_is_as_long_as_its_size_channel_says()
    {
        var layout = Layout(
            6,
            Channel("b", MdfDataType.ByteArray, 1, 32) with { Type = MdfChannelType.MaximumLength, SizeChannel = 1 },
            Channel("n", MdfDataType.SignedLittleEndian, 0, 8) with { Conversion = Conversion(MdfConversionKind.Linear, 100, 1) },
            Channel("s", MdfDataType.StringUtf8, 1, 32) with { Type = MdfChannelType.MaximumLength, SizeChannel = 1 });
        byte[][] records = [[2, 65, 66, 67, 68, 0], [0, 65, 66, 67, 68, 0], [4, 65, 0, 67, 68, 0], [99, 65, 66, 67, 68, 0], [0x80, 65, 66, 67, 68, 0]];
        var batch = Decode(layout, records);
        batch.Values("b").Cast<byte[]>().Select(Convert.ToHexString).ShouldBe(["4142", "", "41004344", "41424344", ""]);
        batch.Values("s").ShouldBe(["AB", "", "A", "ABCD", ""]);
    }

    [Fact]
    public void CanOpen_dates_and_times()
    {
        // The date's hour has 5 bits and its day too: the bits above are summer time and the weekday.
        var layout = Layout(13, Channel("date", MdfDataType.CanOpenDate, 0, 56), Channel("time", MdfDataType.CanOpenTime, 7, 48));
        static byte[] Record(DateTime time, byte hourBits, byte dayBits)
        {
            int ms = (time.Second * 1000) + time.Millisecond;
            uint sinceMidnight = (uint)time.TimeOfDay.TotalMilliseconds;
            int days = (time.Date - new DateTime(1984, 1, 1)).Days;
            return
            [
                (byte)ms, (byte)(ms >> 8), (byte)time.Minute, (byte)(time.Hour | hourBits), (byte)(time.Day | dayBits), (byte)time.Month, (byte)(time.Year % 100),
                (byte)sinceMidnight, (byte)(sinceMidnight >> 8), (byte)(sinceMidnight >> 16), (byte)((sinceMidnight >> 24) | 0xF0), (byte)days, (byte)(days >> 8),
            ];
        }

        DateTime[] times = [new(1999, 12, 31, 23, 59, 59, 999), new(2000, 1, 1), new(2024, 2, 29, 12, 30, 15, 250), new(1984, 1, 1), new(2083, 12, 31, 23, 0, 0)];
        var batch = Decode(layout, [.. times.Select(time => Record(time, 0x80, 0xE0))]);
        batch["date"].Type.ShouldBe(DataType.TimestampMicros);
        var expected = times.Select(time => (object?)((DateTime.SpecifyKind(time, DateTimeKind.Utc) - DateTime.UnixEpoch).Ticks / 10));
        batch.Values("date").ShouldBe(expected);
        batch.Values("time").ShouldBe(expected);
        Decode(layout, [0, 0, 0, 0, 31, 2, 20, 0, 0, 0, 0, 0, 0], new byte[13]).Values("date").ShouldBe([null, null]);
    }

    [Fact]
    public void Complex_numbers_are_pairs()
    {
        var layout = Layout(
            30,
            Channel("half", MdfDataType.ComplexBigEndian, 0, 32),
            Channel("single", MdfDataType.ComplexLittleEndian, 4, 64),
            Channel("double", MdfDataType.ComplexLittleEndian, 12, 128) with { InvalidationBit = 0 }) with { InvalidationBytes = 1 };
        byte[] record = [0x3E, 0x00, 0xC1, 0x00, .. BitConverter.GetBytes(2.5f), .. BitConverter.GetBytes(-3f), .. Doubles(1e99, -1), 0, 0, 0];
        byte[] invalid = [.. record[..30], 1];
        var batch = Decode(layout, record, invalid);
        batch.Values("half")[0].ShouldBe(new object?[] { 1.5, -2.5 });
        batch.Values("single")[1].ShouldBe(new object?[] { 2.5, -3.0 });
        batch.Values("double")[0].ShouldBe(new object?[] { 1e99, -1.0 });
        batch.Values("double")[1].ShouldBeNull();
        batch["half"].Children[0].Type.ShouldBe(DataType.Float32);
        batch["double"].Children[0].Type.ShouldBe(DataType.Float64);
    }

    [Fact]
    public void Arrays_are_lists_in_the_order_of_memory()
    {
        byte[] record = [.. Enumerable.Range(0, 24).Select(i => (byte)i)];
        object? Read(MdfArrayLayout array, int at, MdfDataType type = MdfDataType.UnsignedLittleEndian, int bits = 8) =>
            string.Join(',', Decode(Layout(24, Channel("a", type, at, bits) with { Array = array }), record).Values("a")[0] as object?[] ?? []);

        Read(new([3], [2], 0, 0), 1).ShouldBe("1,3,5");
        Read(new([2, 3], [3, 1], 0, 0), 0).ShouldBe("0,1,2,3,4,5");
        // Column-oriented: the first dimension varies fastest, memory is read straight through all the same.
        Read(new([2, 3], [1, 2], 0, 0), 0).ShouldBe("0,1,2,3,4,5");
        Read(new([2, 2, 2], [8, 4, 2], 1, 0), 0).ShouldBe("1,3,5,7,9,11,13,15");
        Read(new([3], [-2], 0, 0), 5).ShouldBe("5,3,1");
        Read(new([3], [8], 0, 0), 0, MdfDataType.UnsignedBigEndian, 24).ShouldBe($"{0x000102},{0x08090A},{0x101112}");
        Read(new([8], [3], 0, 0), 0, MdfDataType.UnsignedLittleEndian, 24).ShouldBe(string.Join(',', Enumerable.Range(0, 8).Select(i => (3 * i) | (((3 * i) + 1) << 8) | (((3 * i) + 2) << 16))));
        Read(new([2], [10], 0, 0), 22).ShouldBe("");

        string Text(int count) => string.Join(',', ((object?[])Decode(Layout(24, Channel("a", MdfDataType.StringLatin1, 0, 16) with { Array = new([count], [2], 0, 0) }), Encoding.ASCII.GetBytes("abcdefghijklmnopqrstuvwx")).Values("a")[0]!));
        Text(3).ShouldBe("ab,cd,ef");
    }

    [Fact]
    public void Elements_with_invalidation_bits_of_their_own_are_null_one_by_one()
    {
        var channel = Channel("a", MdfDataType.UnsignedLittleEndian, 0, 8) with { Array = new MdfArrayLayout([2, 2], [1, 2], 0, 2), InvalidationBit = 3 };
        var layout = Layout(4, channel) with { InvalidationBytes = 2 };
        // Elements in memory have bits 3, 5, 7, 9.
        var lists = Decode(layout, [1, 2, 3, 4, 0b0010_0000, 0b10], [1, 2, 3, 4, 0, 0]).Values("a");
        lists[0].ShouldBe(new object?[] { 1L, null, 3L, null });
        lists[1].ShouldBe(new object?[] { 1L, 2L, 3L, 4L });
        var shared = layout with { Channels = [channel with { Array = new MdfArrayLayout([4], [1], 0, 0) }] };
        Decode(shared, [1, 2, 3, 4, 8, 0], [1, 2, 3, 4, 0, 0]).Values("a")[0].ShouldBeNull();
        MdfRecordDecoder.Create(layout with { InvalidationBytes = 1 }, Physical).Problems.ShouldHaveSingleItem();
    }

    [Fact]
    public void Members_of_an_array_of_structures_are_lists_with_its_stride()
    {
        var layout = Layout(
            12,
            Channel("st", MdfDataType.ByteArray, 0, 32) with { IsStructure = true, Array = new MdfArrayLayout([3], [4], 0, 0) },
            Channel("x", MdfDataType.UnsignedLittleEndian, 0, 8) with { Parent = 0 },
            Channel("in", MdfDataType.ByteArray, 2, 16) with { Parent = 0, IsStructure = true },
            Channel("y", MdfDataType.UnsignedLittleEndian, 2, 8) with { Parent = 2, Array = new MdfArrayLayout([2], [1], 0, 0) });
        byte[] record = [.. Enumerable.Range(0, 12).Select(i => (byte)i)];
        var batch = Decode(layout, record);
        batch.Schema.Fields.Select(field => field.Name).ShouldBe(["x", "y"]);
        batch.Values("x")[0].ShouldBe(new object?[] { 0L, 4L, 8L });
        batch.Values("y")[0].ShouldBe(new object?[] { 2L, 3L, 6L, 7L, 10L, 11L });
        var raw = Decode(layout, Raw, record);
        raw.Schema.Fields.Select(field => field.Name).ShouldBe(["st", "x", "in", "y"]);
        raw.Values("in")[0].ShouldBe(new byte[] { 2, 3 });
    }

    [Fact]
    public void A_channel_beyond_the_record_is_empty_and_named_and_the_others_are_read()
    {
        var layout = Layout(
            4,
            Channel("good", MdfDataType.UnsignedLittleEndian, 0, 32),
            Channel("long", MdfDataType.UnsignedLittleEndian, 3, 16),
            Channel("bit", MdfDataType.UnsignedLittleEndian, 3, 8, 1),
            Channel("far", MdfDataType.StringUtf8, int.MaxValue, int.MaxValue),
            Channel("array", MdfDataType.UnsignedLittleEndian, 0, 8) with { Array = new MdfArrayLayout([2, int.MaxValue, int.MaxValue, int.MaxValue], [1, 0, 0, 0], 0, 0) },
            Channel("odd", MdfDataType.FloatLittleEndian, 0, 24),
            Channel("none", MdfDataType.UnsignedLittleEndian, 0, 0),
            Channel("kind", (MdfDataType)55, 0, 8),
            Channel("invalid", MdfDataType.UnsignedLittleEndian, 0, 8) with { InvalidationBit = 0 },
            Channel("variable", MdfDataType.StringUtf8, 0, 8) with { Type = MdfChannelType.VariableLength });
        var decoder = MdfRecordDecoder.Create(layout, Physical);
        decoder.Problems.Count.ShouldBe(9);
        foreach (var (problem, channel) in decoder.Problems.Zip(layout.Channels.Skip(1))) problem.ShouldContain($"'{channel.Name}'");
        var batch = Decode(layout, [1, 0, 0, 0]);
        batch.Values("good").ShouldBe([1L]);
        foreach (var channel in layout.Channels.Skip(1)) batch.Values(channel.Name).ShouldBe([null], channel.Name);
    }

    [Fact]
    public void Columns_have_unique_names_and_say_their_unit()
    {
        var layout = Layout(
            4,
            Channel("Speed", MdfDataType.UnsignedLittleEndian, 0, 8) with { Unit = "km/h", Comment = "over ground" },
            Channel("speed", MdfDataType.UnsignedLittleEndian, 1, 8) with { Conversion = Conversion(MdfConversionKind.Linear, 0, 2) with { Unit = "m/s" } },
            Channel("speed", MdfDataType.UnsignedLittleEndian, 2, 8) with { Comment = "why" });
        var fields = MdfRecordDecoder.Create(layout, Physical).Type.Fields;
        fields.Select(field => field.Name).ShouldBe(["Speed", "speed_", "speed__"]);
        fields.Select(field => field.Doc).ShouldBe(["[km/h] over ground", "[m/s]", "why"]);
        MdfRecordDecoder.Create(layout, Raw).Type.Fields[1].Doc.ShouldBeNull();
    }

    [Fact]
    public void Thousands_of_channels_of_one_name_keep_short_names()
    {
        var channels = Enumerable.Range(0, 20_000).Select(i => Channel("x", MdfDataType.UnsignedLittleEndian, 0, 8)).Append(Channel("", MdfDataType.UnsignedLittleEndian, 0, 8));
        var names = MdfRecordDecoder.Create(Layout(1, [.. channels]), Physical).Type.Fields.Select(field => field.Name).ToArray();
        names.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(20_001);
        names.Max(name => name.Length).ShouldBeLessThan(16);
        names[^1].ShouldBe("channel");
    }

    [Fact]
    public void Wide_integers_are_bytes_and_strings_of_no_length_are_empty()
    {
        var layout = Layout(16, Channel("wide", MdfDataType.UnsignedLittleEndian, 0, 128), Channel("empty", MdfDataType.StringUtf8, 16, 0));
        var batch = Decode(layout, [.. Enumerable.Range(0, 16).Select(i => (byte)i)]);
        ((byte[])batch.Values("wide")[0]!).Length.ShouldBe(16);
        batch.Values("empty").ShouldBe([""]);
    }

    [Fact]
    public void The_decoder_is_found_by_the_encodings_of_channel_and_schema()
    {
        var layout = Layout(1, Channel("n", MdfDataType.UnsignedLittleEndian, 0, 8));
        MessageDecoders.Create(MdfRecordLayout.MessageEncoding, layout.ToSchema()).ShouldBeOfType<MdfRecordDecoder>().Type.Fields.ShouldHaveSingleItem().Name.ShouldBe("n");
    }
}
