using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Recordings;
using Mesh.Lakehouse.Topologies;
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
        found.ShouldBe(Entry("a") with { Duplicates = 1, Runs = found.Runs, Awaited = found.Awaited });
        found.Runs.ShouldBeEmpty();
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
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeFalse();

        lake.Time.Advance(TimeSpan.FromMinutes(1));
        await Commit(Gnss, "a", "v1");
        var committed = (await store.FindAsync(id, None))!;
        committed.State.ShouldBe(RecordingState.Committed);
        committed.CommittedAt.ShouldBe(lake.Time.GetUtcNow());
        (committed.MessagesIn, committed.RowsOut, committed.DeadLetters, committed.NotSelected, committed.FramesOut).ShouldBe((10, 7, 2, 1, 3));
        committed.Losses.ShouldBe(Account().Losses);
        committed.Channels.ShouldBe(Account().Channels);
        committed.Tables.ShouldBe(["raw.gnss", "raw.imu"]);
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeTrue();
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
        await store.MarkDeadLetteredAsync(Run("a"), "not an MCAP", None);
        await store.MarkDeadLetteredAsync(Run("a"), "not an MCAP", None);
        var dead = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (dead.State, dead.Reason).ShouldBe((RecordingState.DeadLettered, "not an MCAP"));
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeTrue();

        await SetAccount("a", Account() with { Tables = [] });
        var replayed = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (replayed.State, replayed.Reason).ShouldBe((RecordingState.Committed, null));

        await store.MarkDeadLetteredAsync(Run("a"), "late", None);
        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.Committed);
    }

    [Fact]
    public async Task A_recording_that_one_table_refused_for_good_is_finished_whatever_its_other_tables_do()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await SetAccount("a", Account() with { Tables = ["raw.imu", "raw.refused"] });
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeFalse();

        await store.MarkDeadLetteredAsync(Run("a"), "MESH8106: a file is gone", None);
        await SetAccount("a", Account() with { Tables = ["raw.imu", "raw.refused"] });

        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.DeadLettered);
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeTrue();
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

    [Fact]
    public async Task Each_topology_version_has_a_run_of_its_own()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await SetAccount("a", Account() with { Tables = [], Digest = "d1" });
        (await store.IsFinishedAsync(Run("a"), None)).ShouldBeTrue();
        (await store.IsFinishedAsync(Run("a", "v2"), None)).ShouldBeFalse();
        (await store.IsFinishedAsync(Run("a") with { Topology = "other" }, None)).ShouldBeFalse();

        await SetAccount("a", Account() with { Tables = ["raw.imu"], TopologyVersion = "v2" });
        var found = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        found.Runs.Select(run => (run.Name, run.State, run.Digest)).ShouldBe([("fleet@v1", RecordingState.Committed, "d1"), ("fleet@v2", RecordingState.Written, "")]);
        (found.MessagesIn, found.RowsOut, found.LossCount, found.Losses.Count).ShouldBe((20, 14, 1, 1));
        (await store.ListRunsAsync(LakeFixture.Ingest("a"), None)).Select(run => run.Tables.Count).ShouldBe([0, 1]);
        (await store.ListAsync(10, None)).ShouldHaveSingleItem().Runs.Select(run => run.LossCount).ShouldBe([1, 1]);
    }

    [Fact]
    public async Task A_newer_version_supersedes_what_an_older_one_could_not_read()
    {
        await store.TryAddAsync(Entry("a"), _ => Task.CompletedTask, None);
        await store.MarkDeadLetteredAsync(Run("a", "9"), "cannot decode", None);
        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.DeadLettered);

        await SetAccount("a", Account() with { Tables = [], TopologyVersion = "10" });
        var found = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (found.State, found.Reason).ShouldBe((RecordingState.Committed, null));
        found.Runs.Select(run => run.TopologyVersion).ShouldBe(["9", "10"]);
    }

    [Fact]
    public async Task It_waits_for_every_active_topology_that_reads_it_and_its_landing_object_stays_until_then()
    {
        var topologies = new TopologyStore(lake.Database);
        await store.TryAddAsync(Entry("a") with { AcceptedAt = lake.Time.GetUtcNow() }, _ => Task.CompletedTask, None);
        await SetAccount("a", Account() with { Tables = [], TopologyVersion = "1" });
        await topologies.ActivateAsync(Stored("fleet", 1) with { FromEarliest = true }, None);
        await topologies.ActivateAsync(Stored("can", 2), None);
        await topologies.ActivateAsync(Stored("elsewhere", 1) with { IsAwaited = false }, None);
        await topologies.ActivateAsync(Stored("late", 1) with { AppliedAt = lake.Time.GetUtcNow().AddMinutes(1) }, None);

        var waiting = (await store.FindAsync(LakeFixture.Ingest("a"), None))!;
        (waiting.State, waiting.CommittedAt).ShouldBe((RecordingState.Written, null));
        waiting.Awaited.ShouldBe(["can@2"]);
        (await store.ListExpiredAsync(lake.Time.GetUtcNow().AddHours(1), None)).ShouldBeEmpty();

        await store.MarkDeadLetteredAsync(Run("a") with { Topology = "can", TopologyVersion = "2" }, "no bus", None);
        (await store.FindAsync(LakeFixture.Ingest("a"), None))!.State.ShouldBe(RecordingState.DeadLettered);
        (await store.ListExpiredAsync(lake.Time.GetUtcNow().AddHours(1), None)).Count.ShouldBe(1);

        (await topologies.RetireAsync("can", 2, None)).ShouldBeTrue();
        (await topologies.RetireAsync("can", 2, None)).ShouldBeFalse();
        (await topologies.ListAsync(None)).Select(topology => (topology.FullName, topology.IsActive)).ShouldBe([("can@2", false), ("elsewhere@1", true), ("fleet@1", true), ("late@1", true)]);
    }

    [Fact]
    public async Task A_version_that_is_applied_again_keeps_the_moment_since_when_it_reads_unless_it_was_retired()
    {
        var topologies = new TopologyStore(lake.Database);
        var began = lake.Time.GetUtcNow();
        await topologies.ActivateAsync(Stored("fleet", 1), None);
        await topologies.ActivateAsync(Stored("fleet", 1) with { Yaml = "changed", AppliedAt = began.AddHours(1), FromEarliest = true }, None);
        var changed = (await topologies.FindAsync("fleet", 1, None))!;
        (changed.Yaml, changed.AppliedAt, changed.FromEarliest).ShouldBe(("changed", began, false));

        await topologies.RetireAsync("fleet", 1, None);
        await topologies.ActivateAsync(Stored("fleet", 1) with { AppliedAt = began.AddHours(2) }, None);
        var again = (await topologies.FindAsync("fleet", 1, None))!;
        (again.IsActive, again.AppliedAt).ShouldBe((true, began.AddHours(2)));
    }

    private StoredTopology Stored(string name, int version) => new()
    {
        Name = name, Version = version, Yaml = "yaml", Digest = "digest", FileName = name + ".yaml", AppliedAt = lake.Time.GetUtcNow(),
    };

    private async Task Commit(TableIdentifier table, string upload, string version) => await lake.Catalogue.AppendAsync(table, new AppendRequest
    {
        Sets = [LakeFixture.Set(upload, await lake.FakeFileAsync(table)) with { TopologyVersion = version }],
        OnCommitting = (transaction, _, accepted) => store.SetAccountAsync(transaction, accepted[0].IngestId, Account()),
    }, None);

    private Task SetAccount(string upload, RecordingAccountEntry account) => lake.Database.WriteAsync(
        transaction => store.SetAccountAsync(transaction, LakeFixture.Ingest(upload), account), None).AsTask();

    private static RecordingRun Run(string upload, string version = "v1") => new(LakeFixture.Ingest(upload), "fleet", version);

    private static RecordingAccountEntry Account() => new(
        10, 7, 2, 1, 3,
        [new DataLoss("MESH10001", 5, 6, "a record", "zeros")],
        [new RecordingChannelEntry("/imu", "sensor_msgs/Imu", "raw.imu", 8, 7, 1, "header"), new RecordingChannelEntry("/x", "y", "", 2, 0, 1, "log")],
        ["raw.imu", "raw.gnss"], "fleet", "v1");

    [Fact]
    public async Task What_became_of_the_inputs_of_synchronised_groups_is_kept_with_the_run()
    {
        await store.TryAddAsync(Entry("synchronised"), _ => Task.CompletedTask, None);
        var input = new RecordingInputEntry(
            "frames", "imu", "/imu", 3, 10, 6, 2, 1, 0, 5_000_000, 2_500_000, new Dictionary<string, long> { ["gap"] = 1 },
            new Dictionary<string, long> { ["no_frame"] = 3, ["not_needed"] = 1 });
        await SetAccount("synchronised", Account() with { Synchronised = [input, input with { Input = "held", Missing = new Dictionary<string, long>() }] });

        var stored = (await store.ListRunsAsync(LakeFixture.Ingest("synchronised"), None)).Single().Synchronised;
        stored.Count.ShouldBe(2);
        (stored[0] with { Missing = input.Missing, Unmatched = input.Unmatched }).ShouldBe(input);
        stored[0].Missing.ShouldBe(input.Missing);
        stored[0].Unmatched.ShouldBe(input.Unmatched);
        stored[1].Missing.ShouldBeEmpty();
    }

    private static RecordingEntry Entry(string name) => new()
    {
        IngestId = LakeFixture.Ingest(name), VehicleId = "V1", Session = "s", FileName = name + ".mcap", Uri = "file:///landing/" + name,
        SizeBytes = 123, ContentSha256 = new string('a', 64), AcceptedAt = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero),
    };
}
