using Mesh.Model;
using Mesh.Synchronise.Watermarks;

namespace Mesh.Synchronise.Tests.Watermarks;

public sealed class WatermarkBufferTests
{
    private readonly OrderedSink sink = new();

    [Fact]
    public void A_message_leaves_when_the_latest_stamp_is_more_than_the_lateness_ahead()
    {
        var buffer = Buffer(1, new WatermarkOptions { LatenessNs = 10 });
        Add(buffer, "0@100", "0@95", "0@110");
        sink.Events.ShouldBe(["0@95"], "100 is not below the watermark of 100: its equals may still come");
        buffer.WatermarkNs.ShouldBe(100);

        Add(buffer, "0@100", "0@111");
        sink.Events.ShouldBe(["0@95", "0@100", "0@100"]);
        buffer.Count.ShouldBe(2);
    }

    [Fact]
    public void Equal_stamps_leave_in_the_order_of_channel_and_sequence()
    {
        var buffer = Buffer(3, new WatermarkOptions { LatenessNs = 5 });
        Add(buffer, "2@7", "0@7#4", "1@7", "0@7#3", "0@100");
        sink.Events.ShouldBe(["0@7#3", "0@7#4", "1@7", "2@7"]);
    }

    [Fact]
    public void A_late_message_goes_aside_with_its_lateness_and_what_has_left_stays()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10 });
        Add(buffer, "0@100", "0@150", "1@139", "1@140");
        sink.Events.ShouldBe(["0@100", "1@139 BehindWatermark 1"]);
        (buffer.LateMessages, buffer.WorstLatenessNs).ShouldBe((1L, 1L));
        buffer.Complete();
        sink.Events[2..].ShouldBe(["1@140", "0@150"]);
    }

    [Fact]
    public void The_watermark_waits_for_the_slowest_channel_until_that_is_inactive()
    {
        var buffer = Buffer(2, new WatermarkOptions { ChannelLatenessNs = [5, 20], InactivityNs = 100 });
        Add(buffer, "0@1000", "0@1050");
        buffer.WatermarkNs.ShouldBe(980, "channel 1 has not spoken: it counts from the first stamp");
        Add(buffer, "1@1040", "0@1100");
        buffer.WatermarkNs.ShouldBe(1020);
        sink.Events.ShouldBe(["0@1000"]);

        Add(buffer, "0@1140");
        buffer.WatermarkNs.ShouldBe(1020, "100 behind is not yet inactive");
        Add(buffer, "0@1141");
        buffer.WatermarkNs.ShouldBe(1136);
        Add(buffer, "1@1135", "1@1136");
        sink.Events[^1].ShouldBe("1@1135 BehindWatermark 1");
        buffer.WatermarkNs.ShouldBe(1136, "a channel that comes back does not pull the watermark down");
    }

    [Fact]
    public void One_stamp_far_ahead_is_an_outlier_and_moves_nothing()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10, MaxAheadNs = 1000 });
        Add(buffer, "0@100", "0@5000");
        buffer.WatermarkNs.ShouldBe(90);
        Add(buffer, "1@104", "0@105");
        sink.Events.ShouldBe(["0@5000 Outlier 0"]);
        buffer.Complete();
        sink.Events[1..].ShouldBe(["0@100", "1@104", "0@105"]);
    }

    [Fact]
    public void An_outlier_that_is_never_refuted_is_late_at_the_end()
    {
        var buffer = Buffer(1, new WatermarkOptions { LatenessNs = 10, MaxAheadNs = 1000 });
        Add(buffer, "0@100", "0@5000", "0@5001");
        buffer.Complete();
        sink.Events.ShouldBe(["0@5000 Outlier 0", "0@5001 Outlier 0", "0@100"]);
        buffer.HeldBytes.ShouldBe(0);
    }

    [Fact]
    public void A_second_channel_confirms_a_jump_ahead()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10, MaxAheadNs = 1000 });
        Add(buffer, "0@100", "0@5000", "1@4980");
        sink.Events.ShouldBe(["0@100", "1@4980"]);
        buffer.WatermarkNs.ShouldBe(4990);
    }

    [Fact]
    public void Three_messages_in_a_row_confirm_a_jump_ahead()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10, MaxAheadNs = 1000 });
        Add(buffer, "0@100", "0@5000", "0@5020");
        sink.Events.ShouldBeEmpty();
        Add(buffer, "0@5040");
        sink.Events.ShouldBe(["0@100", "0@5000", "0@5020"]);
    }

    [Fact]
    public void Suspects_that_disagree_do_not_confirm_each_other()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10, MaxAheadNs = 1000 });
        Add(buffer, "0@100", "0@5000", "1@9000");
        sink.Events.ShouldBe(["0@5000 Outlier 0"]);
        buffer.WatermarkNs.ShouldBe(90);
    }

    [Fact]
    public void A_log_that_is_rewound_starts_a_new_segment()
    {
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 10, SegmentJumpNs = 1000 });
        Add(buffer, "0@5000", "1@5001", "0@100");
        sink.Events.ShouldBeEmpty();
        Add(buffer, "1@105", "0@120");
        sink.Events.ShouldBe(["0@5000", "1@5001", "segment", "0@100", "1@105"]);
        buffer.Complete();
        sink.Events[^1].ShouldBe("0@120");
    }

    [Fact]
    public void Without_a_segment_jump_a_rewound_log_is_late()
    {
        var buffer = Buffer(1, new WatermarkOptions { LatenessNs = 10 });
        Add(buffer, "0@5000", "0@100", "0@110", "0@120");
        sink.Events.ShouldBe(["0@100 BehindWatermark 4890", "0@110 BehindWatermark 4880", "0@120 BehindWatermark 4870"]);
    }

    [Fact]
    public void At_the_byte_limit_the_earliest_leave_before_their_time_and_order_still_holds()
    {
        const int Bytes = 100;
        long each = Bytes + WatermarkBuffer<string>.MessageOverheadBytes;
        var buffer = Buffer(2, new WatermarkOptions { LatenessNs = 1_000_000, MaxBytes = 3 * each });
        foreach (string message in (string[])["0@30", "0@10", "1@10", "1@40"]) Add(buffer, message, Bytes);

        sink.Events.ShouldBe(["0@10", "1@10"], "both of the earliest stamp");
        (buffer.ForcedReleases, buffer.WatermarkNs, buffer.HeldBytes).ShouldBe((2L, 11L, 2 * each));
        Add(buffer, "0@10", Bytes);
        sink.Events[^1].ShouldBe("0@10 BehindWatermark 1");
        Add(buffer, "0@11", 10_000_000);
        sink.Events[3..].ShouldBe(["0@11"], "larger than the limit: it passes through");
        buffer.Complete();
        sink.Events[4..].ShouldBe(["0@30", "1@40"]);
    }

    [Fact]
    public void Stamps_at_the_ends_of_the_range_neither_wrap_nor_hang()
    {
        long[] stamps = [long.MaxValue, long.MinValue, 0, long.MaxValue - 1, -1, long.MinValue + 1, long.MaxValue, long.MaxValue];
        WatermarkOptions[] all =
        [
            new() { LatenessNs = 0, MaxAheadNs = null }, new() { LatenessNs = long.MaxValue, MaxAheadNs = null }, new(), new() { MaxBytes = 0 },
            new() { SegmentJumpNs = 1, MaxAheadNs = 1 }, new() { ChannelLatenessNs = [0, long.MaxValue], InactivityNs = long.MaxValue },
        ];
        foreach (var options in all)
        {
            sink.Events.Clear();
            var buffer = Buffer(2, options);
            for (int i = 0; i < stamps.Length; i++) buffer.Add(i % 2, stamps[i], i, $"{i}", 8);
            buffer.Complete();
            sink.Events.Where(text => text != "segment").Select(text => text.Split(' ')[0]).Order(StringComparer.Ordinal).ShouldBe(Enumerable.Range(0, stamps.Length).Select(i => $"{i}"));
            (buffer.Count, buffer.HeldBytes).ShouldBe((0, 0L));
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Code(() => Buffer(0, new WatermarkOptions())).ShouldBe("MESH3101");
        Code(() => Buffer(1, new WatermarkOptions { LatenessNs = -1 })).ShouldBe("MESH3102");
        Code(() => Buffer(1, new WatermarkOptions { MaxAheadNs = 0 })).ShouldBe("MESH3102");
        Code(() => Buffer(1, new WatermarkOptions { SegmentJumpNs = -5 })).ShouldBe("MESH3102");
        Code(() => Buffer(1, new WatermarkOptions { MaxBytes = -1 })).ShouldBe("MESH3102");
        Code(() => Buffer(2, new WatermarkOptions { ChannelLatenessNs = [1] })).ShouldBe("MESH3102");
        Code(() => Buffer(1, new WatermarkOptions { ChannelLatenessNs = [100], InactivityNs = 99 })).ShouldBe("MESH3102");
    }

    private static string Code(Action create) => Should.Throw<MeshException>(create).Code;

    private WatermarkBuffer<string> Buffer(int channels, WatermarkOptions options) => new(channels, sink, options);

    private static void Add(WatermarkBuffer<string> buffer, params string[] messages)
    {
        foreach (string message in messages) Add(buffer, message, 0);
    }

    /// <param name="message"><c>channel@stamp</c>, with <c>#sequence</c> where it matters.</param>
    private static void Add(WatermarkBuffer<string> buffer, string message, int bytes)
    {
        string[] parts = message.Split('@', '#');
        long[] numbers = [.. parts.Select(part => long.Parse(part, System.Globalization.CultureInfo.InvariantCulture))];
        buffer.Add((int)numbers[0], numbers[1], numbers.Length > 2 ? numbers[2] : 0, message, bytes);
    }
}
