using System.Text.RegularExpressions;
using Mesh.Columnar;
using Mesh.Synchronise.Streams;
using Mesh.Synchronise.Watermarks;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Streams;

/// <summary>Frames of a stream are those of the recording with the same messages, whatever the order of arrival, the batches and the restarts.</summary>
public sealed partial class StreamWindowTests
{
    private const int Lateness = 200;

    [Fact]
    public async Task A_stream_gives_the_frames_of_the_recording_in_any_order_within_the_lateness()
    {
        int frames = 0;
        for (int seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            var (options, drive) = Case(random);
            var expected = Comparable(options, await RunAsync(options, drive.GroupBy(message => message.Channel, (channel, messages) => Batch(channel, messages.Select(message => message.Sample)))));
            frames += expected.Count;
            for (int order = 0; order < 4; order++)
            {
                var (made, late) = Stream(options, Arrival(drive, random), random, restarts: 0);
                Comparable(options, made).ShouldBe(expected, $"seed {seed}, order {order}, {options.Reference}");
                late.ShouldBe(0);
            }
        }

        frames.ShouldBeGreaterThan(3000);
    }

    [Fact]
    public void A_window_made_again_from_its_state_and_the_log_goes_on_with_the_next_frame()
    {
        int restarted = 0, lateOnes = 0;
        for (int seed = 0; seed < 120; seed++)
        {
            var random = new Random(seed);
            var (options, drive) = Case(random);

            // A quarter of the messages may come later than they should.
            var arrival = Arrival(drive, random).ToList();
            for (int i = 0; i < arrival.Count / 4; i++)
            {
                int from = random.Next(arrival.Count);
                var message = arrival[from];
                arrival.RemoveAt(from);
                arrival.Insert(Math.Min(arrival.Count, from + random.Next(60)), message);
            }

            var (expected, late) = Stream(options, arrival, random, restarts: 0);
            lateOnes += late;
            for (int round = 0; round < 4; round++)
            {
                var (made, again) = Stream(options, arrival, random, restarts: 3);
                Known(made).ShouldBe(Known(expected), $"seed {seed}, {options.Reference}");
                again.ShouldBe(late);
                restarted++;
            }
        }

        restarted.ShouldBe(480);
        lateOnes.ShouldBeGreaterThan(100, "or the late ones show nothing");
    }

    [Fact]
    public void A_late_message_is_counted_and_in_no_frame()
    {
        var options = Frames(new ChannelReference("/ref"), new SynchroniseInput("/a", SynchronisePolicy.Previous) { MaxAgeNs = 100_000 });
        var window = new StreamGroup(options, new StreamOptions { LatenessNs = Lateness }).Open("rec", "V1", StreamState.New);
        Add(window, 0, ("/a", new Sample(1000, 0, 1)), ("/ref", new Sample(2000, 1, 0)), ("/ref", new Sample(5000, 2, 0)));
        var made = window.Take();
        Add(window, 3, ("/a", new Sample(4700, 3, 2)), ("/a", new Sample(4800, 4, 3)));
        var last = window.End();

        Text(made).Count.ShouldBe(1);
        var late = window.TakeLate().ShouldHaveSingleItem();
        (late.Channel, late.Offset, late.LatenessNs, late.Reason).ShouldBe(("/a", 3, 100, LateReason.BehindWatermark));
        Field(last.ShouldHaveSingleItem(), "a", "sequence").Values<long>().ToArray().ShouldBe([4]);
    }

    [Fact]
    public void A_frame_waits_for_what_can_still_change_it_and_no_longer()
    {
        var options = Frames(new ChannelReference("/ref"), new SynchroniseInput("/a", SynchronisePolicy.Nearest) { ToleranceNs = 50 });
        var window = new StreamGroup(options, new StreamOptions { LatenessNs = Lateness }).Open("rec", "V1", StreamState.New);
        Add(window, 0, ("/ref", new Sample(1000, 0, 0)), ("/a", new Sample(1050 + Lateness, 1, 0)));
        window.Take().ShouldBeEmpty("a sample at 1050 may still come");
        Add(window, 2, ("/a", new Sample(1051 + Lateness, 2, 0)));
        Text(window.Take()).Count.ShouldBe(1);
        window.State.ShouldBe(new StreamState(1, true, 1000, long.MinValue, long.MaxValue, 1000), "of what has come only the samples that the next frame may take are needed");
    }

