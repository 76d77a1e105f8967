using System.Diagnostics;
using Mesh.Lakehouse.Metadata;
using Mesh.Testing;

namespace Mesh.Lakehouse.Tests.Metadata;

public class OutboxTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly Outbox outbox;

    public OutboxTests()
        : this(TestDatabase.Sqlite)
    {
    }

    protected OutboxTests(TestDatabase place)
    {
        database = MetadataDatabase.Open(folder["mesh.db"], place.Connection, place.Schema);
        outbox = new Outbox(database);
    }

    private static CancellationToken None => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        outbox.Dispose();
        database.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Events_come_out_in_the_order_they_were_committed_until_they_are_removed()
    {
        for (int i = 0; i < 5; i++) await Add($"k{i}");
        var first = await outbox.PeekAsync(3, None);
        first.Select(entry => entry.Key).ShouldBe(["k0", "k1", "k2"]);
        first[0].Topic.ShouldBe("t");
        first[0].EventType.ShouldBe("mesh.Event");
        first[0].Protobuf.ShouldBe([1, 2, 3]);

        await outbox.RemoveAsync([.. first.Select(entry => entry.Id)], None);
        (await outbox.PeekAsync(10, None)).Select(entry => entry.Key).ShouldBe(["k3", "k4"]);
    }

    [Fact]
    public async Task An_event_has_an_identity_of_its_own_that_tells_its_time_and_the_trace_it_was_added_in()
    {
        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        using (var activity = new Activity("upload").SetIdFormat(ActivityIdFormat.W3C).Start())
        {
            activity.TraceStateString = "vendor=1";
            await Add("k");
            await Add("k");
            (await outbox.PeekAsync(1, None))[0].TraceParent.ShouldBe(activity.Id);
        }

        await Add("k");
        var entries = await outbox.PeekAsync(3, None);

        entries.Select(entry => entry.EventId).Distinct().Count().ShouldBe(3);
        (await outbox.PeekAsync(3, None)).Select(entry => entry.EventId).ShouldBe(entries.Select(entry => entry.EventId));
        entries.ShouldAllBe(entry => entry.AddedAt >= before && entry.AddedAt <= DateTimeOffset.UtcNow.AddSeconds(1));
        entries[0].TraceState.ShouldBe("vendor=1");
        entries[2].TraceParent.ShouldBe("");
    }

    [Fact]
    public async Task An_event_of_a_transaction_that_fails_is_never_seen()
    {
        await Should.ThrowAsync<InvalidOperationException>(async () => await database.WriteAsync(async transaction =>
        {
            await Outbox.AddAsync(transaction, "t", "k", "mesh.Event", []);
            throw new InvalidOperationException();
        }, None));
        (await outbox.PeekAsync(10, None)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_commit_between_a_peek_and_a_wait_is_not_missed()
    {
        await outbox.WaitAsync(None);
        (await outbox.PeekAsync(10, None)).ShouldBeEmpty();
        await Add("k");
        var wait = outbox.WaitAsync(None);
        wait.IsCompleted.ShouldBeTrue();
        await wait;
    }

    [Fact]
    public async Task Ids_are_never_reused_so_that_a_late_removal_takes_nothing_newer()
    {
        await Add("a");
        var id = (await outbox.PeekAsync(1, None))[0].Id;
        await outbox.RemoveAsync([id], None);
        await Add("b");
        await outbox.RemoveAsync([id], None);
        (await outbox.PeekAsync(10, None)).Select(entry => entry.Key).ShouldBe(["b"]);
    }

    private ValueTask Add(string key) => database.WriteAsync(transaction => Outbox.AddAsync(transaction, "t", key, "mesh.Event", [1, 2, 3]), None);
}
