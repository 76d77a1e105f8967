using Mesh.Synchronise.Clocks;

namespace Mesh.Synchronise.Tests.Clocks;

public sealed class StreamingClockTests
{
    [Fact]
    public void It_settles_within_seconds_and_stays_within_its_band()
    {
        int certain = 0, covered = 0;
        for (int seed = 0; seed < 10; seed++)
        {
            var log = new SimulatedLog(seed, 6000, 50, 60 - 12 * seed, 5e5);
            var clock = new StreamingClock();
            for (int i = 0; i < log.Device.Length; i++)
            {
                var time = clock.Observe(log.Device[i], log.Receive[i]);
                if (time.IsUncertain) continue;
                certain++;
                if (Math.Abs(time.HostNs - log.Device[i] - log.Offset[i]) <= time.HalfWidthNs) covered++;
            }

            clock.Epoch.ShouldBe(0, $"seed {seed}");
            clock.DriftPpm.ShouldBe(-(60 - 12 * seed), 1);
        }

        ((double)covered / certain).ShouldBeGreaterThan(0.9);
        certain.ShouldBeGreaterThan(40_000);
    }

    [Fact]
    public void A_step_down_is_seen_at_its_first_message_that_is_not_late()
    {
        var log = new SimulatedLog(1, 3000, 50, 20, 2e5, "exponential", (1500, -30_000_000));
        var clock = new StreamingClock();
        int seen = -1;
        for (int i = 0; i < log.Device.Length; i++)
        {
            if (clock.Observe(log.Device[i], log.Receive[i]).Epoch == 1 && seen < 0) seen = i;
        }

        seen.ShouldBe(1500);
        clock.Epoch.ShouldBe(1);
    }

    [Fact]
    public void A_step_up_is_decided_after_some_messages_that_are_marked_until_then()
    {
        var log = new SimulatedLog(2, 3000, 50, 20, 2e5, "exponential", (1500, 30_000_000));
        var clock = new StreamingClock();
        int seen = -1;
        long last = long.MinValue;
        for (int i = 0; i < log.Device.Length; i++)
        {
            var time = clock.Observe(log.Device[i], log.Receive[i]);
            time.HostNs.ShouldBeGreaterThan(last);
            last = time.HostNs;
            if (time.Epoch == 1 && seen < 0) seen = i;
            if (i >= 1500 && seen < 0) time.IsUncertain.ShouldBeTrue();
        }

        seen.ShouldBeInRange(1503, 1530);
        clock.Epoch.ShouldBe(1);
    }
}
