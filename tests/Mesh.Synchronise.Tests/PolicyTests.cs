using Mesh.Columnar;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests;

/// <summary>Numbers worked out by hand. Times in nanoseconds around a real epoch, where a double would already be off by 128 ns.</summary>
public sealed class PolicyTests
{
    private const long T = 1_700_000_000_000_000_000;

    [Theory]
    // Samples at 0, 10 and 20.
    [InlineData(-3, 3, 0, null)]
    [InlineData(-4, null, 0, "outside_tolerance")]
    [InlineData(0, 0, 0, null)]
    [InlineData(4, null, 0, "outside_tolerance")]
    [InlineData(7, 3, 10, null)]
    [InlineData(13, 3, 10, null)]
    [InlineData(23, 3, 20, null)]
    [InlineData(24, null, 0, "outside_tolerance")]
    public async Task Nearest_takes_the_closest_within_the_tolerance(long at, int? error, long time, string? reason) =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Nearest), at, error, error is null ? null : time, reason, value: time, interpolated: false);

    [Fact]
    public async Task Of_two_equally_close_samples_nearest_takes_the_earlier() =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Nearest), 5, 5, 0, null, value: 0, interpolated: false, tolerance: 5);

    [Theory]
    [InlineData(-1, null, 0, "no_sample")]
    [InlineData(0, 0, 0, null)]
    [InlineData(9, 9, 0, null)]
    [InlineData(10, 0, 10, null)]
    [InlineData(45, 25, 20, null)]
    [InlineData(46, null, 0, "too_old")]
    public async Task Previous_holds_for_two_and_a_half_periods(long at, int? error, long time, string? reason) =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Previous), at, error, error is null ? null : time, reason, value: time, interpolated: false);

    [Theory]
    [InlineData(26, 6, null)]
    [InlineData(27, null, "too_old")]
    public async Task Previous_holds_as_long_as_it_is_told(long at, int? error, string? reason) =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Previous) { MaxAgeNs = 6 }, at, error, error is null ? null : 20, reason, value: 20, interpolated: false);

    [Theory]
    [InlineData(-1, null, "no_sample", 0, false)]
    [InlineData(0, 0, null, 0, false)]
    [InlineData(3, 3, null, 3, true)]
    [InlineData(16, 4, null, 16, true)]
    [InlineData(20, 0, null, 20, false)]
    [InlineData(21, null, "no_sample", 0, false)]
    public async Task Linear_lies_between_and_never_beyond(long at, int? error, string? reason, long time, bool interpolated) =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Linear), at, error, error is null ? null : time, reason, value: time, interpolated);

    [Theory]
    [InlineData(9L, null, 5, "gap")]
    [InlineData(10L, null, 5, null)]
    [InlineData(null, 4L, 5, "too_old")]
    [InlineData(null, 5L, 5, null)]
    [InlineData(1L, 1L, 10, null)]
    public async Task Linear_bridges_no_gap_above_its_limits(long? maxGap, long? maxAge, long at, string? reason) =>
        await ExpectAsync(new SynchroniseInput("/in", SynchronisePolicy.Linear) { MaxGapNs = maxGap, MaxAgeNs = maxAge }, at,
            reason is null ? (at == 10 ? 0 : 5) : null, reason is null ? at : null, reason, value: at, interpolated: reason is null && at != 10);

    [Fact]
    public async Task A_drop_out_is_a_gap_by_default()
    {
        // Period 10, so 25 is bridged and 26 is not.
        var samples = new[] { 0L, 10, 20, 30, 55, 65, 91, 101 }.Select((time, i) => new Sample(T + time, i, time));
        var frames = (await RunAsync(Options(new SynchroniseInput("/in", SynchronisePolicy.Linear)),
            Batch("/in", samples), Batch("/ref", new Sample(T + 40, 0, 0), new Sample(T + 80, 1, 0)))).Single();
        Field(frames, "in", "x").Values<double>()[0].ShouldBe(40);
        Field(frames, "in", "missing_reason").GetString(1).ShouldBe("gap");
    }

    [Fact]
    public async Task Of_equal_stamps_the_last_recorded_counts()
    {
        var samples = Batch("/in", new Sample(T, 0, 1), new Sample(T, 2, 3), new Sample(T, 1, 2), new Sample(T + 10, 3, 7), new Sample(T + 10, 4, 8));
        var reference = Batch("/ref", new Sample(T, 0, 0), new Sample(T + 5, 1, 0), new Sample(T + 10, 2, 0));
        foreach (var policy in Enum.GetValues<SynchronisePolicy>())
        {
            var frames = (await RunAsync(Options(new SynchroniseInput("/in", policy)), samples, reference)).Single();
            var x = Field(frames, "in", "x").Values<double>().ToArray();
            x.ShouldBe(policy switch
            {
                SynchronisePolicy.Linear => [3, 5.5, 8],
                SynchronisePolicy.Next => [3, 8, 8],
                _ => new[] { 3.0, 3, 8 },
            }, policy.ToString());
        }
    }

    [Fact]
    public async Task What_is_not_a_number_is_missing_and_what_is_no_float_is_held()
    {
        var samples = Batch("/in", new Sample(T, 4, 1, "a"), new Sample(T + 10, 5, 2, "b"), new Sample(T + 20, 6, double.NaN, "c"), new Sample(T + 30, 7, 5, "d"));
        var reference = Batch("/ref", new Sample(T + 5, 0, 0), new Sample(T + 6, 1, 0), new Sample(T + 15, 2, 0), new Sample(T + 20, 3, 0));
        var frames = (await RunAsync(Options(new SynchroniseInput("/in", SynchronisePolicy.Linear)), samples, reference)).Single();
        var x = Field(frames, "in", "x");
        x.Values<double>()[..2].ToArray().ShouldBe([1.5, 1.6]);
        x.IsNull(2).ShouldBeTrue();
        double.IsNaN(x.Values<double>()[3]).ShouldBeTrue("the sample itself, as recorded");
        var label = Field(frames, "in", "label");
        Enumerable.Range(0, 4).Select(label.GetString).ShouldBe(["a", "a", "b", "c"]);
        Field(frames, "in", "sequence").Values<long>().ToArray().ShouldBe([4, 5, 5, 6]);
        var nested = Field(frames, "in", "nested");
        nested.Children[0].Values<float>()[1].ShouldBe(1.6f);
        nested.Children[1].Values<int>()[1].ShouldBe(4);
        Field(frames, "in", "missing_reason").NullCount.ShouldBe(4);
    }

    [Fact]
    public async Task Every_reference_sample_makes_a_frame_also_at_the_same_time()
    {
        var frames = (await RunAsync(Options(new SynchroniseInput("/in", SynchronisePolicy.Nearest)),
            Batch("/ref", new Sample(T + 1, 1, 10), new Sample(T, 0, 9), new Sample(T + 1, 2, 11)), Batch("/in", new Sample(T, 0, 5)))).Single();
        frames["sequence"].Values<long>().ToArray().ShouldBe([0, 1, 2]);
        frames["time_ns"].Values<long>().ToArray().ShouldBe([T, T + 1, T + 1]);
        frames["log_time"].Values<long>()[0].ShouldBe(T / 1000);
        Field(frames, "reference", "x").Values<double>().ToArray().ShouldBe([9, 10, 11]);
    }

    [Fact]
    public async Task Accounts_say_what_became_of_every_sample()
    {
        await using var synchroniser = new Synchroniser(Options(new SynchroniseInput("/in", SynchronisePolicy.Linear), new SynchroniseInput("/gone", SynchronisePolicy.Nearest)), "rec", "V1");
        await RunAsync(synchroniser, Batch("/in", Enumerable.Range(0, 10).Select(i => new Sample(T + i * 10, i, i))),
            Batch("/ref", new Sample(T - 5, 0, 0), new Sample(T + 20, 1, 0), new Sample(T + 25, 2, 0)));
        synchroniser.Frames.ShouldBe(3);
        var account = synchroniser.Accounts[0];
        (account.Samples, account.UsedSamples, account.Matched, account.Interpolated).ShouldBe((10, 2, 2, 1));
        account.Missing.ShouldBe(new Dictionary<string, long> { ["no_sample"] = 1 });
        synchroniser.Accounts[1].Missing.ShouldBe(new Dictionary<string, long> { ["channel_absent"] = 3 });
    }

    private static SynchroniseOptions Options(params SynchroniseInput[] inputs) =>
        new() { Name = "frames", Reference = new ChannelReference("/ref"), Inputs = inputs, ToleranceNs = 100 };

    private static async Task ExpectAsync(
        SynchroniseInput input, long at, int? error, long? time, string? reason, double value, bool interpolated, long tolerance = 3)
    {
        var frames = (await RunAsync(Options(input) with { ToleranceNs = tolerance },
            Batch("/in", new Sample(T, 0, 0), new Sample(T + 10, 1, 10), new Sample(T + 20, 2, 20)), Batch("/ref", new Sample(T + at, 0, 0)))).Single();
        Field(frames, "in", "policy").GetString(0).ShouldBe(input.Policy.ToString().ToLowerInvariant());
        Field(frames, "in", "interpolated").GetBoolean(0).ShouldBe(interpolated);
        var missing = Field(frames, "in", "missing_reason");
        (missing.IsNull(0) ? null : missing.GetString(0)).ShouldBe(reason);
        foreach (string field in new[] { "time_ns", "match_error_ns", "sequence", "x" }) Field(frames, "in", field).IsNull(0).ShouldBe(reason is not null, field);
        if (reason is not null) return;
        Field(frames, "in", "match_error_ns").Values<long>()[0].ShouldBe(error!.Value);
        Field(frames, "in", "time_ns").Values<long>()[0].ShouldBe(T + time!.Value);
        Field(frames, "in", "x").Values<double>()[0].ShouldBe(value, 1e-12);
    }
}
