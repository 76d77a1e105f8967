using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Recordings;

public class RecordingListTests : IDisposable
{
    private const int Count = 14;
    private readonly LakeFixture lake;
    private readonly RecordingStore store;
    private readonly TopologyStore topologies;
    private readonly Random random = new(20261130);

    public RecordingListTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RecordingListTests(TestDatabase place)
    {
        lake = new LakeFixture(null, place);
        store = new RecordingStore(lake.Database, lake.Time);
        topologies = new TopologyStore(lake.Database);
    }

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_list_says_of_every_recording_what_its_runs_say_whatever_happened_to_them()
    {
        await AddAllAsync();
        var seen = new HashSet<RecordingState>();
        for (int step = 0; step < 120; step++)
        {
            await ChangeSomethingAsync();
            if (step % 8 != 7) continue;
            var entries = await EntriesAsync();
            seen.UnionWith(entries.Select(entry => entry.State));
            var listed = (await store.ListAsync(new RecordingQuery { PageSize = 200 }, None)).Items;
            listed.Select(Figures).ShouldBe(entries.OrderByDescending(entry => entry.AcceptedAt).ThenByDescending(entry => entry.IngestId.ToString(), StringComparer.Ordinal).Select(Figures));
            (await store.CountAsync(None)).ShouldBe(entries.GroupBy(entry => entry.State).ToDictionary(group => group.Key, group => group.LongCount()), ignoreOrder: true);
            foreach (var state in Enum.GetValues<RecordingState>())
            {
                var (items, total) = await store.ListAsync(new RecordingQuery { State = state, PageSize = 3 }, None);
                total.ShouldBe(entries.LongCount(entry => entry.State == state));
                items.Count.ShouldBe((int)Math.Min(3, total));
                items.ShouldAllBe(item => item.State == state);
            }
        }

        seen.Count.ShouldBe(4, "the walk has to come by every state");
    }

    [Fact]
    public async Task Every_order_is_that_of_the_values_and_pages_join_without_gap_or_overlap()
    {
        await AddAllAsync();
        for (int step = 0; step < 40; step++) await ChangeSomethingAsync();
        foreach (var sort in Enum.GetValues<RecordingSort>())
        {
            foreach (bool descending in new[] { true, false })
            {
                var joined = new List<RecordingListEntry>();
                for (int page = 1; ; page++)
                {
                    var (items, total) = await store.ListAsync(new RecordingQuery { Sort = sort, Descending = descending, Page = page, PageSize = 4 }, None);
                    total.ShouldBe(Count);
                    joined.AddRange(items);
                    if (items.Count == 0) break;
                }

                joined.Select(item => item.IngestId).Distinct().Count().ShouldBe(Count);
                IComparable[] values = [.. joined.Select(item => Key(item, sort))];
                values.ShouldBe(descending ? values.OrderDescending() : values.Order());
            }
        }
    }

    [Fact]
    public async Task Text_is_sought_in_names_whatever_its_capitals_and_taken_literally_and_ids_by_their_beginning()
    {
        await AddAsync("one", "VH-042", "Morning_Run", "drive%1.mcap", 10);
        await AddAsync("two", "VH-043", "evening", "DRIVE_2.mcap", 20);

        (await Found("drive")).ShouldBe(["DRIVE_2.mcap", "drive%1.mcap"], ignoreOrder: true);
        (await Found("drive%1")).ShouldBe(["drive%1.mcap"]);
        (await Found("drive_2")).ShouldBe(["DRIVE_2.mcap"]);
        (await Found("vh-042")).ShouldBe(["drive%1.mcap"]);
        (await Found("EVEN")).ShouldBe(["DRIVE_2.mcap"]);
        (await Found("' OR 1=1 --")).ShouldBeEmpty();
        string id = LakeFixture.Ingest("two").ToString();
        (await Found(id[..8])).ShouldBe(["DRIVE_2.mcap"]);
        (await store.FindByPrefixAsync(id[..6], 2, None)).ShouldBe([LakeFixture.Ingest("two")]);
        (await store.FindByPrefixAsync("xyz", 2, None)).ShouldBeEmpty();
        (await store.FindByPrefixAsync("", 2, None)).ShouldBeEmpty();

        async Task<IEnumerable<string>> Found(string text) => (await store.ListAsync(new RecordingQuery { Text = text }, None)).Items.Select(item => item.FileName);
    }

    [Fact]
    public async Task Vehicles_are_the_sums_of_their_recordings()
    {
        await AddAllAsync();
        for (int step = 0; step < 30; step++) await ChangeSomethingAsync();
        var entries = await EntriesAsync();

        var (vehicles, total) = await store.ListVehiclesAsync(new VehicleQuery { Sort = VehicleSort.Bytes }, None);

        total.ShouldBe(3);
        vehicles.ShouldBe(entries.GroupBy(entry => entry.VehicleId).Select(group => new VehicleSummary(
            group.Key, group.LongCount(), group.Sum(entry => entry.SizeBytes), group.Min(entry => entry.AcceptedAt), group.Max(entry => entry.AcceptedAt),
            group.Sum(entry => (long)entry.LossCount), group.Sum(entry => entry.DeadLetters))).OrderByDescending(vehicle => vehicle.Bytes));
        (await store.ListVehiclesAsync(new VehicleQuery { Text = "h-2" }, None)).Items.ShouldHaveSingleItem().VehicleId.ShouldBe("VH-2");
    }

