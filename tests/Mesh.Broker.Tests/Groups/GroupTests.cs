using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Groups;

public class GroupTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(200);

    [Fact]
    public async Task A_newcomer_is_given_its_id_first_and_joins_with_it()
    {
        using var group = New();

        var first = await group.JoinAsync(Request("", idFirst: true));
        first.Error.ShouldBe(ErrorCode.MemberIdRequired);
        var joined = await group.JoinAsync(Request(first.MemberId, idFirst: true));

        joined.Error.ShouldBe(ErrorCode.None);
        joined.MemberId.ShouldBe(first.MemberId);
        joined.Leader.ShouldBe(first.MemberId);
        (await group.JoinAsync(Request("invented"))).Error.ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public async Task Members_that_come_together_share_a_generation_and_each_gets_its_own_assignment()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group);

        a.Generation.ShouldBe(b.Generation);
        a.Leader.ShouldBe(b.Leader);
        a.Members.Count.ShouldBe(2);
        b.Members.ShouldBeEmpty("only the leader is told the members");
        await SyncAsync(group, a, b);
        group.Heartbeat(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.None);
        group.Heartbeat(a.MemberId, null, a.Generation - 1).ShouldBe(ErrorCode.IllegalGeneration);
        group.Heartbeat("nobody", null, a.Generation).ShouldBe(ErrorCode.UnknownMemberId);
        group.Describe().State.ShouldBe("Stable");
    }

    [Fact]
    public async Task When_one_leaves_the_other_is_told_and_its_old_generation_can_no_longer_commit()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group);
        await SyncAsync(group, a, b);

        group.Leave(b.MemberId, null).ShouldBe(ErrorCode.None);
        group.Heartbeat(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.RebalanceInProgress);
        var again = await group.JoinAsync(Request(a.MemberId));

        again.Generation.ShouldBe(a.Generation + 1);
        again.Members.Count.ShouldBe(1);
        group.CheckCommit(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.IllegalGeneration);
        group.CheckCommit(b.MemberId, null, b.Generation).ShouldBe(ErrorCode.UnknownMemberId);
        group.CheckCommit("", null, -1).ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public async Task A_leader_that_never_assigns_is_replaced()
    {
        using var group = New();
        var (leader, follower) = await JoinTwoAsync(group, rebalance: Short);

        var waiting = await group.SyncAsync(follower.MemberId, null, follower.Generation, null, null, []);
        waiting.Error.ShouldBe(ErrorCode.RebalanceInProgress);
        var again = await group.JoinAsync(Request(follower.MemberId, rebalance: Short));

        again.Leader.ShouldBe(follower.MemberId);
        again.Members.Select(member => member.Id).ShouldBe([follower.MemberId]);
        group.Heartbeat(leader.MemberId, null, again.Generation).ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public async Task A_member_that_does_not_join_again_in_time_is_left_behind()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group, rebalance: Short);
        await SyncAsync(group, a, b);

        // A third one starts a rebalance, which only a takes part in.
        var third = group.JoinAsync(Request("", rebalance: Short));
        var again = await group.JoinAsync(Request(a.MemberId, rebalance: Short));

        again.Members.Select(member => member.Id).Order().ShouldBe(new[] { a.MemberId, (await third).MemberId }.Order());
    }

    [Fact]
    public async Task A_silent_member_expires_and_a_beating_one_does_not()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group, session: TimeSpan.FromSeconds(1));
        await SyncAsync(group, a, b);

        var heard = ErrorCode.None;
        for (long end = Environment.TickCount64 + 30_000; heard == ErrorCode.None && Environment.TickCount64 < end;)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
            heard = group.Heartbeat(a.MemberId, null, a.Generation);
        }

        heard.ShouldBe(ErrorCode.RebalanceInProgress);
        group.Describe().Members.Select(member => member.Id).ShouldBe([a.MemberId]);
    }

    [Fact]
    public async Task A_static_member_that_returns_keeps_its_assignment_and_disturbs_nobody()
    {
        using var group = New();
        var a = group.JoinAsync(Request("", instance: "one"));
        var b = group.JoinAsync(Request(""));
        var (first, second) = (await a, await b);
        if (first.Leader == second.MemberId) await SyncAsync(group, second, first);
        else await SyncAsync(group, first, second);

        var returned = await group.JoinAsync(Request("", instance: "one"));

        returned.Error.ShouldBe(ErrorCode.None);
        returned.Generation.ShouldBe(first.Generation);
        returned.MemberId.ShouldNotBe(first.MemberId);
        var assignment = await group.SyncAsync(returned.MemberId, "one", returned.Generation, null, null, []);
        assignment.Assignment.ShouldBe(System.Text.Encoding.UTF8.GetBytes(first.MemberId));
        group.Heartbeat(second.MemberId, null, second.Generation).ShouldBe(ErrorCode.None);
        group.Heartbeat(first.MemberId, "one", first.Generation).ShouldBe(ErrorCode.FencedInstanceId);
    }

    [Fact]
    public async Task A_member_with_no_protocol_in_common_is_refused()
    {
        using var group = New();
        await group.JoinAsync(Request(""));

        (await group.JoinAsync(Request("", protocol: "sticky"))).Error.ShouldBe(ErrorCode.InconsistentGroupProtocol);
    }

    [Fact]
    public async Task Members_beyond_the_limit_are_refused()
    {
        using var group = New(maxMembers: 1);
        await group.JoinAsync(Request(""));

        (await group.JoinAsync(Request(""))).Error.ShouldBe(ErrorCode.GroupMaxSizeReached);
    }

    [Fact]
    public async Task When_the_broker_stops_nobody_waits_for_ever()
    {
        var group = New(delay: Long);
        var waiting = group.JoinAsync(Request(""));
        group.Dispose();

        (await waiting).Error.ShouldBe(ErrorCode.NotCoordinator);
        (await group.JoinAsync(Request(""))).Error.ShouldBe(ErrorCode.NotCoordinator);
    }

    private static Group New(int maxMembers = 100, TimeSpan? delay = null) =>
        new("g", new GroupSettings(delay ?? TimeSpan.FromMilliseconds(50), maxMembers, TimeSpan.FromDays(7)), TimeProvider.System, NullLogger.Instance);

    private static JoinRequest Request(
        string memberId, string? instance = null, bool idFirst = false, string protocol = "range", TimeSpan? session = null, TimeSpan? rebalance = null) =>
        new(memberId, instance, "consumer", [new JoinProtocol(protocol, [1])])
        {
            SessionTimeout = session ?? Long,
            RebalanceTimeout = rebalance ?? Long,
            ClientId = "test",
            ClientHost = "here",
            MemberIdFirst = idFirst,
        };

    /// <summary>Two members of one generation, the leader first.</summary>
    private static async Task<(JoinAnswer Leader, JoinAnswer Follower)> JoinTwoAsync(Group group, TimeSpan? session = null, TimeSpan? rebalance = null)
    {
        var joins = new[] { group.JoinAsync(Request("", session: session, rebalance: rebalance)), group.JoinAsync(Request("", session: session, rebalance: rebalance)) };
        var answers = await Task.WhenAll(joins);
        return answers[0].Leader == answers[0].MemberId ? (answers[0], answers[1]) : (answers[1], answers[0]);
    }

    /// <summary>Every member is assigned its own id.</summary>
    private static async Task SyncAsync(Group group, JoinAnswer leader, JoinAnswer follower)
    {
        var waiting = group.SyncAsync(follower.MemberId, null, follower.Generation, null, null, []);
        waiting.IsCompleted.ShouldBeFalse();
        await group.SyncAsync(leader.MemberId, null, leader.Generation, "consumer", "range",
            [(leader.MemberId, System.Text.Encoding.UTF8.GetBytes(leader.MemberId)), (follower.MemberId, System.Text.Encoding.UTF8.GetBytes(follower.MemberId))]);
        (await waiting).Assignment.ShouldBe(System.Text.Encoding.UTF8.GetBytes(follower.MemberId));
    }
}
