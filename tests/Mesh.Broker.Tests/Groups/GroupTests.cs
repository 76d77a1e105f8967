using Mesh.Broker.Groups;
using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;
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
    public async Task Who_takes_an_id_and_never_joins_holds_up_the_others_for_its_session_only()
    {
        var time = new SteppedTime();
        using var group = New(time: time, delay: TimeSpan.FromSeconds(1));
        (await group.JoinAsync(Request("", idFirst: true, session: TimeSpan.FromSeconds(6)))).Error.ShouldBe(ErrorCode.MemberIdRequired);
        string id = (await group.JoinAsync(Request("", idFirst: true))).MemberId;
        var first = group.JoinAsync(Request(id));
        time.Advance(TimeSpan.FromSeconds(1));
        (await first).Error.ShouldBe(ErrorCode.None);

        var again = group.JoinAsync(Request(id, protocol: "other"));
        time.Advance(TimeSpan.FromSeconds(4));
        again.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(2));

        again.IsCompleted.ShouldBeTrue();
        (await again).Generation.ShouldBe((await first).Generation + 1);
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
        var time = new SteppedTime();
        using var group = New(time: time);
        var (a, b) = await JoinTwoAsync(group, time: time, session: TimeSpan.FromSeconds(10));
        await SyncAsync(group, a, b);

        time.Advance(TimeSpan.FromSeconds(6));
        group.Heartbeat(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.None);
        time.Advance(TimeSpan.FromSeconds(6));

        group.Heartbeat(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.RebalanceInProgress);
        group.Describe().Members.Select(member => member.Id).ShouldBe([a.MemberId]);
    }

    [Fact]
    public async Task A_commit_during_a_cooperative_rebalance_is_taken_until_the_generation_ends()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group);
        await SyncAsync(group, a, b);

        // A third member comes: the others keep reading and committing until they join again (KIP-429).
        var third = group.JoinAsync(Request(""));
        group.CheckCommit(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.None);
        var joins = new[] { group.JoinAsync(Request(a.MemberId)), group.JoinAsync(Request(b.MemberId)) };
        await Task.WhenAll(joins);

        group.CheckCommit(a.MemberId, null, a.Generation).ShouldBe(ErrorCode.IllegalGeneration);
        group.CheckCommit(a.MemberId, null, a.Generation + 1).ShouldBe(ErrorCode.RebalanceInProgress, "the assignment is not known yet");
        group.CheckCommit(a.MemberId, null, a.Generation + 1, transactional: true).ShouldBe(ErrorCode.None);
        (await third).Generation.ShouldBe(a.Generation + 1);
    }

    [Fact]
    public async Task Offsets_within_a_transaction_are_refused_from_members_of_the_past_and_taken_from_clients_that_name_none()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group);
        await SyncAsync(group, a, b);

        group.CheckCommit(a.MemberId, null, a.Generation - 1, transactional: true).ShouldBe(ErrorCode.IllegalGeneration);
        group.CheckCommit("gone", null, a.Generation, transactional: true).ShouldBe(ErrorCode.UnknownMemberId);
        group.CheckCommit("", null, -1, transactional: true).ShouldBe(ErrorCode.None);
        group.CheckCommit("", null, -1).ShouldBe(ErrorCode.UnknownMemberId);
    }

    [Fact]
    public async Task The_leader_joining_again_starts_a_new_generation_and_a_follower_joining_again_does_not()
    {
        using var group = New();
        var (leader, follower) = await JoinTwoAsync(group);
        await SyncAsync(group, leader, follower);

        (await group.JoinAsync(Request(follower.MemberId))).Generation.ShouldBe(follower.Generation);
        group.Heartbeat(leader.MemberId, null, leader.Generation).ShouldBe(ErrorCode.None);
        var again = group.JoinAsync(Request(leader.MemberId));

        group.Heartbeat(follower.MemberId, null, follower.Generation).ShouldBe(ErrorCode.RebalanceInProgress);
        await group.JoinAsync(Request(follower.MemberId));
        (await again).Generation.ShouldBe(leader.Generation + 1);
    }

    [Fact]
    public async Task A_member_that_never_fetches_its_assignment_is_removed_though_it_beats()
    {
        var time = new SteppedTime();
        using var group = New(time: time);
        var (leader, follower) = await JoinTwoAsync(group, time: time, rebalance: TimeSpan.FromSeconds(20));
        await group.SyncAsync(leader.MemberId, null, leader.Generation, null, null, []);
        for (int second = 1; second <= 20; second++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            if (second < 20) group.Heartbeat(follower.MemberId, null, follower.Generation).ShouldBe(ErrorCode.None);
        }

        group.Heartbeat(follower.MemberId, null, follower.Generation).ShouldBe(ErrorCode.UnknownMemberId);
        group.Heartbeat(leader.MemberId, null, leader.Generation).ShouldBe(ErrorCode.RebalanceInProgress);
    }

    [Fact]
    public async Task A_sync_of_an_older_generation_is_refused()
    {
        using var group = New();
        var (a, b) = await JoinTwoAsync(group);
        await SyncAsync(group, a, b);

        (await group.SyncAsync(a.MemberId, null, a.Generation - 1, null, null, [])).Error.ShouldBe(ErrorCode.IllegalGeneration);
        (await group.SyncAsync(a.MemberId, null, a.Generation, "connect", null, [])).Error.ShouldBe(ErrorCode.InconsistentGroupProtocol);
        (await group.SyncAsync(a.MemberId, null, a.Generation, "consumer", "sticky", [])).Error.ShouldBe(ErrorCode.InconsistentGroupProtocol);
        (await group.SyncAsync(a.MemberId, null, a.Generation, "consumer", "range", [])).Assignment.ShouldBe(System.Text.Encoding.UTF8.GetBytes(a.MemberId));
    }

    [Fact]
    public async Task When_a_member_of_fewer_protocols_comes_the_group_takes_one_that_all_have()
    {
        using var group = New();
        var a = await group.JoinAsync(Request("", protocols: ["cooperative-sticky", "range"]));
        a.Protocol.ShouldBe("cooperative-sticky");
        await group.SyncAsync(a.MemberId, null, a.Generation, null, null, []);

        var older = group.JoinAsync(Request("", protocols: ["range"]));
        var again = await group.JoinAsync(Request(a.MemberId, protocols: ["cooperative-sticky", "range"]));

        again.Protocol.ShouldBe("range");
        (await older).Protocol.ShouldBe("range");
    }

    [Fact]
    public async Task A_member_whose_connection_went_while_it_waited_keeps_its_place_until_its_session_ends()
    {
        var time = new SteppedTime();
        using var group = New(time: time, delay: TimeSpan.FromSeconds(3));

        // Nobody will ever look at this answer.
        var lost = group.JoinAsync(Request("", session: TimeSpan.FromSeconds(10)));
        time.Advance(TimeSpan.FromSeconds(3));
        (await lost).Error.ShouldBe(ErrorCode.None);
        time.Advance(TimeSpan.FromSeconds(9));
        group.Describe().Members.Count.ShouldBe(1);
        time.Advance(TimeSpan.FromSeconds(2));

        group.Describe().Members.ShouldBeEmpty();
        group.Describe().State.ShouldBe("Empty");

        // What kind of group it was stays known: one without a protocol type is one that only keeps offsets.
        group.Describe().ProtocolType.ShouldBe("consumer");
        group.TryClose().ShouldBeTrue();
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
    public async Task A_static_member_that_returns_with_other_topics_causes_a_rebalance_and_one_with_other_owned_partitions_does_not()
    {
        byte[] Subscription(string topic, byte owned) => [0, 1, 0, 0, 0, 1, 0, (byte)topic.Length, .. System.Text.Encoding.UTF8.GetBytes(topic), 0, 0, 0, 1, owned];
        JoinRequest Returning(string topic, byte owned) => Request("", instance: "one") with { Protocols = [new JoinProtocol("cooperative-sticky", Subscription(topic, owned))] };
        using var group = New();
        var first = await group.JoinAsync(Returning("a", 1));
        await group.SyncAsync(first.MemberId, "one", first.Generation, null, null, [(first.MemberId, [7])]);

        var same = await group.JoinAsync(Returning("a", 2));
        same.Generation.ShouldBe(first.Generation);
        (await group.SyncAsync(same.MemberId, "one", same.Generation, null, null, [])).Assignment.ShouldBe([7]);

        (await group.JoinAsync(Returning("b", 2))).Generation.ShouldBe(first.Generation + 1);
    }

    [Fact]
    public async Task A_static_member_leaves_by_its_instance_and_only_its_current_holder_may_name_it()
    {
        using var group = New();
        var joined = await group.JoinAsync(Request("", instance: "one"));
        await group.SyncAsync(joined.MemberId, "one", joined.Generation, null, null, []);

        group.Leave("somebody", "one").ShouldBe(ErrorCode.FencedInstanceId);
        group.Leave("", "two").ShouldBe(ErrorCode.UnknownMemberId);
        group.CheckCommit("somebody", "one", joined.Generation).ShouldBe(ErrorCode.FencedInstanceId);
        (await group.JoinAsync(Request("somebody", instance: "one"))).Error.ShouldBe(ErrorCode.FencedInstanceId);
        group.Leave("", "one").ShouldBe(ErrorCode.None);
        group.Describe().Members.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_static_member_that_is_away_keeps_its_place_through_a_rebalance_until_its_session_ends()
    {
        var time = new SteppedTime();
        using var group = New(time: time);
        var a = group.JoinAsync(Request("", instance: "one", session: TimeSpan.FromSeconds(60), rebalance: TimeSpan.FromSeconds(10)));
        var b = group.JoinAsync(Request("", rebalance: TimeSpan.FromSeconds(10)));
        time.Advance(TimeSpan.FromSeconds(1));
        var (away, present) = (await a, await b);
        var (leader, follower) = present.Leader == present.MemberId ? (present, away) : (away, present);
        await SyncAsync(group, leader, follower);

        // The one that stays joins again; the other is waited for until the rebalance timeout, and has its place after it.
        group.Leave("nobody", null);
        var third = group.JoinAsync(Request("", rebalance: TimeSpan.FromSeconds(10)));
        var again = group.JoinAsync(Request(present.MemberId, rebalance: TimeSpan.FromSeconds(10)));
        time.Advance(TimeSpan.FromSeconds(11));
        group.Describe().Members.Count.ShouldBe(3);
        (await again).Leader.ShouldNotBe(away.MemberId, "who is away cannot assign");
        (await third).Generation.ShouldBe((await again).Generation);

        time.Advance(TimeSpan.FromSeconds(50));
        group.Describe().Members.Select(member => member.InstanceId).ShouldAllBe(instance => instance == null);
    }

    [Fact]
    public async Task A_group_that_somebody_is_in_is_not_closed_and_a_closed_one_sends_newcomers_on()
    {
        using var group = New();
        var joined = await group.JoinAsync(Request(""));
        group.TryClose().ShouldBeFalse();
        group.Leave(joined.MemberId, null);

        group.TryClose().ShouldBeTrue();
        (await group.JoinAsync(Request(""))).Error.ShouldBe(ErrorCode.NotCoordinator);
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

    private static Group New(int maxMembers = 100, TimeSpan? delay = null, TimeProvider? time = null) =>
        new("g", new GroupSettings(delay ?? TimeSpan.FromMilliseconds(50), maxMembers, TimeSpan.FromDays(7)), time ?? TimeProvider.System, NullLogger.Instance);

    private static JoinRequest Request(
        string memberId, string? instance = null, bool idFirst = false, string protocol = "range", TimeSpan? session = null, TimeSpan? rebalance = null, string[]? protocols = null) =>
        new(memberId, instance, "consumer", [.. (protocols ?? [protocol]).Select(name => new JoinProtocol(name, [1]))])
        {
            SessionTimeout = session ?? Long,
            RebalanceTimeout = rebalance ?? Long,
            ClientId = "test",
            ClientHost = "here",
            MemberIdFirst = idFirst,
        };

    /// <summary>Two members of one generation, the leader first.</summary>
    private static async Task<(JoinAnswer Leader, JoinAnswer Follower)> JoinTwoAsync(Group group, TimeSpan? session = null, TimeSpan? rebalance = null, SteppedTime? time = null)
    {
        var joins = new[] { group.JoinAsync(Request("", session: session, rebalance: rebalance)), group.JoinAsync(Request("", session: session, rebalance: rebalance)) };
        time?.Advance(TimeSpan.FromSeconds(1));
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
