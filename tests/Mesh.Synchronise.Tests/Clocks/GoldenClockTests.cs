using Mesh.Synchronise.Clocks;
using Mesh.Testing;

namespace Mesh.Synchronise.Tests.Clocks;

public sealed class GoldenClockTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_golden_log_is_within_its_limits_and_its_band()
    {
        string root = TestData.PathOf("");
        var failures = new List<string>();
        foreach (string id in GoldenClock.Names(root))
        {
            var log = GoldenClock.Load(root, id);
            bool withPairs = log.Pairs.Length > 0;
            var watch = System.Diagnostics.Stopwatch.StartNew();
            var model = ClockEstimator.Estimate(log.Device, log.Receive, log.Pairs);
            long ms = watch.ElapsedMilliseconds;
            if (model.Refusal is { } refusal)
            {
                output.WriteLine($"{id} {log.Name}: {refusal.Code} {refusal.Reason}");
                if (log.Expect == "fit") failures.Add($"{id}: {refusal.Reason}");
                continue;
            }

            var (rms, _, coverage, halfWidth) = log.Score(model, withPairs);
            output.WriteLine($"{id} {log.Name} {model.Kind}: rms {rms:0} ns of {log.AcceptRms:0}, drift {model.Segments[0].DriftPpm:0.0000} error {model.Segments[0].DriftPpm - log.Slope:0.00000} ppm, coverage {coverage:0.000}, half width {halfWidth:0}, jumps [{string.Join(' ', model.Jumps.Select(jump => $"{jump.FirstIndex}-{jump.LastIndex} {jump.DeltaNs}±{jump.HalfWidthNs}"))}] of [{string.Join(' ', log.Jumps)}], detectable {model.DetectableJumpNs / 1000} us, {ms} ms; {string.Join("; ", model.Notes)}");
            if (log.Expect != "fit")
            {
                if (coverage < 0.95) failures.Add($"{id}: the band covers {coverage:0.00}");
                continue;
            }

            if (rms > log.AcceptRms) failures.Add($"{id}: rms {rms:0} beyond {log.AcceptRms:0}");
            if (Math.Abs(model.Segments[0].DriftPpm - log.Slope) > log.AcceptSlope) failures.Add($"{id}: drift");
            if (coverage < 0.95) failures.Add($"{id}: the band covers {coverage:0.00}");
            if (model.Jumps.Count != log.Jumps.Length)
            {
                failures.Add($"{id}: {model.Jumps.Count} jumps instead of {log.Jumps.Length}");
                continue;
            }

            for (int j = 0; j < log.Jumps.Length; j++)
            {
                var jump = model.Jumps[j];
                if (log.Jumps[j].Index < jump.FirstIndex || log.Jumps[j].Index > jump.LastIndex) failures.Add($"{id}: jump {log.Jumps[j].Index} is not in {jump.FirstIndex} to {jump.LastIndex}");
                if (jump.LastIndex - jump.FirstIndex > log.AcceptIndex) failures.Add($"{id}: jump somewhere in {jump.FirstIndex} to {jump.LastIndex}");
                if (Math.Abs(jump.DeltaNs - log.Jumps[j].Delta) > Math.Min(log.AcceptDelta!.Value, jump.HalfWidthNs)) failures.Add($"{id}: jump by {jump.DeltaNs} instead of {log.Jumps[j].Delta}");
            }
        }

        failures.ShouldBeEmpty();
    }

    [Fact]
    public void The_streaming_clock_settles_on_the_golden_logs()
    {
        string root = TestData.PathOf("");
        foreach (string id in GoldenClock.Names(root))
        {
            var log = GoldenClock.Load(root, id);
            if (log.Expect != "fit") continue;
            var clock = new StreamingClock();
            var times = new StreamingTime[log.Device.Length];
            var steps = new List<int>();
            for (int i = 0; i < times.Length; i++)
            {
                times[i] = clock.Observe(log.Device[i], log.Receive[i]);
                if (i > 0 && times[i].Epoch != times[i - 1].Epoch) steps.Add(i);
            }

            for (int i = 1; i < times.Length; i++) times[i].HostNs.ShouldBeGreaterThan(times[i - 1].HostNs);
            var errors = new List<double>();
            int covered = 0, certain = 0;
            for (int i = 0; i < log.SampleIndex.Length; i++)
            {
                var time = times[log.SampleIndex[i]];
                if (time.IsUncertain) continue;
                certain++;
                double error = Math.Abs(time.HostNs - log.Device[log.SampleIndex[i]] - (log.SampleOffset[i] + log.DelayMin));
                errors.Add(error);
                if (error <= time.HalfWidthNs) covered++;
            }

            errors.Sort();
            output.WriteLine($"{id} {log.Name}: certain {certain * 100 / log.SampleIndex.Length} %, median {errors[errors.Count / 2]:0} ns, p90 {errors[errors.Count * 9 / 10]:0} ns, max {errors[^1]:0}, covered {covered * 100 / certain} %, half width {times[^1].HalfWidthNs}, steps at {string.Join(' ', steps)} of {string.Join(' ', log.Jumps)}");
        }
    }

    [Theory]
    [InlineData("C16", ClockModelKind.Kalman)]
    [InlineData("C13", ClockModelKind.Hull)]
    [InlineData("C22", ClockModelKind.Pairs)]
    public void The_kind_of_model_suits_the_clock(string id, ClockModelKind kind)
    {
        var log = GoldenClock.Load(TestData.PathOf(""), id);

        ClockEstimator.Estimate(log.Device, log.Receive, log.Pairs).Kind.ShouldBe(kind);
    }
}
