using Mesh.Columnar;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>What makes frames: rates, events, latencies.</summary>
public sealed class ReferenceTests
{
    private const long T = 1_700_000_000_000_000_000;
    private const long Ms = 1_000_000;

    [Fact]
    public async Task A_rate_makes_frames_at_whole_multiples_of_its_period_since_1970()
    {
        var frames = (await RunAsync(Options(new RateReference(10_000_000), new SynchroniseInput("/in", SynchronisePolicy.Linear)),
            Batch("/in", Enumerable.Range(0, 30).Select(i => new Sample(T + 7 * Ms + i * 50 * Ms, i, i))))).Single();
        frames.Schema.Fields.Select(field => field.Name).ShouldBe(["recording_id", "vehicle_id", "channel", "sequence", "log_time", "time_ns", "in"]);
        frames["time_ns"].Values<long>().ToArray().ShouldBe(Enumerable.Range(1, 14).Select(i => T + i * 100 * Ms));
        frames["sequence"].Values<long>().ToArray().ShouldBe(Enumerable.Range(0, 14).Select(i => (long)i));
        frames["channel"].GetString(0).ShouldBe("frames", "the group's name");
        Field(frames, "in", "x").Values<double>()[0].ShouldBe(93 / 50.0, 1e-12);
        frames["log_time"].Values<long>()[0].ShouldBe((T + 107 * Ms) / 1000, "the latest log time of the samples in it");
    }

    [Fact]
    public void Thirty_hertz_never_drift()
    {
        var rate = new RateReference(30_000_000);
        for (long i = 0; i < 1000; i++)
        {
            Int128 tick = rate.FirstFrom(T + i * 1_000_000_000);
            rate.TimeOf(tick).ShouldBe(T + i * 1_000_000_000, "a whole second is a tick");
            rate.TimeOf(tick + 1).ShouldBe(T + i * 1_000_000_000 + 33_333_333);
            rate.TimeOf(tick + 2).ShouldBe(T + i * 1_000_000_000 + 66_666_666);
        }

        rate.FirstFrom(T + 1).ShouldBe(rate.FirstFrom(T) + 1);
        rate.FirstFrom(-T).ShouldBe(-rate.FirstFrom(T));
        rate.TimeOf(rate.FirstFrom(long.MinValue)).ShouldBeGreaterThanOrEqualTo(long.MinValue);
        rate.TimeOf(rate.FirstFrom(long.MaxValue)).ShouldBeGreaterThanOrEqualTo(long.MaxValue);
    }

    [Fact]
    public async Task Between_stamps_that_are_years_apart_a_rate_makes_no_frames()
    {
        var frames = (await RunAsync(Options(new RateReference(100_000_000), new SynchroniseInput("/in", SynchronisePolicy.Previous) { MaxAgeNs = 95 * Ms }),
            Batch("/in", new Sample(0, 0, 1), new Sample(T + 5 * Ms, 1, 2), new Sample(long.MaxValue - 3, 2, 3)))).Single();
        frames["time_ns"].Values<long>().ToArray().ShouldBe(
        [
            .. Enumerable.Range(0, 10).Select(i => i * 10 * Ms), .. Enumerable.Range(0, 20).Select(i => T + (i - 9) * 10 * Ms),
            .. Enumerable.Range(0, 10).Select(i => 9_223_372_036_760_000_000 + i * 10 * Ms),
        ]);
    }

    [Fact]
    public async Task Events_are_changes_to_a_value_or_every_sample_with_it()
    {
        // The label is a field of text, n of nested the sequence.
        var events = Batch("/trigger", new Sample(T, 0, 1, "on"), new Sample(T + 1, 1, 0, "off"), new Sample(T + 2, 2, 1, "on"), new Sample(T + 3, 3, 1, "on"), new Sample(T + 4, 4, 0, "off"), new Sample(T + 5, 5, 1, "on"));
        var input = new SynchroniseInput("/in", SynchronisePolicy.Nearest);
        (await Times(null)).ShouldBe([0, 1, 2, 3, 4, 5]);
        (await Times(new EventCondition("label", "on"))).ShouldBe([2, 5], "what was before the first sample is not known");
        (await Times(new EventCondition("label", "on") { OnChange = false })).ShouldBe([0, 2, 3, 5]);
        (await Times(new EventCondition("x", "1"))).ShouldBe([2, 5]);
        (await Times(new EventCondition("nested.n", "4"))).ShouldBe([4]);
        (await Times(new EventCondition("nowhere.n", "4"))).ShouldBeEmpty();

        async Task<long[]> Times(EventCondition? when)
        {
            var frames = await RunAsync(Options(new ChannelReference("/trigger") { When = when }, input), Batch("/in", new Sample(T, 0, 0)), events);
            return [.. frames.SelectMany(batch => batch["time_ns"].Values<long>().ToArray()).Select(time => time - T)];
        }
    }

