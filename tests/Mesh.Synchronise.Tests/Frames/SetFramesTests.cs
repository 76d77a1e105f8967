using Mesh.Columnar;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using Mesh.Synchronise.Matching;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>Frames made by sets of messages.</summary>
public sealed class SetFramesTests
{
    private const long T = 1_700_000_000_000_000_000;
    private const long Ms = 1_000_000;

    public static TheoryData<SetPolicy, FeedOrder> Policies => new(
        from policy in Enum.GetValues<SetPolicy>()
        from order in Enum.GetValues<FeedOrder>()
        select new TheoryDataRow<SetPolicy, FeedOrder>(policy, order));

    [Fact]
    public async Task A_set_is_a_frame_at_its_latest_stamp_with_spread_and_errors()
    {
        var options = Options(new SetReference(SetPolicy.ApproximateEpsilonTime) { ToleranceNs = 5 * Ms }, new SynchroniseInput("/imu", SynchronisePolicy.Linear));
        await using var synchroniser = new Synchroniser(options with { KeepUnmatched = true }, "rec", "V1");
        var (frames, unmatched) = await RunBothAsync(synchroniser,
            Batch("/a", new Sample(T, 0, 1), new Sample(T + 100 * Ms, 1, 2), new Sample(T + 200 * Ms, 2, 3)),
            Batch("/b", new Sample(T + 3 * Ms, 0, 10), new Sample(T + 120 * Ms, 1, 20), new Sample(T + 199 * Ms, 2, 30)),
            Batch("/imu", new Sample(T - 7 * Ms, 0, 0), new Sample(T + 13 * Ms, 1, 20), new Sample(T + 33 * Ms, 2, 40)));
        var batch = frames.Single();
        batch.Schema.Fields.Select(field => field.Name).ShouldBe(["recording_id", "vehicle_id", "channel", "sequence", "log_time", "time_ns", "spread_ns", "a", "b", "imu"]);
        ((StructType)batch.Schema.Fields[7].Type).Fields.Select(field => field.Name)
            .ShouldBe(["sequence", "time_ns", "match_error_ns", "policy", "interpolated", "missing_reason", "x", "label", "nested", "ranges", "policy_"]);
        batch["time_ns"].Values<long>().ToArray().ShouldBe([T + 3 * Ms, T + 200 * Ms]);
        batch["spread_ns"].Values<long>().ToArray().ShouldBe([3 * Ms, Ms]);
        batch["sequence"].Values<long>().ToArray().ShouldBe([0, 1]);
        batch["log_time"].Values<long>().ToArray().ShouldBe([(T + 13 * Ms) / 1000, (T + 200 * Ms) / 1000]);
        batch["channel"].GetString(0).ShouldBe("sets");
        Field(batch, "a", "x").Values<double>().ToArray().ShouldBe([1, 3]);
        Field(batch, "b", "x").Values<double>().ToArray().ShouldBe([10, 30]);
        Field(batch, "a", "match_error_ns").Values<long>().ToArray().ShouldBe([3 * Ms, 0]);
        Field(batch, "a", "policy").GetString(0).ShouldBe("approximateEpsilonTime");
        Field(batch, "imu", "x").Values<double>()[0].ShouldBe(10, "the inputs with a policy are brought to the set's time");
        Field(batch, "imu", "missing_reason").GetString(1).ShouldBe("no_sample");

        var rows = unmatched.Single();
        Enumerable.Range(0, rows.Length).Select(i => (
                rows["channel"].GetString(i), rows["sequence"].Values<long>()[i], rows["reason"].GetString(i), rows["miss_channel"].GetString(i),
                rows["miss_time_ns"].Values<long>()[i] - T, rows["miss_distance_ns"].Values<long>()[i]))
            .ShouldBe(
            [
                ("/imu", 2, "not_needed", "sets", 3 * Ms, 30 * Ms), ("/a", 1, "too_far_apart", "/b", 120 * Ms, 20 * Ms), ("/b", 1, "too_far_apart", "/a", 100 * Ms, 20 * Ms),
            ]);
        synchroniser.Accounts.Select(account => (account.Input, account.Samples, account.UsedSamples, account.Matched)).ShouldBe([("a", 3, 2, 2), ("b", 3, 2, 2), ("imu", 3, 2, 1)]);
        synchroniser.Accounts[0].Unmatched.ShouldBe(new Dictionary<string, long> { ["too_far_apart"] = 1 });
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public async Task Every_policy_makes_the_sets_that_its_matcher_makes_of_the_recording(SetPolicy policy, FeedOrder order)
    {
        for (int seed = 0; seed < 30; seed++)
        {
            var random = new Random(seed);
            var drive = Drive(random, backwards: policy != SetPolicy.Optimal);
            var reference = new SetReference(policy) { QueueSize = random.Next(1, 8), ToleranceNs = random.Next(0, 40), Order = order, MaxIntervalNs = random.Next(2) == 0 ? 50 : null };
            var frames = await RunAsync(Options(reference), drive.Select(pair => Batches(pair.Key, pair.Value)));
            var actual = frames.SelectMany(batch => Enumerable.Range(0, batch.Length).Select(row =>
                (Field(batch, "a", "sequence").Values<long>()[row], Field(batch, "b", "sequence").Values<long>()[row]))).ToList();
            actual.ShouldBe(Expected(reference, drive), $"seed {seed}");
        }
    }

    [Fact]
    public async Task Without_one_member_there_are_no_sets_and_the_others_say_so()
    {
        var options = Options(new SetReference(SetPolicy.ExactTime)) with { KeepUnmatched = true };
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        var (frames, unmatched) = await RunBothAsync(synchroniser, Batch("/a", new Sample(T, 0, 1)));
        frames.ShouldBeEmpty();
        unmatched.Single()["reason"].GetString(0).ShouldBe("partner_absent");
        unmatched.Single()["miss_channel"].GetString(0).ShouldBe("/b");
        synchroniser.Accounts[0].Unmatched.ShouldBe(new Dictionary<string, long> { ["partner_absent"] = 1 });
        synchroniser.Accounts[1].Missing.ShouldBe(new Dictionary<string, long> { ["channel_absent"] = 0 });
    }

    [Fact]
    public async Task Stamps_that_run_backwards_all_the_time_are_refused_in_order_of_arrival_but_not_by_stamp()
    {
        // In order of arrival the stamps of both alternate between the two ends of the recording.
        var a = Enumerable.Range(0, 4000).Select(i => new Sample(i % 2 == 0 ? i : 1_000_000 - i, i, i)).ToList();
        var drive = new Dictionary<string, List<Arriving>> { ["/a"] = [.. a.Select((s, i) => new Arriving(s, i))], ["/b"] = [.. a.Select((s, i) => new Arriving(s, i))] };
        var options = Options(new SetReference(SetPolicy.ExactTime));
        var exception = await Should.ThrowAsync<MeshException>(async () => await RunAsync(options, drive.Select(pair => Batches(pair.Key, pair.Value))));
        (exception.Code, exception.IsTransient).ShouldBe(("MESH3310", false));
        exception.Message.ShouldContain("order: stamp");
        var frames = await RunAsync(options with { Reference = new SetReference(SetPolicy.ExactTime) { Order = FeedOrder.Stamp } }, drive.Select(pair => Batches(pair.Key, pair.Value)));
        frames.Sum(batch => batch.Length).ShouldBe(4000);
    }

    internal sealed record Arriving(Sample Sample, long LogTimeNs);

    internal static ChannelBatch Batches(string channel, IEnumerable<Arriving> messages) =>
        WithLogTimes(Batch(channel, messages.Select(message => message.Sample)), messages.Select(message => message.LogTimeNs));

    internal static ChannelBatch WithLogTimes(ChannelBatch batch, IEnumerable<long> logTimes)
    {
        var builder = new FixedWidthBuilder<long>(DataType.Int64);
        foreach (long time in logTimes) builder.Append(time);
        var columns = batch.Batch.Columns.ToArray();
        columns[batch.Batch.Schema.IndexOf("log_time_ns")] = builder.Build();
        return batch with { Batch = new RecordBatch(batch.Batch.Schema, batch.Batch.Length, columns) };
    }

    internal static Dictionary<string, List<Arriving>> Drive(Random random, bool backwards)
    {
        Dictionary<string, List<Arriving>> drive = [];
        foreach (string channel in new[] { "/a", "/b" })
        {
            long time = T + random.Next(100);
            int period = random.Next(10, 60);
            int delay = random.Next(0, 80);
            drive[channel] = [];
            int count = random.Next(1, 100);
            for (int i = 0; i < count; i++)
            {
                time += random.Next(12) switch { 0 => period * 4, 1 => 0, 2 => backwards ? -period : 1, _ => period + random.Next(-9, 10) };
                drive[channel].Add(new Arriving(new Sample(time, i, i), time + delay + random.Next(20)));
            }
        }

        return drive;
    }

    private static SynchroniseOptions Options(SetReference reference, params SynchroniseInput[] others) => new()
    {
        Name = "sets", Reference = reference, ToleranceNs = 100 * Ms,
        Inputs = [new SynchroniseInput("/a", SynchronisePolicy.Nearest) { IsMember = true }, new SynchroniseInput("/b", SynchronisePolicy.Nearest) { IsMember = true }, .. others],
    };

    private static List<(long, long)> Expected(SetReference reference, Dictionary<string, List<Arriving>> drive)
    {
        var sink = new Sets();
        SetMatcher matcher = reference.Policy switch
        {
            SetPolicy.ApproximateTime => new ApproximateTimeMatcher(2, sink, new ApproximateTimeOptions { QueueSize = reference.QueueSize, MaxIntervalNs = reference.MaxIntervalNs ?? long.MaxValue }),
            SetPolicy.ExactTime => new ExactTimeMatcher(2, sink, reference.QueueSize),
            SetPolicy.ApproximateEpsilonTime => new ApproximateEpsilonTimeMatcher(2, sink, reference.ToleranceNs!.Value, reference.QueueSize),
            SetPolicy.LatestTime => new LatestTimeMatcher(2, sink),
            _ => new OptimalMatcher(2, sink, new OptimalOptions { ToleranceNs = reference.ToleranceNs!.Value }),
        };
        var all = drive["/a"].Select(message => (Channel: 0, Message: message)).Concat(drive["/b"].Select(message => (Channel: 1, Message: message)));
        var ordered = reference.Order == FeedOrder.Stamp || reference.Policy == SetPolicy.Optimal
            ? all.OrderBy(item => item.Message.Sample.TimeNs).ThenBy(item => item.Channel).ThenBy(item => item.Message.Sample.Sequence)
            : all.OrderBy(item => item.Message.LogTimeNs).ThenBy(item => item.Message.Sample.TimeNs).ThenBy(item => item.Channel).ThenBy(item => item.Message.Sample.Sequence);
        foreach (var (channel, message) in ordered) matcher.Add(channel, message.Sample.TimeNs, message.LogTimeNs, message.Sample.Sequence);
        matcher.Complete();
        return sink.Found;
    }

    private sealed class Sets : IMatchSink
    {
        public List<(long, long)> Found { get; } = [];

        public void Matched(ReadOnlySpan<long> messages) => Found.Add((messages[0], messages[1]));

        public void Dropped(int channel, long message, DropReason reason)
        {
        }
    }
}
