using System.Buffers.Binary;
using System.Text;
using Mesh.Formats.Mdf;
using Mesh.Model;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf3;

public sealed class Mdf3ReaderTests
{
    private const ulong Start = 1_767_323_045_000_000_000;

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public async Task Unsorted_records_are_told_apart_by_their_ids(int ids, bool isBig)
    {
        byte[] file = Unsorted(ids, isBig, records: 50);
        var reading = await MdfReading.ReadAsync(file);
        reading.Losses.ShouldBeEmpty();
        reading.Channels.Select(channel => channel.Topic).ShouldBe(["first", "second"]);
        reading.Of(0).Count.ShouldBe(50);
        reading.Of(1).Count.ShouldBe(25);
        reading.Values(0, "a").ShouldBe(Enumerable.Range(0, 50).Select(i => (object?)(long)i));
        reading.Values(1, "b").ShouldBe(Enumerable.Range(0, 25).Select(i => (object?)(long)(-2 * i)));
        reading.Of(0).Select(message => message.LogTimeNs).ShouldBe(Enumerable.Range(0, 50).Select(i => Start + ((ulong)i * 10_000_000)));
        reading.Summary!.Messages.ShouldBe(75);
    }

    [Fact]
    public async Task A_damaged_record_id_costs_no_more_than_the_records_around_it()
    {
        byte[] file = Unsorted(1, false, records: 50);
        int data = file.AsSpan().IndexOf(new byte[] { 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 });
        
        // Every second record of the first group is followed by one of the second.
        file[data + (5 * (11 + 13 + 11))] = 0xEE;
        var reading = await MdfReading.ReadAsync(file);
        var loss = reading.Losses.ShouldHaveSingleItem();
        loss.Code.ShouldBe("MESH10257");
        reading.Count.ShouldBeGreaterThan(70);
        reading.Values(0, "a").ShouldBeSubsetOf(Enumerable.Range(0, 50).Select(i => (object?)(long)i));
    }

    [Fact]
    public async Task Start_times_with_a_zone_become_utc_and_others_stay_local()
    {
        (await MdfReading.ReadAsync(OneGroup(330, b => b.Header(localNs: Start + 3_600_000_000_000, zone: 1)))).Of(0)[0].LogTimeNs.ShouldBe(Start);
        (await MdfReading.ReadAsync(OneGroup(330, b => b.Header(localNs: Start - 7_200_000_000_000, zone: -2)))).Of(0)[0].LogTimeNs.ShouldBe(Start);
        (await MdfReading.ReadAsync(OneGroup(330, b => b.Header(localNs: 0)))).Of(0)[0].LogTimeNs.ShouldBe(Start);
        (await MdfReading.ReadAsync(OneGroup(214, b => b.Header()))).Of(0)[0].LogTimeNs.ShouldBe(Start);
        (await MdfReading.ReadAsync(OneGroup(214, b => b.Header(date: "xx:yy:zzzz")))).Of(0)[0].LogTimeNs.ShouldBe(0UL);
    }

    [Fact]
    public async Task The_header_tells_who_measured_and_triggers_are_events()
    {
        var b = new Mdf3FileBuilder();
        int header = b.Header(localNs: Start);
        b.SetUInt32(header + 8, b.Text("a drive"));
        int note = b.Text("brake");
        int trigger = b.Block("TR", 10 + 48);
        b.UInt32(note);
        b.UInt16(2);
        foreach (double value in new[] { 1.5, 0, 0, 2.25, 0, 0 }) b.Float64(value);
        b.SetUInt32(header + 4, b.DataGroup(0, 0, 0, groups: 0, trigger: trigger));
        var summary = (await MdfReading.ReadAsync(b.ToArray())).Summary!;
        summary.Version.ShouldBe("3.30");
        var properties = summary.Metadata.ShouldHaveSingleItem().Values;
        properties["author"].ShouldBe("author");
        properties["comment"].ShouldBe("a drive");
        properties["program"].ShouldBe("builder");
        summary.Events.Select(e => (e.Kind, e.TimeNs, e.Comment)).ShouldBe([("trigger", Start + 1_500_000_000, "brake"), ("trigger", Start + 2_250_000_000, "brake")]);
    }