    [Fact]
    public async Task A_page_beyond_the_last_is_empty_and_knows_how_many_there_are()
    {
        await AddAllAsync();
        var (items, total) = await store.ListAsync(new RecordingQuery { Page = 1_000_000, PageSize = 200 }, None);
        items.ShouldBeEmpty();
        total.ShouldBe(Count);
    }

    private async Task AddAllAsync()
    {
        for (int i = 0; i < Count; i++) await AddAsync($"r{i}", $"VH-{i % 3}", $"s{i % 2}", $"f{i}.mcap", 100 + (i * 37 % 11));
    }

    private async Task AddAsync(string name, string vehicle, string session, string file, long size)
    {
        lake.Time.Advance(TimeSpan.FromMinutes(1));
        await store.TryAddAsync(
            new RecordingEntry
            {
                IngestId = LakeFixture.Ingest(name), VehicleId = vehicle, Session = session, FileName = file, Uri = "file:///landing/" + name,
                SizeBytes = size, ContentSha256 = new string('a', 64), AcceptedAt = lake.Time.GetUtcNow(),
            },
            _ => Task.CompletedTask, None);
    }

    private async Task ChangeSomethingAsync()
    {
        lake.Time.Advance(TimeSpan.FromSeconds(7));
        var run = new RecordingRun(LakeFixture.Ingest($"r{random.Next(Count)}"), random.Next(2) == 0 ? "fleet" : "can", new[] { "1", "2", "10" }[random.Next(3)]);
        switch (random.Next(8))
        {
            case 0:
                await store.MarkDeadLetteredAsync(run, $"reason {random.Next(100)}", None);
                break;
            case 1:
                await lake.Database.WriteAsync(transaction => store.ReviveAsync(transaction, run), None);
                break;
            case 2:
                await lake.Database.WriteAsync(transaction => store.TryMarkCommittedAsync(transaction, run), None);
                break;
            case 3 when random.Next(3) == 0:
                await topologies.ActivateAsync(
                    new StoredTopology
                    {
                        Name = run.Topology, Version = int.Parse(run.TopologyVersion), Yaml = "yaml", Digest = "digest", FileName = "f.yaml",
                        AppliedAt = lake.Time.GetUtcNow() - TimeSpan.FromMinutes(random.Next(Count)), FromEarliest = random.Next(3) == 0, IsAwaited = random.Next(4) > 0,
                    },
                    None);
                break;
            case 4:
                await topologies.RetireAsync(run.Topology, int.Parse(run.TopologyVersion), None);
                break;
            default:
                var losses = Enumerable.Range(0, random.Next(4)).Select(i => new DataLoss("MESH10001", i, 6, "a record", "zeros"));
                var account = new RecordingAccountEntry(
                    10, 7, 2, 1, random.Next(5), [.. losses], [new RecordingChannelEntry("/imu", "Imu", "raw.imu", 10, 7, 2, "header")],
                    random.Next(3) == 0 ? ["raw.missing"] : [], run.Topology, run.TopologyVersion);
                await lake.Database.WriteAsync(transaction => store.SetAccountAsync(transaction, run.IngestId, account), None);
                if (random.Next(3) == 0 && (await store.ListRunsAsync(run.IngestId, None)).Any(entry => entry.Topology == run.Topology && entry.TopologyVersion == run.TopologyVersion && entry is { State: RecordingState.Committed, DeadLetters: 2 }))
                {
                    await lake.Database.WriteAsync(transaction => store.MoveToRowsAsync(transaction, run, "/imu", "Imu", "raw.imu", "header", 1), None);
                }

                break;
        }
    }

    private async Task<List<RecordingEntry>> EntriesAsync()
    {
        var entries = new List<RecordingEntry>();
        for (int i = 0; i < Count; i++) entries.Add((await store.FindAsync(LakeFixture.Ingest($"r{i}"), None))!);
        return entries;
    }

    private static IComparable Key(RecordingListEntry item, RecordingSort sort) => sort switch
    {
        RecordingSort.Size => item.SizeBytes,
        RecordingSort.Vehicle => item.VehicleId,
        RecordingSort.State => item.State,
        RecordingSort.Losses => item.LossCount,
        _ => item.AcceptedAt,
    };

    private static object Figures(RecordingListEntry item) =>
        (item.IngestId, item.State, item.Reason, item.CommittedAt, item.LossCount, item.MessagesIn, (item.RowsOut, item.DeadLetters, item.NotSelected, item.FramesOut));

    private static object Figures(RecordingEntry entry) =>
        (entry.IngestId.ToString(), entry.State, entry.Reason, entry.CommittedAt, entry.LossCount, entry.MessagesIn, (entry.RowsOut, entry.DeadLetters, entry.NotSelected, entry.FramesOut));
}
