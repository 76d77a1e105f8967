using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Broker.Tests.Support;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Groups;

public sealed class GroupCoordinatorTests : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly SteppedTime time = new();
    private OffsetStore offsets = null!;
    private GroupCoordinator groups = null!;

    public async ValueTask InitializeAsync() => await OpenAsync();

    [Fact]
    public async Task Offsets_of_a_group_nobody_uses_are_forgotten_after_a_week_counted_across_restarts()
    {
        await offsets.CommitAsync("old", [Change(1)]);
        time.Advance(TimeSpan.FromDays(4));
        await offsets.CommitAsync("young", [Change(2)]);
        await groups.SweepAsync();
        await OpenAsync();
        time.Advance(TimeSpan.FromDays(3) + TimeSpan.FromHours(1));
        await groups.SweepAsync();

        offsets.Groups.ShouldBe(["young"]);
        await OpenAsync();
        offsets.Groups.ShouldBe(["young"]);
    }

    [Fact]
    public async Task A_group_with_members_keeps_offsets_that_are_never_committed_anew_and_a_week_after_them_too()
    {
        await offsets.CommitAsync("slow", [Change(1)]);
        var joined = groups.FindOrCreate("slow")!.JoinAsync(Request());
        time.Advance(TimeSpan.FromSeconds(1));
        var member = await joined;
        await groups.Find("slow")!.SyncAsync(member.MemberId, "static", member.Generation, null, null, []);
        time.Advance(TimeSpan.FromDays(30));
        await groups.SweepAsync();
        offsets.Find("slow", "t", 0).ShouldNotBeNull();

        groups.Find("slow")!.Leave(member.MemberId, null);
        time.Advance(TimeSpan.FromDays(6));
        await groups.SweepAsync();
        offsets.Find("slow", "t", 0).ShouldNotBeNull();
        time.Advance(TimeSpan.FromDays(2));
        await groups.SweepAsync();
        offsets.Find("slow", "t", 0).ShouldBeNull();
        groups.Describe("slow").ShouldBeNull();
    }

    [Fact]
    public async Task A_group_is_deleted_once_nobody_is_in_it()
    {
        await offsets.CommitAsync("g", [Change(1)]);
        await offsets.PendAsync(4, "g", [Change(9)]);
        var joined = groups.FindOrCreate("g")!.JoinAsync(Request());
        time.Advance(TimeSpan.FromSeconds(1));
        var member = await joined;

        (await groups.DeleteAsync("g")).ShouldBe(ErrorCode.NonEmptyGroup);
        (await groups.DeleteAsync("absent")).ShouldBe(ErrorCode.GroupIdNotFound);
        groups.Find("g")!.Leave(member.MemberId, null);
        (await groups.DeleteAsync("g")).ShouldBe(ErrorCode.None);

        groups.Ids.ShouldBeEmpty();
        await offsets.EndAsync(4, commit: true);
        offsets.Groups.ShouldBeEmpty();
    }

    [Fact]
    public async Task Single_offsets_are_kept_of_topics_that_a_member_reads()
    {
        groups.CheckOffsetDelete("g", out _).ShouldBe(ErrorCode.GroupIdNotFound);
        await offsets.CommitAsync("g", [Change(1)]);
        groups.CheckOffsetDelete("g", out _).ShouldBe(ErrorCode.None);
        _ = groups.FindOrCreate("g")!.JoinAsync(Request());
        groups.CheckOffsetDelete("g", out var subscribed).ShouldBe(ErrorCode.None);
        subscribed.ShouldBe(["read"]);

        _ = groups.FindOrCreate("connect")!.JoinAsync(Request() with { ProtocolType = "connect" });
        groups.CheckOffsetDelete("connect", out _).ShouldBe(ErrorCode.NonEmptyGroup);
    }

    [Fact]
    public async Task After_a_restart_a_member_of_before_can_not_overwrite_what_its_successor_commits()
    {
        var joined = groups.FindOrCreate("g")!.JoinAsync(Request());
        time.Advance(TimeSpan.FromSeconds(1));
        var member = await joined;
        await OpenAsync();

        groups.CheckCommit("g", member.MemberId, null, member.Generation, transactional: false).ShouldBe(ErrorCode.UnknownMemberId);
        groups.CheckCommit("g", member.MemberId, null, member.Generation, transactional: true).ShouldBe(ErrorCode.UnknownMemberId);
        var successor = groups.FindOrCreate("g")!.JoinAsync(Request());
        time.Advance(TimeSpan.FromSeconds(1));
        (await successor).Generation.ShouldBe(member.Generation, "the number alone does not tell them apart");
        groups.CheckCommit("g", member.MemberId, null, member.Generation, transactional: false).ShouldBe(ErrorCode.UnknownMemberId);
        groups.CheckCommit("g", "", null, -1, transactional: false).ShouldBe(ErrorCode.UnknownMemberId);
    }

    public async ValueTask DisposeAsync()
    {
        await groups.DisposeAsync();
        await offsets.DisposeAsync();
        folder.Dispose();
    }

    private async Task OpenAsync()
    {
        offsets = await OffsetStore.OpenAsync(folder["groups"], FlushPolicy.PageCache, time, NullLogger.Instance);
        groups = new GroupCoordinator(new GroupSettings(TimeSpan.FromMilliseconds(50), 10, TimeSpan.FromDays(7)), offsets, time, NullLogger.Instance);
    }

    private static OffsetChange Change(long offset) => new("t", 0, new CommittedOffset(offset, -1, null));

    private static JoinRequest Request() => new("", "static", "consumer", [new JoinProtocol("range", [0, 0, 0, 0, 0, 1, 0, 4, .. "read"u8, 0xff, 0xff, 0xff, 0xff])])
    {
        SessionTimeout = TimeSpan.FromDays(365),
        RebalanceTimeout = TimeSpan.FromDays(1),
        ClientId = "test",
        ClientHost = "here",
        MemberIdFirst = false,
    };
}
