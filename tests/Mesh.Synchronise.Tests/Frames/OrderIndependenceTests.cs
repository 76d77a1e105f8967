using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Frames.SetFramesTests;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>Whatever makes the frames: how messages arrive, are cut into batches and fit into memory changes not a bit of them.</summary>
public sealed class OrderIndependenceTests
{
    public static TheoryData<string> References => [.. Kinds.Keys];

    private static readonly Dictionary<string, FrameReference> Kinds = new()
    {
        ["channel"] = new ChannelReference("/a") { LatencyNs = 3 },
        ["rate"] = new RateReference(50_000_000_000),
        ["events"] = new ChannelReference("/a") { When = new EventCondition("label", "on") },
        ["approximateTime"] = new SetReference(SetPolicy.ApproximateTime) { QueueSize = 5 },
        ["approximateTime by stamp"] = new SetReference(SetPolicy.ApproximateTime) { QueueSize = 5, Order = FeedOrder.Stamp },
        ["exactTime"] = new SetReference(SetPolicy.ExactTime),
        ["approximateEpsilonTime"] = new SetReference(SetPolicy.ApproximateEpsilonTime) { ToleranceNs = 20 },
        ["latestTime"] = new SetReference(SetPolicy.LatestTime),
        ["optimal"] = new SetReference(SetPolicy.Optimal) { ToleranceNs = 20 },
    };

    [Theory]
    [MemberData(nameof(References))]
    public async Task Any_interleaving_any_batching_and_any_memory_give_the_same_rows(string kind)
    {
        using var folder = new TemporaryFolder();
        for (int seed = 0; seed < 15; seed++)
        {
            var random = new Random(seed);
            var drive = Drive(random, backwards: true);
            drive["/c"] = Drive(random, backwards: true)["/b"];
            foreach (var messages in drive.Values)
            {
                for (int i = 0; i < messages.Count; i++) messages[i] = messages[i] with { Sample = messages[i].Sample with { Label = random.Next(2) == 0 ? "on" : "off" } };
            }

            var options = Options(Kinds[kind]) with { SpillFolder = folder.Path };
            var expected = await RowsAsync(options, drive.Select(pair => Batches(pair.Key, pair.Value)));
            if (seed == 0) expected.Count.ShouldBeGreaterThan(10);
            for (int round = 0; round < 3; round++)
            {
                long memory = round == 0 ? 1L << 30 : random.Next(1, 20_000);
                (await RowsAsync(options with { MaxMemoryBytes = memory }, Scatter(drive, random))).ShouldBe(expected, $"seed {seed}, {memory} bytes");
            }
        }

        Directory.GetFiles(folder.Path).ShouldBeEmpty();
    }

    private static SynchroniseOptions Options(FrameReference reference)
    {
        bool isMember = reference is SetReference;
        return new SynchroniseOptions
        {
            Name = "f", Reference = reference, ToleranceNs = 30, KeepUnmatched = true,
            Inputs =
            [
                new SynchroniseInput("/a", SynchronisePolicy.Nearest) { IsMember = isMember }, new SynchroniseInput("/b", SynchronisePolicy.Next) { IsMember = isMember, LatencyNs = -2 },
                new SynchroniseInput("/c", SynchronisePolicy.Linear) { Fields = new Dictionary<string, FieldRule> { ["x"] = new(FieldTreatment.Angle) { Period = 50 } } },
                new SynchroniseInput("/c", SynchronisePolicy.Previous) { Name = "held" },
            ],
        };
    }

    private static async Task<List<string>> RowsAsync(SynchroniseOptions options, IEnumerable<ChannelBatch> batches)
    {
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        var (frames, unmatched) = await RunBothAsync(synchroniser, batches);
        frames.Sum(batch => batch.Length).ShouldBe((int)synchroniser.Frames);
        unmatched.Sum(batch => batch.Length).ShouldBe((int)synchroniser.UnmatchedRows);
        foreach (var account in synchroniser.Accounts)
        {
            (account.UsedSamples + account.Unmatched.Values.Sum()).ShouldBe(account.Samples, $"{account.Input}: every sample is in a frame or has a reason");
            (account.Matched + account.Missing.Values.Sum()).ShouldBe(synchroniser.Frames, $"{account.Input}: every frame has a value or a reason");
        }

        return [.. Text(frames), .. Text(unmatched), .. synchroniser.Accounts.Select(Describe)];
    }

    private static string Describe(SynchroniseAccount account) =>
        $"{account.Input} {account.Samples} {account.UsedSamples} {account.Matched} {account.Interpolated} {account.Ambiguous} {account.MaxMatchErrorNs} {account.MeanMatchErrorNs} "
        + string.Join(' ', account.Missing.Concat(account.Unmatched));

    private static List<ChannelBatch> Scatter(Dictionary<string, List<Arriving>> drive, Random random)
    {
        List<ChannelBatch> batches = [];
        foreach (var (channel, messages) in drive)
        {
            var shuffled = messages.ToArray();
            if (random.Next(2) == 0) random.Shuffle(shuffled);
            for (int at = 0; at < shuffled.Length;)
            {
                int size = random.Next(1, 40);
                batches.Add(Batches(channel, shuffled.Skip(at).Take(size)));
                at += size;
            }
        }

        var order = batches.ToArray();
        random.Shuffle(order);
        return [.. order];
    }
}
