using System.Globalization;
using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests;

/// <summary>Random drives against a matcher that looks at every sample for every frame.</summary>
public sealed class SynchroniserPropertyTests
{
    private static readonly string[] Channels = ["/ref", "/a", "/b"];

    [Fact]
    public async Task Every_policy_agrees_with_brute_force()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var drive = Drive(random);
            foreach (var policy in Enum.GetValues<SynchronisePolicy>())
            {
                var input = new SynchroniseInput("/a", policy) { MaxAgeNs = Limit(random), MaxGapNs = Limit(random) };
                var options = new SynchroniseOptions { Name = "f", Reference = new ChannelReference("/ref"), ToleranceNs = random.Next(0, 60), Inputs = [input] };
                var frames = await RunAsync(options, Batch("/ref", drive["/ref"]), Batch("/a", drive["/a"]));
                var expected = drive["/ref"].OrderBy(sample => sample.TimeNs).ThenBy(sample => sample.Sequence).Select(sample => BruteForce(options, input, drive["/a"], sample.TimeNs)).ToList();
                var actual = frames.SelectMany(batch => Enumerable.Range(0, batch.Length).Select(row =>
                {
                    var reason = Field(batch, "a", "missing_reason");
                    return !reason.IsNull(row)
                        ? reason.GetString(row)
                        : string.Create(CultureInfo.InvariantCulture,
                            $"{Field(batch, "a", "x").Values<double>()[row]:g12} {Field(batch, "a", "match_error_ns").Values<long>()[row]} {Field(batch, "a", "interpolated").GetBoolean(row)}");
                })).ToList();
                actual.ShouldBe(expected, $"seed {seed}, {policy}");
            }
        }
    }

    [Fact]
    public async Task Any_order_of_arrival_any_batching_and_any_memory_give_the_same_frames()
    {
        using var folder = new TemporaryFolder();
        for (int seed = 0; seed < 40; seed++)
        {
            var random = new Random(seed);
            var drive = Drive(random);
            var options = new SynchroniseOptions
            {
                Name = "f", Reference = new ChannelReference("/ref"), ToleranceNs = 30, SpillFolder = folder.Path,
                Inputs =
                [
                    new SynchroniseInput("/a", SynchronisePolicy.Linear), new SynchroniseInput("/a", SynchronisePolicy.Previous) { Name = "held" },
                    new SynchroniseInput("/b", SynchronisePolicy.Nearest),
                ],
            };
            var expected = Text(await RunAsync(options, Channels.Select(channel => Batch(channel, drive[channel]))));
            expected.Count.ShouldBe(drive["/ref"].Count);
            for (int round = 0; round < 4; round++)
            {
                long memory = round % 2 == 0 ? 1L << 30 : random.Next(1, 30_000);
                Text(await RunAsync(options with { MaxMemoryBytes = memory }, Scatter(drive, random))).ShouldBe(expected, $"seed {seed}, {memory} bytes");
            }
        }
    }

    [Fact]
    public async Task Memory_stays_below_its_limit_and_spilled_runs_vanish()
    {
        const long Limit = 200_000;
        using var folder = new TemporaryFolder();
        var options = new SynchroniseOptions
        {
            Name = "f", Reference = new ChannelReference("/ref"), MaxMemoryBytes = Limit, SpillFolder = folder["spill"], Inputs = [new SynchroniseInput("/a", SynchronisePolicy.Linear)],
        };
        await using (var synchroniser = new Synchroniser(options, "rec", "V1"))
        {
            long written = 0;
            for (int i = 0; i < 100; i++)
            {
                var batch = Batch("/a", Enumerable.Range(i * 200, 200).Select(n => new Sample(n * 1000L, n, n)));
                written += batch.Bytes;
                await synchroniser.AddAsync(batch, TestContext.Current.CancellationToken);
                synchroniser.HeldBytes.ShouldBeLessThanOrEqualTo(Limit);
            }

            written.ShouldBeGreaterThan(Limit * 50, "the binary fields alone are far above the limit");
            var frames = await RunAsync(synchroniser, Batch("/ref", new Sample(10_000_500, 0, 0)));
            Field(frames.Single(), "a", "x").Values<double>()[0].ShouldBe(10_000.5);
        }

        Directory.GetFiles(folder["spill"]).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_spill_folder_that_cannot_be_written_is_a_transient_error()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["file"], "", TestContext.Current.CancellationToken);
        var options = new SynchroniseOptions { Name = "f", Reference = new ChannelReference("/ref"), MaxMemoryBytes = 1, SpillFolder = folder["file"] };
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        var exception = await Should.ThrowAsync<Mesh.Model.MeshException>(async () =>
            await synchroniser.AddAsync(Batch("/ref", new Sample(1, 0, 0)), TestContext.Current.CancellationToken));
        (exception.Code, exception.IsTransient).ShouldBe(("MESH3001", true));
    }

    private static long? Limit(Random random) => random.Next(3) == 0 ? random.Next(0, 120) : null;

    /// <summary>Stamps with jitter, drop-outs, repeats and steps backwards; values linear nowhere.</summary>
    private static Dictionary<string, List<Sample>> Drive(Random random)
    {
        Dictionary<string, List<Sample>> drive = [];
        foreach (string channel in Channels)
        {
            long time = 1_700_000_000_000_000_000 + random.Next(100);
            int period = random.Next(5, 60);
            drive[channel] = [];
            int count = random.Next(1, 120);
            for (int i = 0; i < count; i++)
            {
                time += random.Next(12) switch { 0 => period * 5, 1 => 0, 2 => -period, _ => period + random.Next(-3, 4) };
                drive[channel].Add(new Sample(time, i, Math.Round(random.NextDouble() * 1000, 3), $"{channel}{i}"));
            }
        }

        return drive;
    }

    private static List<ChannelBatch> Scatter(Dictionary<string, List<Sample>> drive, Random random)
    {
        List<ChannelBatch> batches = [];
        foreach (var (channel, samples) in drive)
        {
            var shuffled = samples.ToArray();
            if (random.Next(2) == 0) random.Shuffle(shuffled);
            for (int at = 0; at < shuffled.Length;)
            {
                int size = random.Next(1, 40);
                batches.Add(Batch(channel, shuffled.Skip(at).Take(size)));
                at += size;
            }
        }

        var order = batches.ToArray();
        random.Shuffle(order);
        return [.. order, Batch("/unwanted", new Sample(1, 0, 0)), Batch("/a")];
    }

    private static string BruteForce(SynchroniseOptions options, SynchroniseInput input, List<Sample> all, long time)
    {
        var samples = all.GroupBy(sample => sample.TimeNs).Select(group => group.MaxBy(sample => sample.Sequence)!).OrderBy(sample => sample.TimeNs).ToList();
        var periods = samples.Zip(samples.Skip(1), (a, b) => b.TimeNs - a.TimeNs).Order().ToList();
        long limit = periods.Count == 0 ? long.MaxValue : (long)(periods[(periods.Count - 1) / 2] * 2.5);
        var before = samples.LastOrDefault(sample => sample.TimeNs <= time);
        var after = samples.FirstOrDefault(sample => sample.TimeNs > time);
        switch (input.Policy)
        {
            case SynchronisePolicy.Nearest:
                var nearest = samples.OrderBy(sample => Math.Abs(sample.TimeNs - time)).ThenBy(sample => sample.TimeNs).First();
                if (Math.Abs(nearest.TimeNs - time) > options.ToleranceNs) return "outside_tolerance";
                return nearest.TimeNs <= time && time - nearest.TimeNs > (input.MaxAgeNs ?? long.MaxValue) ? "too_old" : Value(nearest.X, Math.Abs(nearest.TimeNs - time), false);
            case SynchronisePolicy.Next:
                if (before?.TimeNs == time) return Value(before.X, 0, false);
                if (after is null) return "no_sample";
                return after.TimeNs - time > (input.MaxAgeNs ?? limit) ? "too_old" : Value(after.X, after.TimeNs - time, false);
            case SynchronisePolicy.Previous:
                if (before is null) return "no_sample";
                return time - before.TimeNs > (input.MaxAgeNs ?? limit) ? "too_old" : Value(before.X, time - before.TimeNs, false);
            default:
                if (before?.TimeNs == time) return Value(before.X, 0, false);
                if (before is null || after is null) return "no_sample";
                if (after.TimeNs - before.TimeNs > (input.MaxGapNs ?? limit)) return "gap";
                if (time - before.TimeNs > (input.MaxAgeNs ?? long.MaxValue)) return "too_old";
                decimal u = (decimal)(time - before.TimeNs) / (after.TimeNs - before.TimeNs);
                return Value((double)((decimal)before.X + u * ((decimal)after.X - (decimal)before.X)), Math.Min(time - before.TimeNs, after.TimeNs - time), true);
        }
    }

    private static string Value(double x, long error, bool interpolated) => string.Create(CultureInfo.InvariantCulture, $"{x:g12} {error} {interpolated}");
}
