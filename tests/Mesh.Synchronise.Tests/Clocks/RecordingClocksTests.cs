using Mesh.Streaming.Ingest;
using Mesh.Synchronise.Clocks;

namespace Mesh.Synchronise.Tests.Clocks;

public sealed class RecordingClocksTests
{
    private static readonly ClockPlan All = new(AllChannels: true, new HashSet<string>(), null);

    [Fact]
    public void A_first_pass_is_planned_only_where_a_section_asks_and_for_its_channels()
    {
        var quiet = new SynchroniseOptions { Name = "a", Reference = new ChannelReference("/lidar"), Inputs = [new SynchroniseInput("/imu", SynchronisePolicy.Linear)] };
        var asking = quiet with { Name = "b", Reference = new ChannelReference("/camera"), Clock = new ClockOptions(Estimate: true, "/gnss/time") };

        ClockPlan.Of(new ClockOptions(), [quiet]).ShouldBeNull();
        var plan = ClockPlan.Of(new ClockOptions(), [quiet, asking]).ShouldNotBeNull();
        (plan.Wants("/camera"), plan.Wants("/imu"), plan.Wants("/lidar"), plan.Truth).ShouldBe((true, true, false, "/gnss/time"));
        ClockPlan.Of(new ClockOptions(Estimate: true), [quiet])!.Wants("/anything").ShouldBeTrue();
    }

    [Fact]
    public void A_channel_without_stamps_keeps_its_times_and_is_listed()
    {
        var clocks = new RecordingClocks(All, 1 << 20);
        var stamps = ((IClockStamps)clocks).Of("/can").ShouldNotBeNull();
        for (int i = 0; i < 100; i++) stamps.Add(null, i);

        clocks.Estimate();

        var found = clocks.Models.ShouldHaveSingleItem();
        (found.TimeBase, found.Model.Kind, found.Model.Refusal, found.Model.Samples).ShouldBe(("log", ClockModelKind.Identity, null, 100));
        ((IClockCorrection)clocks).Of("/can").ShouldBeNull();
    }

    [Fact]
    public void A_refused_clock_leaves_the_receive_time_without_a_band()
    {
        var clocks = new RecordingClocks(All, 1 << 20);
        var stamps = ((IClockStamps)clocks).Of("/imu")!;
        for (int i = 0; i < 12; i++) stamps.Add(5_000 + i, 1_000_000 + i);
        clocks.Estimate();

        var clock = ((IClockCorrection)clocks).Of("/imu").ShouldNotBeNull();

        clock.UsesStamps.ShouldBeFalse();
        clocks.Models[0].Model.Refusal!.Code.ShouldBe("MESH3201");
        long[] log = [1_000_000], sensor = [1_000_000], error = [0];
        clock.Correct([false], log, sensor, error);
        (log[0], sensor[0], error[0]).ShouldBe((1_000_000, 1_000_000, -1));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Stamps_become_host_time_and_all_times_true_time(bool exactTruth)
    {
        // The host is 3 s behind true time and fast by 20 ppm.
        const long Behind = 3_000_000_000;
        var log = new SimulatedLog(1, 6000, 50, -40, 2e5);
        var clocks = new RecordingClocks(All with { Truth = "/gnss/time" }, 1 << 20);
        var stamps = ((IClockStamps)clocks).Of("/imu")!;
        var random = new Random(2);
        for (int i = 0; i < log.Device.Length; i++)
        {
            stamps.Add(log.Device[i], log.Receive[i]);
            if (i % 50 != 0) continue;
            long host = log.Device[i] + log.Offset[i];
            clocks.AddTruth(host + (exactTruth ? 0 : random.Next(100_000)), True(host) + (exactTruth ? random.Next(-50, 50) : 0), exactTruth);
        }

        clocks.Estimate();

        clocks.Models.Select(model => (model.Channel, model.TimeBase)).ShouldBe([("/gnss/time", "truth"), ("/imu", "header")]);
        clocks.Models[0].Model.Kind.ShouldBe(exactTruth ? ClockModelKind.Pairs : ClockModelKind.Hull);
        var clock = ((IClockCorrection)clocks).Of("/imu")!;
        int covered = 0;
        for (int i = 0; i < log.Device.Length; i++)
        {
            long[] logTime = [log.Receive[i]], sensor = [log.Device[i]], error = [0];
            clock.Correct([true], logTime, sensor, error);
            long expected = True(log.Device[i] + log.Offset[i]);
            Math.Abs(sensor[0] - expected).ShouldBeLessThan(exactTruth ? 5_000 : 30_000);
            Math.Abs(logTime[0] - True(log.Receive[i])).ShouldBeLessThan(exactTruth ? 200 : 25_000);
            if (Math.Abs(sensor[0] - expected) <= error[0]) covered++;
        }

        (covered / (double)log.Device.Length).ShouldBeGreaterThan(0.95);

        static long True(long host) => host + Behind - (long)((host - SimulatedLog.StartNs) * 20e-6);
    }

    [Fact]
    public void Memory_is_bounded_over_all_channels_and_who_does_not_fit_is_told()
    {
        const long Limit = 600 << 10;
        var clocks = new RecordingClocks(All, Limit);
        var log = new SimulatedLog(3, 20_000, 100, 10);
        for (int c = 0; c < 16; c++)
        {
            var stamps = ((IClockStamps)clocks).Of($"/channel{c:00}")!;
            for (int i = 0; i < log.Device.Length; i++)
            {
                stamps.Add(log.Device[i], log.Receive[i]);
                clocks.HeldBytes.ShouldBeLessThanOrEqualTo(Limit);
            }
        }

        clocks.Estimate();

        var refused = clocks.Models.Where(model => model.Model.Refusal is not null).ToList();
        refused.Count.ShouldBeInRange(1, 8);
        refused.ShouldAllBe(model => model.Model.Refusal!.Code == "MESH3212");
        clocks.Models.Where(model => model.Model.Refusal is null).ShouldAllBe(model => log.Errors(model.Model).Max(Math.Abs) < 20_000);
    }

    [Fact]
    public void Rows_tell_segments_steps_and_refusals()
    {
        var clocks = new RecordingClocks(All, 1 << 20);
        var log = new SimulatedLog(4, 6000, 50, -40, 2e5, "exponential", (3000, 40_000_000));
        var good = ((IClockStamps)clocks).Of("/imu")!;
        for (int i = 0; i < log.Device.Length; i++) good.Add(log.Device[i], log.Receive[i]);
        ((IClockStamps)clocks).Of("/status")!.Add(1, 2);
        clocks.Estimate();

        var rows = ClockModelRows.Of(clocks.Models, "r1", "V1", "fleet", "2");

        rows.Length.ShouldBe(3);
        rows["channel"].GetString(1).ShouldBe("/imu");
        rows["segment"].Values<int>().ToArray().ShouldBe([0, 1, 0]);
        rows["drift_ppm"].Values<double>()[1].ShouldBe(40, 0.1);
        (rows["offset_ns"].Values<long>()[1] - (double)rows["offset_ns"].Values<long>()[0]).ShouldBe(40_000_000 + 40e-6 * 60e9, 200_000);
        rows["refusal_code"].GetString(2).ShouldBe("MESH3201");
        rows["offset_ns"].IsNull(2).ShouldBeTrue();
        rows["topology_version"].GetString(0).ShouldBe("2");
    }
}