    [Fact]
    public async Task A_latency_moves_the_stamps_of_an_input_and_of_the_reference()
    {
        var input = new SynchroniseInput("/in", SynchronisePolicy.Linear) { LatencyNs = -3 };
        var frames = (await RunAsync(Options(new ChannelReference("/ref") { LatencyNs = 2 }, input),
            Batch("/in", new Sample(T, 0, 0), new Sample(T + 10, 1, 10)), Batch("/ref", new Sample(T + 1, 0, 0), new Sample(T + 5, 1, 0)))).Single();
        frames["time_ns"].Values<long>().ToArray().ShouldBe([T + 3, T + 7]);
        Field(frames, "in", "x").Values<double>()[0].ShouldBe(6);
        Field(frames, "in", "x").Values<double>()[1].ShouldBe(10);
        Field(frames, "in", "time_ns").Values<long>()[1].ShouldBe(T + 7);
        Field(frames, "in", "interpolated").GetBoolean(1).ShouldBeFalse();
    }

    [Fact]
    public async Task Samples_in_no_frame_are_counted_and_listed_with_the_nearest_miss()
    {
        var options = Options(new ChannelReference("/ref"), new SynchroniseInput("/in", SynchronisePolicy.Nearest)) with { ToleranceNs = 10, KeepUnmatched = true };
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        var (_, unmatched) = await RunBothAsync(synchroniser,
            Batch("/in", new Sample(T - 50, 0, 0), new Sample(T - 4, 1, 0), new Sample(T + 3, 2, 0), new Sample(T + 3, 3, 0), new Sample(T + 40, 4, 0), new Sample(T + 95, 5, 0)),
            Batch("/ref", new Sample(T, 0, 0), new Sample(T + 100, 1, 0)));
        var rows = unmatched.Single();
        rows["channel"].GetString(0).ShouldBe("/in");
        rows["input"].GetString(0).ShouldBe("in");
        Enumerable.Range(0, rows.Length).Select(i => (
                rows["sequence"].Values<long>()[i], rows["time_ns"].Values<long>()[i] - T, rows["reason"].GetString(i),
                rows["miss_channel"].IsNull(i) ? null : rows["miss_channel"].GetString(i), rows["miss_time_ns"].IsNull(i) ? -1 : rows["miss_time_ns"].Values<long>()[i] - T,
                rows["miss_distance_ns"].Values<long>()[i]))
            .ShouldBe([(0, -50, "no_frame", "/ref", 0, 50), (2, 3, "repeated_stamp", null, -1, 0), (1, -4, "not_needed", "/ref", 0, 4), (4, 40, "no_frame", "/ref", 0, 40)], ignoreOrder: true);
        var account = synchroniser.Accounts[0];
        account.Unmatched.ShouldBe(new Dictionary<string, long> { ["no_frame"] = 2, ["not_needed"] = 1, ["repeated_stamp"] = 1 });
        (account.Samples, account.UsedSamples, account.MaxMatchErrorNs, account.MeanMatchErrorNs).ShouldBe((6, 2, 5, 4));
        synchroniser.UnmatchedRows.ShouldBe(4);
    }

    [Fact]
    public async Task Without_a_reference_every_sample_is_unmatched()
    {
        var options = Options(new ChannelReference("/ref"), new SynchroniseInput("/in", SynchronisePolicy.Linear)) with { KeepUnmatched = true };
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        var (frames, unmatched) = await RunBothAsync(synchroniser, Batch("/in", Enumerable.Range(0, 20_000).Select(i => new Sample(T + i / 2, i, 0))));
        frames.ShouldBeEmpty();
        unmatched.Count.ShouldBeGreaterThan(1);
        unmatched.Sum(batch => batch.Length).ShouldBe(20_000);
        synchroniser.Accounts[0].Unmatched.ShouldBe(new Dictionary<string, long> { ["no_frame"] = 10_000, ["repeated_stamp"] = 10_000 });
    }

    private static SynchroniseOptions Options(FrameReference reference, params SynchroniseInput[] inputs) =>
        new() { Name = "frames", Reference = reference, Inputs = inputs };
}