    [Fact]
    public async Task A_virtual_time_channel_counts_records()
    {
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) =>
        {
            int channel = b.Channel(b.Channel(0, "v", 0, 8, 0), "t", 0, 0, 0, isMaster: true, interval: 0.25);
            return b.ChannelGroup(0, channel, 1, 4);
        }, [7, 8, 9, 10]);
        var reading = await MdfReading.ReadAsync(file);
        reading.Of(0).Select(message => message.LogTimeNs - Start).ShouldBe([0UL, 250_000_000UL, 500_000_000UL, 750_000_000UL]);
        reading.Values(0, "t").ShouldBe([0.0, 0.25, 0.5, 0.75]);
        reading.Values(0, "v").ShouldBe([7L, 8L, 9L, 10L]);
    }

    [Fact]
    public async Task Names_may_be_long_in_another_code_page_or_in_none()
    {
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) =>
        {
            int text = b.Text("a_name_that_is_longer_than_thirty_one_characters");
            int a = b.Channel(0, "short", 0, 8, 0, longName: text);
            int c = b.Channel(a, "", 0, 8, 0, rawName: [0xB3, 0xB5, 0xCB, 0xD9]);
            return b.ChannelGroup(0, b.Channel(c, "", 0, 8, 0, rawName: [0xC3, 0xBC]), 1, 1);
        }, [1]);
        (await MdfReading.ReadAsync(file)).Layout(0).Channels.Select(channel => channel.Name).ShouldBe(["ü", "³µËÙ", "a_name_that_is_longer_than_thirty_one_characters"]);
        file[30] = 936 & 0xFF;
        file[31] = 936 >> 8;
        (await MdfReading.ReadAsync(file)).Layout(0).Channels[1].Name.ShouldBe("车速");
    }

    [Fact]
    public async Task Additional_byte_offsets_reach_beyond_what_16_bits_of_bits_can()
    {
        byte[] record = new byte[20_000];
        record[15_001] = 0x2A;
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) => b.ChannelGroup(0, b.Channel(0, "far", 8, 8, 0, extraBytes: 15_000), 20_000, 1), record);
        (await MdfReading.ReadAsync(file)).Values(0, "far").ShouldBe([42L]);
    }

    [Fact]
    public async Task Every_conversion_gives_physical_values()
    {
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) =>
        {
            int other = b.Text("other");
            int low = b.Text("low");
            (string Name, int At)[] conversions =
            [
                ("linear", b.Numbers(0, 1, 2)), ("interpolated", b.Numbers(1, 0, 0, 4, 40)), ("table", b.Numbers(2, 0, 5, 4, 50)),
                ("polynomial", b.Numbers(6, 2, 0, 0, -4, 0, 0)), ("exponential", b.Numbers(7, 1, 1, -1, 0, 0, 1, 0)), ("logarithmic", b.Numbers(8, 1, 1, 0, 0, 0, 1, 0)),
                ("rational", b.Numbers(9, 0, 3, 1, 0, 0, 2)),
                ("formula", b.Conversion(10, "u", 8, f => f.Ascii("X1*X1+1", 8))),
                ("texts", b.Conversion(11, "", 2, t =>
                {
                    t.Float64(2);
                    t.Ascii("two", 32);
                    t.Float64(3);
                    t.Ascii("three", 32);
                })),
                ("ranges", b.Conversion(12, "", 2, t =>
                {
                    t.Float64(0);
                    t.Float64(0);
                    t.UInt32(other);
                    t.Float64(0);
                    t.Float64(2);
                    t.UInt32(low);
                })),
                ("none", b.Conversion(65535, "kg", 0, _ => { })),
            ];
            int next = 0;
            foreach (var (name, at) in conversions) next = b.Channel(next, name, 0, 8, 0, conversion: at);
            return b.ChannelGroup(0, next, 1, 2);
        }, [2, 3]);
        var reading = await MdfReading.ReadAsync(file);
        reading.Losses.ShouldBeEmpty();
        Values("linear").ShouldBe([5.0, 7.0]);
        Values("interpolated").ShouldBe([20.0, 30.0]);
        Values("table").ShouldBe([5.0, 50.0]);
        Values("polynomial").ShouldBe([-4.0, -6.0]);
        Values("exponential").ShouldBe([Math.Log(3), Math.Log(4)]);
        Values("logarithmic").ShouldBe([Math.Exp(2), Math.Exp(3)]);
        Values("rational").ShouldBe([3.5, 5.0]);
        Values("formula").ShouldBe([5.0, 10.0]);
        Values("texts").ShouldBe(["two", "three"]);
        Values("ranges").ShouldBe(["low", "other"]);
        Values("none").ShouldBe([2L, 3L]);
        reading.Layout(0).Channels.Single(channel => channel.Name == "none").Unit.ShouldBe("kg");

        object?[] Values(string name) => reading.Values(0, name);
    }

    [Fact]
    public async Task Channels_that_depend_on_others_of_their_record_are_arrays()
    {
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) =>
        {
            int[] elements = new int[6];
            int next = 0;
            for (int i = 5; i >= 0; i--) elements[i] = next = b.Channel(next, "e" + i, i * 16, 16, 0);
            int dependency = b.Block("CD", 8 + 72 + 4);
            b.UInt16(258);
            b.UInt16(6);
            foreach (int element in elements)
            {
                b.UInt32(0);
                b.UInt32(0);
                b.UInt32(element);
            }

            b.UInt16(2);
            b.UInt16(3);
            return b.ChannelGroup(0, b.Channel(next, "matrix", 0, 16, 0, dependency: dependency), 12, 1);
        }, [1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0]);
        var reading = await MdfReading.ReadAsync(file);
        var array = reading.Layout(0).Channels[0].Array!;
        array.Dimensions.ShouldBe([2, 3]);
        array.Strides.ShouldBe([6, 2]);
        reading.Values(0, "e5").ShouldBe([6L]);
    }

    [Fact]
    public async Task A_group_is_named_by_its_comment_else_by_who_sent_it()
    {
        var b = new Mdf3FileBuilder();
        int header = b.Header(localNs: Start);
        int source = b.Block("CE", 128);
        b.UInt16(19);
        b.UInt32(0x123);
        b.UInt32(1);
        b.Ascii("ESP_21", 36);
        b.Ascii("Gateway", 36);
        b.Ascii("", 42);
        int comment = b.Text("10 ms\r\nmore");
        int one = b.ChannelGroup(0, b.Channel(0, "x", 0, 8, 0, source: source), 1, 0);
        int two = b.ChannelGroup(0, b.Channel(0, "x", 0, 8, 0), 1, 0, comment: comment);
        int three = b.ChannelGroup(0, b.Channel(0, "x", 0, 8, 0), 1, 0);
        int last = b.DataGroup(0, three, 0);
        b.SetUInt32(header + 4, b.DataGroup(b.DataGroup(last, two, 0), one, 0));
        var reading = await MdfReading.ReadAsync(b.ToArray());
        reading.Channels.Select(channel => channel.Topic).ShouldBe(["ESP_21", "10 ms", "group 2"]);
        reading.Layout(0).Source.ShouldBe("ESP_21");
    }

    [Fact]
    public async Task Records_of_a_file_that_was_never_finalised_are_counted()
    {
        byte[] file = Build(330, b => b.Header(localNs: Start), (b, data) => b.ChannelGroup(0, b.Channel(0, "v", 0, 16, 0), 2, 0), [1, 0, 2, 0, 3], mark: "UnFinMF ", unfinished: 1);
        var reading = await MdfReading.ReadAsync(file);
        reading.Values(0, "v").ShouldBe([1L, 2L]);
        reading.Losses.ShouldHaveSingleItem().Code.ShouldBe("MESH10259");
    }

    [Fact]
    public async Task Only_what_is_asked_for_comes_out()
    {
        byte[] file = Unsorted(1, false, records: 50);
        var options = new RecordingReaderOptions { Query = new RecordingQuery { Topics = ["sec*"], StartTimeNs = Start + 100_000_000, EndTimeNs = Start + 200_000_000 } };
        var reading = await MdfReading.ReadAsync(file, options);
        reading.Messages.Keys.ShouldBe([1]);
        reading.Of(1).ShouldAllBe(message => message.LogTimeNs >= Start + 100_000_000 && message.LogTimeNs <= Start + 200_000_000);
        reading.Of(1).Count.ShouldBe(6);
    }

    [Fact]
    public async Task The_doctor_finds_what_is_wrong_and_nothing_in_a_sound_file()
    {
        (await Examine(Unsorted(1, false, 10))).ShouldBeEmpty();
        byte[] file = Unsorted(1, false, 10);
        (await Examine(file[..^20])).ShouldContain(finding => finding.Code == "MESH10256");
        (await Examine(OneGroup(214, b => b.Header()))).ShouldContain(finding => finding.Code == "MESH10264" && finding.Severity == FindingSeverity.Note);
        (await Examine(OneGroup(330, b => b.Header(localNs: Start, dataGroups: 5)))).ShouldContain(finding => finding.Code == "MESH10265");

        async Task<IReadOnlyList<RecordingFinding>> Examine(byte[] bytes) =>
            await RecordingDoctor.ExamineAsync(new MemoryByteSource(bytes, "test"), new RecordingReaderOptions(), TestContext.Current.CancellationToken);
    }

    internal static byte[] OneGroup(int version, Func<Mdf3FileBuilder, int> header) => Build(version, header, (b, data) =>
    {
        int channel = b.Channel(b.Channel(0, "v", 64, 16, 0), "t", 0, 64, 3, isMaster: true);
        return b.ChannelGroup(0, channel, 10, 1);
    }, new byte[10]);

    internal static byte[] Build(int version, Func<Mdf3FileBuilder, int> header, Func<Mdf3FileBuilder, int, int> group, byte[] data, string mark = "MDF     ", int unfinished = 0)
    {
        var b = new Mdf3FileBuilder(version, mark: mark, unfinished: unfinished);
        int head = header(b);
        int channelGroup = group(b, 0);
        int dataGroup = b.DataGroup(0, channelGroup, 0);
        b.SetUInt32(head + 4, dataGroup);
        b.SetUInt32(dataGroup + 16, b.Bytes(data));
        return b.ToArray();
    }

    /// <summary>Two groups: "first" with ten bytes per record, and half as many of "second".</summary>
    internal static byte[] Unsorted(int ids, bool isBig, int records)
    {
        var b = new Mdf3FileBuilder(isBig: isBig);
        int header = b.Header(localNs: Start);
        int firstName = b.Text("first");
        int secondName = b.Text("second");
        int second = b.ChannelGroup(0, b.Channel(b.Channel(0, "b", 64, 32, 1), "t", 0, 64, 3, isMaster: true), 12, records / 2, id: 0x22, comment: secondName);
        int first = b.ChannelGroup(second, b.Channel(b.Channel(0, "a", 64, 16, 0), "t", 0, 64, 3, isMaster: true), 10, records, id: 0x11, comment: firstName);
        int dataGroup = b.DataGroup(0, first, 0, groups: 2, ids: ids);
        b.SetUInt32(header + 4, dataGroup);
        b.SetUInt32(dataGroup + 16, b.Position);
        for (int i = 0; i < records; i++)
        {
            Record(0x11, i * 0.01, i, 2);
            if (i % 2 == 0) Record(0x22, i * 0.01, -i, 4);
        }

        return b.ToArray();

        void Record(byte id, double time, int value, int bytes)
        {
            b.Bytes(id);
            b.Float64(time);
            byte[] number = new byte[4];
            if (isBig) BinaryPrimitives.WriteInt32BigEndian(number, value);
            else BinaryPrimitives.WriteInt32LittleEndian(number, value);
            b.Bytes(isBig ? number[^bytes..] : number[..bytes]);
            if (ids == 2) b.Bytes(id);
        }
    }
}