    [Fact]
    public void A_stream_that_has_ended_begins_anew_and_makes_no_frame_twice()
    {
        var options = Frames(new ChannelReference("/ref"), new SynchroniseInput("/a", SynchronisePolicy.Previous) { MaxAgeNs = 1000 });
        var group = new StreamGroup(options, new StreamOptions { LatenessNs = Lateness });
        var window = group.Open("rec", "V1", StreamState.New);
        Add(window, 0, ("/a", new Sample(1000, 0, 1)), ("/ref", new Sample(1010, 1, 0)));
        Text(window.End()).Count.ShouldBe(1);
        window.State.ShouldBe(new StreamState(2, false, null, 1011, long.MaxValue, 1010));

        window = group.Open("rec", "V1", window.State);
        Add(window, 2, ("/ref", new Sample(1005, 2, 0)), ("/ref", new Sample(1020, 3, 0)));
        var frames = window.End().ShouldHaveSingleItem();
        frames["sequence"].Values<long>().ToArray().ShouldBe([3]);
        Field(frames, "a", "missing_reason").GetString(0).ShouldBe("too_old");
        window.TakeLate().ShouldHaveSingleItem().Offset.ShouldBe(2);
    }

    [Fact]
    public void One_stamp_of_a_broken_clock_makes_nothing_late_and_a_log_played_again_is_another_stream()
    {
        const long Minute = 60_000_000_000;
        var options = Frames(new ChannelReference("/ref"), new SynchroniseInput("/a", SynchronisePolicy.Previous) { MaxAgeNs = Minute });
        var window = new StreamGroup(options, new StreamOptions()).Open("rec", "V1", StreamState.New);
        Add(window, 0, ("/ref", new Sample(100 * Minute, 0, 0)), ("/ref", new Sample(100_000 * Minute, 1, 0)), ("/ref", new Sample(101 * Minute, 2, 0)), ("/a", new Sample(102 * Minute, 3, 0)));
        window.TakeLate().ShouldHaveSingleItem().Reason.ShouldBe(LateReason.Outlier);
        Text(window.Take()).Count.ShouldBe(2);

        for (int i = 0; i < 300; i++) Add(window, 4 + i, ("/ref", new Sample(Minute + i, 4 + i, 0)));
        Text(window.End()).Count.ShouldBe(200);
        window.TakeLate().Count.ShouldBe(100);
    }

    private static void Add(StreamWindow window, long offset, params (string Channel, Sample Sample)[] messages) => Feed(
        window, [.. messages.Select((message, i) => new Message(message.Channel, message.Sample) { Offset = offset + i })]);

    private static SynchroniseOptions Frames(FrameReference reference, params SynchroniseInput[] inputs) => new() { Name = "f", Reference = reference, ToleranceNs = 30, Inputs = inputs };

    private static (SynchroniseOptions Options, List<Message> Drive) Case(Random random)
    {
        FrameReference reference = random.Next(4) switch
        {
            0 => new RateReference(40_000_000_000),
            1 => new ChannelReference("/ref") { When = new EventCondition("label", "on") { OnChange = random.Next(2) == 0 } },
            _ => new ChannelReference("/ref") { LatencyNs = random.Next(-20, 20) },
        };
        int scale = reference is RateReference ? 500 : 1;
        var options = Frames(
            reference,
            new SynchroniseInput("/a", SynchronisePolicy.Linear) { MaxGapNs = random.Next(5, 90) * scale },
            new SynchroniseInput("/a", SynchronisePolicy.Previous) { Name = "held", MaxAgeNs = random.Next(1, 120) * scale, LatencyNs = random.Next(-15, 15) },
            new SynchroniseInput("/b", SynchronisePolicy.Nearest) { ToleranceNs = random.Next(0, 60) * scale },
            new SynchroniseInput("/b", SynchronisePolicy.Next) { Name = "coming", MaxAgeNs = random.Next(1, 120) * scale, ToleranceNs = random.Next(1, 120) * scale });
        var drive = new List<Message>();
        foreach (string channel in options.Channels)
        {
            long time = random.Next(1000);
            int period = random.Next(5, 40) * scale;
            for (int i = 0; i < 60; i++)
            {
                drive.Add(new Message(channel, new Sample(time, i, random.NextDouble(), random.Next(3) == 0 ? "on" : "off")));
                time += random.Next(10) switch { 0 => 0, 1 => period * 12L, _ => random.Next(period) };
            }
        }

        return (options, drive);
    }

