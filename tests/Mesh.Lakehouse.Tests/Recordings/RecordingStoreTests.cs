using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Recordings;

public class RecordingStoreTests : IDisposable
{
    private static readonly TableIdentifier Gnss = new("raw", "gnss");
    private readonly LakeFixture lake;
    private readonly RecordingStore store;

    public RecordingStoreTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected RecordingStoreTests(TestDatabase place)
    {
        lake = new LakeFixture(null, place);
        store = new RecordingStore(lake.Database, lake.Time);
    }

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose() => lake.Dispose();

    [Fact]
    public async Task A_recording_is_added_once_with_its_event_and_counted_as_duplicate_afterwards()
    {
        int events = 0;
        (await store.TryAddAsync(Entry("a"), _ => Task.FromResult(events++), None)).ShouldBeTrue();
        (await store.TryAddAsync(Entry("a"), _ => Task.FromResult(events++), None)).ShouldBeFalse();

        events.ShouldBe(1);
        var found = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        found.ShouldBe(Entry("a") with { Duplicates = 1, Losses = found.Losses, Channels = found.Channels, Tables = found.Tables });
        (await store.FindAsync(LakeFixture.Ingest("unknown"), None)).ShouldBeNull();
    }

    [Fact]
    public async Task A_recording_whose_event_cannot_be_added_is_not_added()
    {
        await Should.ThrowAsync<InvalidOperationException>(async () =>
            await store.TryAddAsync(Entry("a"), _ => throw new InvalidOperationException(), None));
        (await store.FindAsync(LakeFixture.Ingest("a"), None)).ShouldBeNull();
    }

    [Fact]
    public async Task It_is_committed_by_the_commit_of_its_last_table_and_not_before()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await lake.CreateImuAsync();
        await lake.Catalogue.EnsureAsync(Gnss, LakeFixture.Definition(LakeFixture.ImuSchema), SchemaChangePolicy.Evolve, None);
        var id = LakeFixture.Ingest("a");

        await Commit(LakeFixture.Imu, "a", "v1");
        (await store.FindAsync(id, None))!.State.ShouldBe(RecordingState.Written);
        (await store.IsFinishedAsync(id, None)).ShouldBeFalse();

