using Mesh.Synchronise.Clocks;

namespace Mesh.Synchronise.Tests.Clocks;

public sealed class ClockEstimatorTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("exponential", 0.97)]
    [InlineData("pareto", 0.97)]
    [InlineData("mixed", 0.97)]
    [InlineData("gamma", 0.9)]
    public void The_band_covers_what_is_estimated(string delays, double leastCoverage)
    {
        var coverages = new List<double>();
        var errors = new List<double>();
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(1000 + seed);
            double rate = Math.Pow(10, random.NextDouble() * 2.5);
            int count = (int)Math.Clamp(rate * 120, 300, 12_000);
            var log = new SimulatedLog(seed, count, rate, random.NextDouble() * 200 - 100, 1e5 * Math.Pow(30, random.NextDouble()), delays);

            var model = ClockEstimator.Estimate(log.Device, log.Receive);

            model.Refusal.ShouldBeNull();
            model.Jumps.ShouldBeEmpty($"seed {seed}");
            coverages.Add(log.Coverage(model));
            errors.Add(log.Errors(model).Select(Math.Abs).Max());
        }

        errors.Sort();
        output.WriteLine($"{delays}: coverage {coverages.Average():0.000}, largest error median {errors[20]:0} ns, p90 {errors[36]:0} ns");
        coverages.Average().ShouldBeGreaterThanOrEqualTo(leastCoverage);
    }

    [Fact]
    public void Steps_are_found_at_their_message_with_their_size()
    {
        int found = 0, wrong = 0, missed = 0, beside = 0;
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(5000 + seed);
            double mean = 1e5 * Math.Pow(20, random.NextDouble());
            long step = (long)(Math.Max(3e6, 5 * mean) * Math.Pow(100, random.NextDouble())) * (random.Next(2) == 0 ? 1 : -1);
            int at = 1000 + random.Next(3000);
            var log = new SimulatedLog(seed, 6000, 50, random.NextDouble() * 200 - 100, mean, seed % 2 == 0 ? "exponential" : "pareto", (at, step));

            var model = ClockEstimator.Estimate(log.Device, log.Receive);

            model.Refusal.ShouldBeNull();
            if (model.Jumps.Count == 0) missed++;
            if (model.Jumps.Count > 1) wrong++;
            if (model.Jumps.Count != 1) continue;
            found++;
            if (at < model.Jumps[0].FirstIndex || at > model.Jumps[0].LastIndex) beside++;
            Math.Abs(model.Jumps[0].DeltaNs - step).ShouldBeLessThanOrEqualTo(model.Jumps[0].HalfWidthNs, $"seed {seed}");
            log.Coverage(model).ShouldBeGreaterThan(0.95, $"seed {seed}");
        }

        output.WriteLine($"{found} found, {missed} missed, {wrong} with more than there are, {beside} beside their interval");
        (missed + wrong + beside).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public void A_wandering_clock_is_followed()
    {
        var log = new SimulatedLog(3, 18_000, 20, 15, 5e5, "wander");

        var model = ClockEstimator.Estimate(log.Device, log.Receive);

        model.Kind.ShouldBe(ClockModelKind.Kalman);
        Math.Sqrt(log.Errors(model).Average(error => error * error)).ShouldBeLessThan(15_000);
        log.Coverage(model).ShouldBeGreaterThan(0.9);
    }

    [Fact]
    public void A_segment_never_turns_time_back()
    {
        var log = new SimulatedLog(4, 18_000, 20, 15, 5e5, "wander");
        var segment = ClockEstimator.Estimate(log.Device, log.Receive).Segments.ShouldHaveSingleItem();
        long last = long.MinValue;
        for (long device = segment.FromNs - 10_000; device < segment.ToNs; device += 77_777_777)
        {
            long host = segment.ToHost(device);
            host.ShouldBeGreaterThan(last);
            segment.ToHost(device + 1).ShouldBeGreaterThanOrEqualTo(host);
            last = host;
        }
    }

    [Fact]
    public void Of_a_long_log_as_much_is_kept_as_fits_and_no_accuracy_lost()
    {
        const int Count = 400_000;
        var log = new SimulatedLog(5, Count, 200, 42, 1e6, "exponential", (250_000, 30_000_000));
        var stamps = new StampReservoir(8192);
        for (int i = 0; i < Count; i++) stamps.Add(log.Device[i], log.Receive[i]);

        var model = ClockEstimator.Estimate(stamps);

        stamps.Bytes.ShouldBeLessThanOrEqualTo(8192 * StampReservoir.StampBytes);
        var jump = model.Jumps.ShouldHaveSingleItem();
        jump.FirstIndex.ShouldBeInRange(250_000 - 256, 250_000);
        jump.LastIndex.ShouldBeInRange(250_000, 250_000 + 256);
        log.Coverage(model).ShouldBeGreaterThan(0.99);
        Math.Abs(jump.DeltaNs - 30_000_000).ShouldBeLessThan(jump.HalfWidthNs);
        log.Errors(model).Where((_, i) => Math.Abs(i - 250_000) > 256).Max(Math.Abs).ShouldBeLessThan(3_000);
    }

    [Theory]
    [InlineData(1e3, "microseconds")]
    [InlineData(1e6, "milliseconds")]
    [InlineData(1e9 / 90_000, "90 kHz")]
    [InlineData(1.024, "1024")]
    public void Stamps_of_another_unit_are_refused_by_name(double unit, string cause)
    {
        var log = new SimulatedLog(6, 3000, 50);

        var refusal = ClockEstimator.Estimate([.. log.Device.Select(device => (long)(device / unit))], log.Receive).Refusal.ShouldNotBeNull();

        refusal.Code.ShouldBe("MESH3205");
        refusal.Reason.ShouldContain(cause);
    }

    [Theory]
    [InlineData(37_000_000_000, "TAI")]
    [InlineData(18_000_000_000, "GPS time")]
    [InlineData(-1_000_000_000, "-1 s")]
    public void Offsets_of_another_time_scale_are_named(long ahead, string cause)
    {
        var log = new SimulatedLog(7, 3000, 50);

        var model = ClockEstimator.Estimate([.. log.Device.Select((device, i) => device + log.Offset[i] + ahead)], log.Receive);

        model.Notes.ShouldContain(note => note.Contains(cause == "-1 s" ? "+1 s" : cause));
    }

    [Fact]
    public void A_wrapped_counter_is_named()
    {
        var log = new SimulatedLog(8, 6000, 50, 10, 5e5, "exponential", (3000, 4_294_967_296));

        ClockEstimator.Estimate(log.Device, log.Receive).Jumps.ShouldHaveSingleItem().Cause.ShouldBe("a counter of 2^32 ns wrapped");
    }

    [Fact]
    public void Pairs_of_times_replace_the_delay_that_one_way_data_cannot_tell()
    {
        var log = new SimulatedLog(9, 6000, 50, -30, 1e6, "gamma", (2500, 20_000_000));
        var delayed = log.Receive.Select(receive => receive + 5_000_000).ToArray();
        var random = new Random(1);
        var pairs = Enumerable.Range(0, 120).Select(i => new ClockPair(log.Device[i * 50], log.Device[i * 50] + log.Offset[i * 50] + random.Next(-50, 51))).ToArray();

        var oneWay = ClockEstimator.Estimate(log.Device, delayed);
        var model = ClockEstimator.Estimate(log.Device, delayed, pairs);

        log.Errors(oneWay).Min(Math.Abs).ShouldBeGreaterThan(4_900_000);
        model.Kind.ShouldBe(ClockModelKind.Pairs);
        log.Errors(model).Where((_, i) => i is < 2400 or > 2600).Max(Math.Abs).ShouldBeLessThan(100);

        // One pair cannot tell a rate, but the level.
        var leveled = ClockEstimator.Estimate(log.Device, delayed, pairs.AsSpan(60, 1));
        leveled.Kind.ShouldBe(ClockModelKind.Hull);
        log.Errors(leveled).Where((_, i) => i is < 2400 or > 2600).Max(Math.Abs).ShouldBeLessThan(300_000);
    }

    [Fact]
    public void Few_short_frequent_or_irregular_stamps_are_refused_with_the_reason()
    {
        var log = new SimulatedLog(10, 3000, 50, 20);
        Refuse(log.Device[..29], log.Receive[..29], "MESH3201");
        Refuse(log.Device[..200], log.Receive[..200], "MESH3202");
        Refuse([.. log.Device.Select((_, i) => log.Device[i / 2])], log.Receive, "MESH3203");
        Refuse([.. log.Device.Select((_, i) => log.Device[i ^ 1])], log.Receive, "MESH3204");
        Refuse([.. log.Device.Select((device, i) => device + i * 20_000L)], log.Receive, "MESH3206");
        Refuse([.. log.Device.Select((_, i) => long.MaxValue - i)], log.Receive, "MESH3201");
        var jumpy = new SimulatedLog(11, 3000, 50, 20, 1e5, "exponential", (500, 50_000_000), (1000, -50_000_000), (1500, 50_000_000), (2000, 30_000_000));
        Refuse(jumpy.Device, jumpy.Receive, "MESH3208");
        ClockEstimator.Estimate(log.Device, log.Receive, options: new ClockEstimatorOptions { MaxHalfWidthNs = 100 }).Refusal!.Code.ShouldBe("MESH3207");

        static void Refuse(long[] device, long[] receive, string code)
        {
            var model = ClockEstimator.Estimate(device, receive);
            model.Refusal.ShouldNotBeNull(code).Code.ShouldBe(code);
            model.Kind.ShouldBe(ClockModelKind.Identity);
            model.ToHost(12345).ShouldBe(12345);
        }
    }

    [Fact]
    public void Hostile_stamps_give_a_model_or_a_refusal_and_nothing_else()
    {
        var random = new Random(12);
        Func<int, long>[] shapes =
        [
            _ => 0, _ => long.MaxValue, _ => long.MinValue, i => i, i => -i, i => i * 1_000_000_000L, i => -i * 1_000_000_000L,
            i => i % 2 == 0 ? long.MinValue : long.MaxValue, i => i % 2 == 0 ? -(1L << 62) : 1L << 62, i => i < 50 ? i * 1_000_000_000L : (1L << 61) + i,
            _ => random.NextInt64(long.MinValue, long.MaxValue), _ => random.NextInt64(0, 10_000_000_000), i => 1L << (i % 63), i => i / 7 * 1_000_000_000L,
            i => i * 1_000_000_000L + (i % 10 == 0 ? 1L << 60 : 0),
        ];
        foreach (int count in Enumerable.Range(0, 31).Append(200).Append(3000))
        {
            foreach (var device in shapes)
            {
                foreach (var receive in shapes)
                {
                    long[] devices = [.. Enumerable.Range(0, count).Select(device)];
                    long[] receives = [.. Enumerable.Range(0, count).Select(receive)];
                    var pairs = devices.Zip(receives, (d, r) => new ClockPair(d, r)).Take(40).ToArray();
                    foreach (var model in new[] { ClockEstimator.Estimate(devices, receives), ClockEstimator.Estimate(devices, receives, pairs), ClockEstimator.EstimateFromPairs(pairs) })
                    {
                        if (model.Refusal is not null) model.Segments.ShouldBeEmpty();
                        else model.Segments.ShouldNotBeEmpty();
                        foreach (long time in new[] { long.MinValue, 0, long.MaxValue })
                        {
                            model.ToHost(time);
                            model.HalfWidthNs(time).ShouldBeGreaterThanOrEqualTo(0);
                        }
                    }

                    var streaming = new StreamingClock();
                    long last = long.MinValue;
                    for (int i = 0; i < count; i++)
                    {
                        var time = streaming.Observe(devices[i], receives[i]);
                        if (time.HalfWidthNs == long.MaxValue) continue;
                        (time.HostNs > last || last is long.MinValue or long.MaxValue).ShouldBeTrue();
                        last = time.HostNs;
                    }
                }
            }
        }
    }
}