    private static IEnumerable<Message> Arrival(List<Message> drive, Random random) =>
        drive.Select(message => (message, Key: message.Sample.TimeNs + random.Next(Lateness))).OrderBy(pair => pair.Key).Select(pair => pair.message);

    private static (List<RecordBatch> Frames, int Late) Stream(SynchroniseOptions options, IEnumerable<Message> arrival, Random random, int restarts)
    {
        Message[] log = [.. arrival.Select((message, offset) => message with { Offset = offset })];
        HashSet<int> cuts = [.. Enumerable.Range(0, restarts).Select(_ => random.Next(1, log.Length))];
        var stream = new StreamOptions { LatenessNs = Lateness };
        var window = new StreamGroup(options, stream).Open("rec", "V1", StreamState.New);
        var frames = new List<RecordBatch>();
        int late = 0;
        for (int next = 0; next < log.Length;)
        {
            int to = Math.Min(log.Length, next + random.Next(1, 40));
            if (cuts.Where(cut => cut > next && cut < to).DefaultIfEmpty(-1).Min() is > 0 and var cut) to = cut;
            Feed(window, log[next..to]);
            frames.AddRange(window.Take());
            late += window.TakeLate().Count;
            next = to;
            if (!cuts.Contains(next)) continue;

            var state = window.State;
            window = new StreamGroup(options, stream).Open("rec", "V1", state);
            for (int again = state.IsOpen ? (int)state.FromOffset : next; again < next;)
            {
                int end = Math.Min(next, again + random.Next(1, 40));
                Feed(window, log[again..end]);
                window.Take().ShouldBeEmpty("frames that have been made");
                again = end;
            }

            window.TakeLate();
        }

        frames.AddRange(window.End());
        return (frames, late + window.TakeLate().Count);
    }

    private static void Feed(StreamWindow window, Message[] messages) => window.Add(
        [.. messages.GroupBy(message => message.Channel, (channel, own) => new StreamRows(Batch(channel, own.Select(message => message.Sample)), [.. own.Select(message => message.Offset)]))],
        messages[^1].Offset + 1);

    // Until a channel has been seen a frame has no columns for its fields; in the table they are null.
    private static List<string> Known(IEnumerable<RecordBatch> frames) => [.. Text(frames).Select(row => Nulls().Replace(row, ""))];

    // The limits' own reasons stand for no_sample, and ages beyond the limits are not known.
    private static List<string> Comparable(SynchroniseOptions options, IEnumerable<RecordBatch> frames) =>
    [
        .. Known(frames).Select(row =>
        {
            row = Ages().Replace(row, "");
            row = NoSample().Replace(row, match => $"{match.Groups[1].Value}missing_reason:{(match.Groups[2].Value == "linear" ? "gap" : "too_old")}");
            return options.Reference is RateReference ? Numbers().Replace(row, "") : row;
        }),
    ];

    [GeneratedRegex("[a-z_]+:null,")]
    private static partial Regex Nulls();

    [GeneratedRegex("(before|after)_age_ns:[^,]*,")]
    private static partial Regex Ages();

    [GeneratedRegex("(policy:([a-z]+),interpolated:[A-Za-z]+,)missing_reason:no_sample")]
    private static partial Regex NoSample();

    [GeneratedRegex("^.*? sequence=[^ ]* ")]
    private static partial Regex Numbers();

    private sealed record Message(string Channel, Sample Sample)
    {
        public long Offset { get; init; }
    }
}