        lake.Time.Advance(TimeSpan.FromMinutes(1));
        await Commit(Gnss, "a", "v1");
        var committed = (await store.FindAsync(id, None))!;
        committed.State.ShouldBe(RecordingState.Committed);
        committed.CommittedAt.ShouldBe(lake.Time.GetUtcNow());
        (committed.MessagesIn, committed.RowsOut, committed.DeadLetters, committed.NotSelected, committed.FramesOut).ShouldBe((10, 7, 2, 1, 3));
        committed.Losses.ShouldBe(Account().Losses);
        committed.Channels.ShouldBe(Account().Channels);
        committed.Tables.ShouldBe(["raw.gnss", "raw.imu"]);
        (await store.IsFinishedAsync(id, None)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_ledger_row_of_another_topology_version_does_not_count()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await lake.CreateImuAsync();
        await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set("a") with { TopologyVersion = "v0" }), None);
        await SetAccount("a", Account() with { Tables = ["raw.imu"] });
        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.Written);
    }

    [Fact]
    public async Task An_account_without_tables_is_committed_at_once_and_the_first_account_stays()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await SetAccount("a", Account() with { Tables = [] });
        await SetAccount("a", Account() with { Tables = [], MessagesIn = 99 });
        var found = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        found.State.ShouldBe(RecordingState.Committed);
        found.MessagesIn.ShouldBe(10);
        found.Losses.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_account_of_an_unknown_recording_changes_nothing()
    {
        await SetAccount("stranger", Account());
        (await store.ListAsync(10, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task An_unreadable_recording_is_finished_and_a_replay_after_a_fix_takes_over()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await store.MarkDeadLetteredAsync(LakeFixture.Ingest("a"), "not an MCAP", None);
        await store.MarkDeadLetteredAsync(LakeFixture.Ingest("a"), "not an MCAP", None);
        var dead = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (dead.State, dead.Reason).ShouldBe((RecordingState.DeadLettered, "not an MCAP"));
        (await store.IsFinishedAsync(LakeFixture.Ingest("a"), None)).ShouldBeTrue();

        await SetAccount("a", Account() with { Tables = [] });
        var replayed = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (replayed.State, replayed.Reason).ShouldBe((RecordingState.Committed, null));

        await store.MarkDeadLetteredAsync(LakeFixture.Ingest("a"), "late", None);
        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.Committed);
    }

    [Fact]
    public async Task A_recording_that_one_table_refused_for_good_is_finished_whatever_its_other_tables_do()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await SetAccount("a", Account() with { Tables = ["raw.imu", "raw.refused"] });
        (await store.IsFinishedAsync(LakeFixture.Ingest("a"), None)).ShouldBeFalse();

        await store.MarkDeadLetteredAsync(LakeFixture.Ingest("a"), "MESH8106: a file is gone", None);
        await SetAccount("a", Account() with { Tables = ["raw.imu", "raw.refused"] });

        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.DeadLettered);
        (await store.IsFinishedAsync(LakeFixture.Ingest("a"), None)).ShouldBeTrue();
    }

    [Fact]
    public async Task Lists_are_newest_first_and_only_finished_old_recordings_expire_once()
    {
        foreach (string name in new[] { "a", "b", "c" })
        {
            await store.TryAddAsync(Entry(name) with { AcceptedAt = lake.Time.GetUtcNow() }, _ => Task.CompletedTask, None);
            lake.Time.Advance(TimeSpan.FromHours(1));
        }

        await SetAccount("a", Account() with { Tables = [] });
        await SetAccount("c", Account() with { Tables = [] });
        (await store.ListAsync(2, None)).Select(entry => entry.FileName).ShouldBe(["c.mcap", "b.mcap"]);

        var expired = await store.ListExpiredAsync(lake.Time.GetUtcNow() - TimeSpan.FromMinutes(90), None);
        expired.Select(entry => entry.FileName).ShouldBe(["a.mcap"]);
        await store.MarkLandingDeletedAsync(expired[0].IngestId, None);
        (await store.ListExpiredAsync(lake.Time.GetUtcNow(), None)).Select(entry => entry.FileName).ShouldBe(["c.mcap"]);
        (await store.FindAsync(expired[0].IngestId, None))!.LandingDeletedAt.ShouldBe(lake.Time.GetUtcNow());
    }

    private async Task Commit(TableIdentifier table, string upload, string version) => await lake.Catalogue.AppendAsync(table, new AppendRequest
    {
        Sets = [LakeFixture.Set(upload, await lake.FakeFileAsync(table)) with { TopologyVersion = version }],
        OnCommitting = (transaction, _, accepted) => store.SetAccountAsync(transaction, accepted[0].IngestId, Account()),
    }, None);

    private Task SetAccount(string upload, RecordingAccountEntry account) => lake.Database.WriteAsync(
        transaction => store.SetAccountAsync(transaction, LakeFixture.Ingest(upload), account), None).AsTask();

    private static RecordingAccountEntry Account() => new(
        10, 7, 2, 1, 3,
        [new DataLoss("MESH10001", 5, 6, "a record", "zeros")],
        [new RecordingChannelEntry("/imu", "sensor_msgs/Imu", "raw.imu", 8, 7, 1, "header"), new RecordingChannelEntry("/x", "y", "", 2, 0, 1, "log")],
        ["raw.imu", "raw.gnss"], "fleet", "v1");

    private static RecordingEntry Entry(string name) => new()
    {
        IngestId = LakeFixture.Ingest(name), VehicleId = "V1", Session = "s", FileName = name + ".mcap", Uri = "file:///landing/" + name,
        SizeBytes = 123, ContentSha256 = new string('a', 64), AcceptedAt = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero),
    };
}
