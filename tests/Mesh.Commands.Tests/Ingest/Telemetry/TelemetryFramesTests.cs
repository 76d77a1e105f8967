using System.Globalization;
using System.Text;
using Mesh.Columnar;
using Mesh.Commands.Ingest;
using Mesh.Commands.Ingest.Telemetry;
using Mesh.Commands.Ingest.Telemetry.Frames;
using Mesh.Commands.Recordings;
using Mesh.Commands.Telemetry;
using Mesh.Commands.Topologies;
using Mesh.Decode.Telemetry;
using Mesh.Formats;
using Mesh.Kafka;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Simulation;
using Mesh.Streaming.Topologies;
using Mesh.Synchronise;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest.Telemetry;

public class TelemetryFramesTests
{
    private const string Table = "raw.synchronised_f";
    private const int Vehicles = 4;
    private readonly TestDatabase place;

    public TelemetryFramesTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected TelemetryFramesTests(TestDatabase place) => this.place = place;

    // The database's part is one transaction, which two tests exercise on PostgreSQL as well; the others are the same code once more.
    private void OnPostgresInFull()
    {
        if (place != TestDatabase.Sqlite) Require.AtLeast(TestLevel.Full);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_messages_of_a_drive_give_the_frames_that_its_recording_gives()
    {
        OnPostgresInFull();
        using var folder = new TemporaryFolder();
        await SimulatedRecording.WriteAsync(folder["drive.mcap"], new DriveOptions { Duration = TimeSpan.FromSeconds(10), Seed = 5 }, Token);
        SynchroniseOptions group = new()
        {
            Name = "f",
            Reference = new ChannelReference("/lidar/top"),
            ToleranceNs = 60_000_000,
            Inputs =
            [
                new SynchroniseInput("/imu", SynchronisePolicy.Linear) { MaxGapNs = 50_000_000 },
                new SynchroniseInput("/gnss/fix", SynchronisePolicy.Linear) { MaxGapNs = 500_000_000, MaxAgeNs = 300_000_000 },
                new SynchroniseInput("/camera/front", SynchronisePolicy.Nearest),
                new SynchroniseInput("/labels/manoeuvre", SynchronisePolicy.Previous) { MaxAgeNs = 300_000_000 },
            ],
        };
        SynchroniseOptions grid = group with { Name = "grid", Reference = new RateReference(20_000_000) };
        using var recordings = new IngestBench(options: IngestBench.NewOptions() with { Synchronise = [group, grid], SpillFolder = folder["spill"] });
        var upload = await recordings.UploadAsync(await File.ReadAllBytesAsync(folder["drive.mcap"], Token));
        await recordings.CommitAsync((await recordings.Processor.ProcessUploadAsync(upload, IngestBench.At(0), Token)).Events);

        await using var bench = await TelemetryBench.StartAsync(place: place);
        long sent;
        await using (var reader = await RecordingInput.OpenAsync(folder["drive.mcap"], new RecordingReaderOptions(), null, Token))
        {
            sent = (await new TelemetrySender(bench.Producer, TimeProvider.System).SendAsync(reader, "V1", "s", 0, false, Token)).Sent;
        }

        // The end of the stream comes once all of it has been read, however slow the machine is.
        bench.Options = bench.Options with { Frames = [group, grid], Idle = TimeSpan.FromMinutes(10), MaxBytes = 100_000 };
        await using (bench.Run()) await UntilProgressAsync(bench, sent);
        bench.Options = bench.Options with { Idle = TimeSpan.FromMilliseconds(300) };

        foreach (var (name, least) in new[] { ("f", 90), ("grid", 190) })
        {
            var expected = (await recordings.ScanAsync($"raw.synchronised_{name}")).SelectMany(batch => Comparable(batch)).Order().ToList();
            expected.Count.ShouldBeGreaterThan(least);
            await using (bench.Run()) await bench.UntilRowsAsync(expected.Count, $"raw.synchronised_{name}");
            var made = await bench.RowsAsync($"raw.synchronised_{name}", (batch, row) => Comparable(batch, row));
            made.Order().ShouldBe(expected);
        }

        (await AccountsAsync(bench)).Sum(account => account.Late).ShouldBe(0);
    }

    [Fact]
    public async Task Workers_that_come_and_go_in_the_middle_of_windows_make_every_frame_once()
    {
        OnPostgresInFull();
        await using var bench = await StartAsync();
        for (int round = 0; round < 6; round++)
        {
            await SendAsync(bench, round * 40, 40);
            var worker = bench.Run();
            await UntilReadAsync(bench, (round + 1) * 40);
            await worker.DisposeAsync();
        }

        (await FramesAsync(bench)).Count.ShouldBeInRange(Vehicles * 100, Vehicles * 240 - 1, "frames come before the end, and not all");
        await EndAsync(bench, 240);
        await ShouldHoldAsync(bench, 240);
    }

    [Fact]
    public async Task Two_workers_that_share_the_partitions_and_swap_them_make_every_frame_once()
    {
        await using var bench = await StartAsync();
        var first = bench.Run();
        await SendAsync(bench, 0, 60);
        var second = bench.Run();
        await SendAsync(bench, 60, 60);
        await UntilReadAsync(bench, 120);
        await first.DisposeAsync();
        await SendAsync(bench, 120, 60);
        var third = bench.Run();
        await UntilReadAsync(bench, 180);
        await second.DisposeAsync();
        await SendAsync(bench, 180, 20);
        await UntilReadAsync(bench, 200);
        await third.DisposeAsync();
        await EndAsync(bench, 200);
        await ShouldHoldAsync(bench, 200);
    }

    [Fact]
    public async Task A_worker_that_does_not_know_that_it_has_a_successor_makes_no_frame_twice()
    {
        OnPostgresInFull();
        await using var bench = await StartAsync();
        await using (bench.Run())
        {
            await using var zombie = bench.Run(bench.Options with { Group = "mesh.zombie" });
            for (int round = 0; round < 8; round++) await SendAsync(bench, round * 20, 20);
            await UntilReadAsync(bench, 160);
        }

        var frames = await FramesAsync(bench);
        frames.Select(frame => (frame.Vehicle, frame.Reference)).Distinct().Count().ShouldBe(frames.Count);
    }

    [Fact]
    public async Task When_the_commit_is_there_and_the_progress_is_not_nothing_is_made_twice()
    {
        await using var bench = await StartAsync();
        await SendAsync(bench, 0, 100);
        await using (bench.Run()) await UntilReadAsync(bench, 100);
        await bench.Database.WriteAsync(async transaction => { await transaction.ExecuteAsync("DELETE FROM topic_progress"); }, Token);
        await SendAsync(bench, 100, 50);
        await EndAsync(bench, 150);
        await ShouldHoldAsync(bench, 150);
    }

    [Fact]
    public async Task A_late_message_is_in_its_table_counted_and_in_no_frame_also_when_it_is_read_again()
    {
        OnPostgresInFull();
        await using var bench = await StartAsync();
        await SendAsync(bench, 0, 100);
        await SendOneAsync(bench, "v0", "/a", 20, -1);
        await SendOneAsync(bench, "v0", "/a", 21, -1);
        await SendAsync(bench, 100, 20);
        await using (bench.Run()) await UntilReadAsync(bench, 120, more: 2);
        (await AccountsAsync(bench)).ShouldHaveSingleItem().Late.ShouldBe(2);
        await EndAsync(bench, 120, more: 2);
        await ShouldHoldAsync(bench, 120);
        (await AccountsAsync(bench)).ShouldBe([new FrameAccount("f", Vehicles * 120, 2)]);
        (await bench.NumbersAsync("raw.a")).Count(n => n == -1).ShouldBe(2);
    }

    [Fact]
    public async Task A_message_sent_again_changes_no_frame_also_when_its_window_is_made_again()
    {
        OnPostgresInFull();
        await using var bench = await StartAsync();
        for (int n = 0; n < 60; n++)
        {
            await SendOneAsync(bench, "v0", "/a", n, n, (TelemetryHeaders.Producer, "ecu"), (TelemetryHeaders.Sequence, n));
            await SendOneAsync(bench, "v0", "/ref", n, n);
            if (n % 5 == 4) await SendOneAsync(bench, "v0", "/a", n - 1, -1, (TelemetryHeaders.Producer, "ecu"), (TelemetryHeaders.Sequence, n - 1));
            if (n % 20 == 19) await using (bench.Run()) await UntilProgressAsync(bench, 2 * (n + 1) + (n + 1) / 5);
        }

        await using (bench.Run(bench.Options with { Idle = TimeSpan.FromMilliseconds(300) })) await bench.UntilRowsAsync(60, Table);
        (await FramesAsync(bench)).Select(frame => (frame.Reference, frame.Value)).ShouldBe(Enumerable.Range(0, 60).Select(n => ((double)n, (double?)n)), ignoreOrder: true);
    }

    [Fact]
    public async Task When_memory_is_short_windows_end_early_and_no_frame_is_made_twice()
    {
        OnPostgresInFull();
        await using var bench = await StartAsync();
        bench.Options = bench.Options with { MaxFrameBytes = 4000, MaxRows = 51 };
        await SendAsync(bench, 0, 100);
        await EndAsync(bench, 100);
        var frames = await FramesAsync(bench);
        frames.Select(frame => (frame.Vehicle, frame.Reference)).Distinct().Count().ShouldBe(frames.Count);
        frames.Count.ShouldBe(Vehicles * 100, "messages that come in order are not late");
        frames.Count(frame => frame.Value != frame.Reference).ShouldBeGreaterThan(0, "a window that ended early lacks samples that came after it");
    }

    [Theory]
    [InlineData("match: { policy: approximateTime }, inputs: [{ channel: /a }, { channel: /b }]", "sets are made of whole recordings")]
    [InlineData("match: { policy: optimal }, inputs: [{ channel: /a }, { channel: /b }]", "nearest, previous, next or linear")]
    [InlineData("reference: { channel: /r }, inputs: [{ channel: /a, policy: previous }]", "/a of 'f' needs a maxAge")]
    [InlineData("reference: { channel: /r }, inputs: [{ channel: /a, policy: linear }]", "/a of 'f' needs a maxGap")]
    [InlineData("reference: { channel: /r }, clock: { estimate: true }, inputs: [{ channel: /a }]", "clocks are estimated of whole recordings")]
    [InlineData("reference: { channel: /r }, keepUnmatched: true, inputs: [{ channel: /a }]", "for recordings only")]
    public void What_needs_the_whole_recording_is_refused_with_what_works(string group, string complaint) =>
        Errors($"synchronise: [{{ name: f, {group} }}]").ShouldHaveSingleItem().ShouldContain(complaint);

    [Theory]
    [InlineData("telemetry: { idle: 10ms }", "at least 100ms")]
    [InlineData("telemetry: { maxFrameBytes: 1KiB }", "1MiB")]
    public void Settings_out_of_range_are_refused(string section, string complaint) => Errors(section).ShouldHaveSingleItem().ShouldContain(complaint);

    [Fact]
    public void What_is_decided_by_the_messages_near_a_frame_is_taken()
    {
        Errors("""
            telemetry: { lateness: 3s, idle: 1m, maxFrameBytes: 2MiB }
            synchronise:
              - { name: f, reference: { channel: /r }, inputs: [{ channel: /a, policy: previous, maxAge: 1s }, { channel: /b, policy: linear, maxGap: 1s }, { channel: /c }] }
              - { name: g, reference: { rate: 10Hz }, inputs: [{ channel: /a, policy: next, maxAge: 1s }] }
              - { name: h, reference: { events: /e, when: { field: on, equals: 1 } }, inputs: [{ channel: /a }] }
            products: [{ name: live.frames, from: { synchronise: f } }]
            """).ShouldBeEmpty();
    }

    private static IEnumerable<string> Errors(string sections)
    {
        var topology = Topology.Parse($"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: live, owner: fleet }}\nsource: {{ topic: fleet.telemetry.v1 }}\n{sections}\n", "live.yaml");
        TopologyPlan.Read(topology);
        return topology.Errors.All.Select(error => error.ToString());
    }

    private async Task<TelemetryBench> StartAsync()
    {
        var bench = await TelemetryBench.StartAsync(place: place);
        bench.Options = bench.Options with
        {
            Frames = [new SynchroniseOptions
            {
                Name = "f", Reference = new ChannelReference("/ref"), Inputs = [new SynchroniseInput("/a", SynchronisePolicy.Previous) { MaxAgeNs = 100_000_000 }],
            }],
            Lateness = TimeSpan.FromMilliseconds(200), Idle = TimeSpan.FromMinutes(10),
        };
        return bench;
    }

    // A frame n every 10 ms, and 3 ms before it the sample n that belongs to it.
    private static async Task SendAsync(TelemetryBench bench, int from, int count)
    {
        for (int n = from; n < from + count; n++)
        {
            for (int v = 0; v < Vehicles; v++)
            {
                await SendOneAsync(bench, $"v{v}", "/ref", n, n);
                await SendOneAsync(bench, $"v{v}", "/a", n, n);
            }
        }
    }

    private static Task SendOneAsync(TelemetryBench bench, string vehicle, string channel, int n, int value, params (string, object)[] more) => bench.SendJsonAsync(
        vehicle, $$"""{"n": {{value}}}""", channel, [(TelemetryHeaders.LogTime, TelemetryBench.StartNs + n * 10_000_000L - (channel == "/a" ? 3_000_000 : 0)), .. more]);

    private static async Task UntilReadAsync(TelemetryBench bench, int count, int more = 0)
    {
        await bench.UntilRowsAsync(Vehicles * count, "raw.ref");
        await bench.UntilRowsAsync(Vehicles * count + more, "raw.a");
        await UntilProgressAsync(bench, 2 * Vehicles * count + more);
    }

    private static Task UntilProgressAsync(TelemetryBench bench, long messages) => TelemetryBench.UntilAsync(
        async () => (await bench.Database.ReadAsync(session => session.QueryAsync<long>("SELECT next_offset FROM topic_progress WHERE reader = 'mesh.live'"), Token)).Sum() == messages,
        "the progress of all messages");

    private static async Task EndAsync(TelemetryBench bench, int count, int more = 0)
    {
        await using (bench.Run()) await UntilReadAsync(bench, count, more);
        await using var worker = bench.Run(bench.Options with { Idle = TimeSpan.FromMilliseconds(300) });
        await bench.UntilRowsAsync(Vehicles * count, Table);
    }

    private static Task<List<(string Vehicle, double Reference, double? Value)>> FramesAsync(TelemetryBench bench) => bench.RowsAsync(Table, (batch, row) =>
    {
        var value = Child(batch, "a", "n");
        return (batch["vehicle_id"].GetString(row), Child(batch, "reference", "n")!.Values<double>()[row], value is null || value.IsNull(row) ? (double?)null : value.Values<double>()[row]);
    });

    private static async Task ShouldHoldAsync(TelemetryBench bench, int count)
    {
        var frames = await FramesAsync(bench);
        frames.Order().ShouldBe(Enumerable.Range(0, Vehicles).SelectMany(v => Enumerable.Range(0, count).Select(n => ($"v{v}", (double)n, (double?)n))));
    }

    private static ValueTask<IReadOnlyList<FrameAccount>> AccountsAsync(TelemetryBench bench) => new FrameProgress(bench.Database).AccountsAsync("mesh.live", Token);

    private static ColumnVector? Child(RecordBatch batch, string column, string field)
    {
        int index = ((StructType)batch.Schema.Fields[batch.Schema.IndexOf(column)].Type).Fields.ToList().FindIndex(candidate => candidate.Name == field);
        return index < 0 ? null : batch[column].Children[index];
    }

    private static IEnumerable<string> Comparable(RecordBatch batch) => Enumerable.Range(0, batch.Length).Select(row => Comparable(batch, row));

    // Without what says where a sample lies, in the file or in the log, and how far the neighbours that were not taken are.
    private static string Comparable(RecordBatch batch, int row)
    {
        var text = new StringBuilder();
        foreach (string name in batch.Schema.Fields.Select(field => field.Name).Where(name => name is not ("recording_id" or "sequence" or "log_time")).Order(StringComparer.Ordinal))
        {
            Append(text.Append(name).Append('='), batch[name], row);
        }

        return text.ToString().Replace("missing_reason:no_sample", "missing_reason:too_old").Replace("missing_reason:gap", "missing_reason:too_old");
    }

    private static void Append(StringBuilder text, ColumnVector vector, int row)
    {
        if (vector.IsNull(row))
        {
            text.Append("null ");
            return;
        }

        switch (vector.Type)
        {
            case StructType type:
                foreach (var (field, child) in type.Fields.Zip(vector.Children).OrderBy(pair => pair.First.Name, StringComparer.Ordinal))
                {
                    if (field.Name is "sequence" or "before_age_ns" or "after_age_ns") continue;
                    Append(text.Append(field.Name).Append(':'), child, row);
                }

                break;
            case ListType:
                text.Append(vector.Offsets[row + 1] - vector.Offsets[row]).Append(' ');
                break;
            default:
                string value = vector.Type.Kind switch
                {
                    TypeKind.Utf8 => vector.GetString(row),
                    TypeKind.Boolean => vector.GetBoolean(row).ToString(),
                    TypeKind.Float64 => vector.Values<double>()[row].ToString("R", CultureInfo.InvariantCulture),
                    TypeKind.Float32 => vector.Values<float>()[row].ToString("R", CultureInfo.InvariantCulture),
                    TypeKind.Int32 => vector.Values<int>()[row].ToString(CultureInfo.InvariantCulture),
                    _ => vector.Values<long>()[row].ToString(CultureInfo.InvariantCulture),
                };
                text.Append(value).Append(' ');
                break;
        }
    }
}

public sealed class TelemetryFramesOnPostgres() : TelemetryFramesTests(TestDatabase.Postgres());
