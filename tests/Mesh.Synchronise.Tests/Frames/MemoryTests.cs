using System.Diagnostics;
using Mesh.Columnar;
using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Synchronise.Tests.Frames;

/// <summary>Recordings far larger than the memory allowed, and what a frame may allocate.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests
{
    private const long T = 1_700_000_000_000_000_000;
    private const int BatchRows = 8192;

    private static readonly Schema Schema = new([.. SystemColumns.Fields, new Field("x", DataType.Float64), new Field("heading", DataType.Float64)]);

    public static TheoryData<string> References => ["channel", "rate", "events", "approximateTime", "exactTime", "optimal"];

    [Theory]
    [MemberData(nameof(References))]
    public async Task A_recording_of_any_length_is_synchronised_within_a_few_megabytes(string kind)
    {
        const int Rows = 1_000_000;
        const long Limit = 2 << 20;
        var token = TestContext.Current.CancellationToken;
        using var folder = new TemporaryFolder();
        bool isMember = kind is "approximateTime" or "exactTime" or "optimal";
        var options = new SynchroniseOptions
        {
            Name = "f", ToleranceNs = 1_000_000, MaxMemoryBytes = Limit, SpillFolder = folder.Path,
            Reference = kind switch
            {
                "channel" => new ChannelReference("/slow"),
                "rate" => new RateReference(20_000_000),
                "events" => new ChannelReference("/slow") { When = new EventCondition("x", "0") { OnChange = false } },
                "approximateTime" => new SetReference(SetPolicy.ApproximateTime),
                "exactTime" => new SetReference(SetPolicy.ExactTime),
                _ => new SetReference(SetPolicy.Optimal) { ToleranceNs = 200_000 },
            },
            Inputs = [new SynchroniseInput("/fast", SynchronisePolicy.Linear) { IsMember = isMember }, new SynchroniseInput("/slow", SynchronisePolicy.Nearest) { IsMember = isMember }],
        };
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int at = 0; at < Rows; at += BatchRows) await synchroniser.AddAsync(Make("/fast", at, Math.Min(BatchRows, Rows - at), 1_000_000), token);
        for (int at = 0; at < Rows / 50; at += BatchRows) await synchroniser.AddAsync(Make("/slow", at, Math.Min(BatchRows, Rows / 50 - at), 50_000_000), token);
        long peak = 0, frames = 0;
        await foreach (var rows in synchroniser.CompleteAsync(token))
        {
            frames += rows.Batch.Length;
            peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        frames.ShouldBe(synchroniser.Frames);
        if (kind != "optimal") frames.ShouldBeGreaterThan(Rows / 50 - 100);
        peak.ShouldBeLessThan(32 << 20, $"{Rows:N0} samples are {Rows * 72 >> 20} MiB");
    }

    [Fact]
    public async Task A_frame_allocates_nothing_but_its_columns()
    {
        const int Frames = 40_000;
        var token = TestContext.Current.CancellationToken;
        var options = new SynchroniseOptions
        {
            Name = "f", Reference = new ChannelReference("/slow"),
            Inputs =
            [
                new SynchroniseInput("/fast", SynchronisePolicy.Linear) { Fields = new Dictionary<string, FieldRule> { ["heading"] = new(FieldTreatment.Angle) } },
                new SynchroniseInput("/fast", SynchronisePolicy.Nearest) { Name = "near" }, new SynchroniseInput("/fast", SynchronisePolicy.Previous) { Name = "held" },
            ],
        };
        long least = long.MaxValue, columns = 0;
        var shortest = TimeSpan.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            await using var synchroniser = new Synchroniser(options, "rec", "V1");
            for (int at = 0; at < Frames * 2; at += BatchRows) await synchroniser.AddAsync(Make("/fast", at, BatchRows, 7_000_000), token);
            for (int at = 0; at < Frames; at += BatchRows) await synchroniser.AddAsync(Make("/slow", at, BatchRows, 10_000_000), token);
            long before = GC.GetTotalAllocatedBytes(precise: true);
            var started = Stopwatch.StartNew();
            columns = 0;
            await foreach (var rows in synchroniser.CompleteAsync(token)) columns += rows.Batch.EstimatedBytes;
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before);
            if (started.Elapsed < shortest) shortest = started.Elapsed;
        }

        // Sorted keys of the samples, the arrays that columns grow through, and the columns.
        long keys = 3 * 32L * Frames;
        TestContext.Current.TestOutputHelper?.WriteLine($"{(double)least / Frames:f0} bytes per frame, {(double)columns / Frames:f0} of them in its columns; {Frames / shortest.TotalSeconds:n0} frames of three inputs per second");
        least.ShouldBeLessThan(2 * columns + keys);
    }

    private static ChannelBatch Make(string channel, int from, int count, long periodNs)
    {
        var builder = new StructBuilder(Schema.AsStruct());
        var times = new long[count];
        for (int i = 0; i < count; i++)
        {
            times[i] = T + (from + i) * periodNs;
            Samples.AppendSystem(builder, channel, from + i, times[i]);
            ((FixedWidthBuilder<double>)builder.Children[8]).Append(channel == "/slow" ? 0 : from + i);
            ((FixedWidthBuilder<double>)builder.Children[9]).Append((from + i) % 360);
            builder.EndStruct();
        }

        return new ChannelBatch(channel, "demo/Sample", builder.BuildBatch(), times, "header");
    }
}
