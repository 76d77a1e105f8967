using Mesh.Commands.EventLog;
using Mesh.Kafka;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages.Flow;

public class TopicPagesTests
{
    [Fact]
    public async Task Topics_show_what_is_known_and_a_dash_where_nobody_tells()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Topics.ListAsync(Arg.Any<CancellationToken>()).Returns(new TopicList(
            [new("a.v1", 4, null, 1_234, 2_048, 12.4, 7), new("b<i>.v1", 1, 3, 0, null, null, null), new("__internal", 1, null, 0, 0, null, null) { IsInternal = true }], null));
        var (status, html) = await console.GetAsync("/topics");
        status.ShouldBe(200);
        html.ShouldContain("data-live-key=\"topic.a.v1.records\">1,234<");
        html.ShouldContain("b&lt;i&gt;.v1");
        html.ShouldContain("1 &#xD7; 3");
        html.ShouldNotContain("__internal");
        (await console.GetAsync("/topics?q=none")).Html.ShouldContain("No topic matches this choice.");
        (await console.GetAsync("/topics?sort=-records&internal=true")).Html.ShouldContain("__internal");
    }

    [Fact]
    public async Task A_record_is_shown_decoded_beside_its_bytes_and_headers_and_everything_of_it_is_escaped()
    {
        await using var console = await ConsoleHost.StartAsync();
        Messages(console, new MessagePage([new(2, 17, DateTimeOffset.UnixEpoch, "<key>", [new("h<1>", "<img src=x>")], RecordForm.Json, null, "{\"a\":\"<b>\"}", 11, "7b2261")], Ranges, 1, 11));
        var (status, html) = await console.GetAsync("/topics/a.v1");
        status.ShouldBe(200);
        html.ShouldContain("2:17");
        html.ShouldContain("&lt;key&gt;");
        html.ShouldContain("&lt;img src=x&gt;");
        html.ShouldContain("&lt;b&gt;");
        html.ShouldContain("000000  7b 22 61");
        html.ShouldContain("mesh topics tail a.v1 --from=-50");
    }

    [Fact]
    public async Task A_partition_is_gone_through_by_offset_in_both_directions()
    {
        await using var console = await ConsoleHost.StartAsync();
        Messages(console, new MessagePage([new(2, 17, DateTimeOffset.UnixEpoch, null, [], RecordForm.Null, null, "", null, "")], Ranges, 1, 0) { NextFrom = 67, PreviousBefore = 17 });
        var (_, html) = await console.GetAsync("/topics/a.v1?partition=2&from=17");
        html.ShouldContain("from=67");
        html.ShouldContain("before=17");
        html.ShouldContain("tombstone");
        await console.Services.Topics.Received(1).ReadAsync(Arg.Is<MessageQuery>(query => query.Partition == 2 && query.From == "17" && query.Limit == 50), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Nothing_there_nothing_that_matches_and_cut_short_are_different_sentences()
    {
        await using var console = await ConsoleHost.StartAsync();
        Messages(console, new MessagePage([], new Dictionary<int, (long, long)> { [0] = (5, 5) }, 0, 0));
        (await console.GetAsync("/topics/a.v1")).Html.ShouldContain("The topic holds no records.");
        Messages(console, new MessagePage([], Ranges, 5_000, 0) { CutShort = "The filter looked at 5,000 records, which is the most for a page; there are more." });
        var (_, html) = await console.GetAsync("/topics/a.v1?q=x");
        html.ShouldContain("No record holds this text.");
        html.ShouldContain("The filter looked at 5,000 records");
    }

    [Fact]
    public async Task Each_tab_asks_only_for_what_it_shows()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Topics.DescribeAsync("a.v1", Arg.Any<CancellationToken>()).Returns(new TopicDetails("a.v1", [new(0, 1, [1, 2], [1], 0, 10)], new Dictionary<int, long> { [0] = 100 }, new Dictionary<string, string> { ["retention.ms"] = "1" }, null));
        console.Services.Topics.ListGroupsOfAsync("a.v1", Arg.Any<CancellationToken>()).Returns(new TopicGroups([new("g", "a.v1", 0, 4, 6)], 3));
        console.Services.Topics.ListSchemasAsync("a.v1", Arg.Any<CancellationToken>()).Returns([new("a.v1-value", 2, [1, 2], 7, "PROTOBUF", "message <A> {}")]);

        var partitions = await console.GetAsync("/topics/a.v1?tab=partitions");
        partitions.Html.ShouldContain("retention.ms");
        partitions.Html.ShouldContain("not all");
        var groups = await console.GetAsync("/topics/a.v1?tab=groups");
        groups.Html.ShouldContain("/groups/g");
        groups.Html.ShouldContain("3 further groups were not asked about.");
        (await console.GetAsync("/topics/a.v1?tab=schema")).Html.ShouldContain("message &lt;A&gt; {}");
        await console.Services.Topics.DidNotReceive().ReadAsync(Arg.Any<MessageQuery>(), Arg.Any<CancellationToken>());

        console.Services.Topics.ListSchemasAsync("a.v1", Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH7102", "The registry is away.", isTransient: true));
        (await console.GetAsync("/topics/a.v1?tab=schema")).Html.ShouldContain("The schema registry could not be asked.");
    }

    [Fact]
    public async Task A_topic_that_is_not_there_is_404_and_a_log_that_is_away_is_503()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Topics.ReadAsync(Arg.Any<MessageQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH7108", "none"));
        (await console.GetAsync("/topics/none")).Status.ShouldBe(404);
        console.Services.Topics.ReadAsync(Arg.Any<MessageQuery>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH7107", "away", isTransient: true));
        (await console.GetAsync("/topics/a.v1")).Status.ShouldBe(503);
    }

    [Fact]
    public async Task A_group_shows_members_offsets_and_lag()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Topics.ListGroupsAsync(Arg.Any<CancellationToken>()).Returns([new("g", "Stable", 1, ["a.v1"], 6, false), new("late", "Stable", 1, ["a.v1"], 9, true), new("other", "Empty", 0, null, null, false)]);
        console.Services.Topics.FindGroupAsync("g", Arg.Any<CancellationToken>()).Returns(new GroupDetails("g", "Stable", [new("g-1", "app", "10.0.0.1", [new("a.v1", 0)])], [new("g", "a.v1", 0, 4, 6)]));
        console.Services.Topics.FindGroupAsync("none", Arg.Any<CancellationToken>()).Returns((GroupDetails?)null);

        var (_, list) = await console.GetAsync("/groups");
        list.ShouldContain("does not get on");
        list.ShouldContain("open it to see");
        var (_, html) = await console.GetAsync("/groups/g");
        html.ShouldContain("6 records behind in 1 topic");
        html.ShouldContain("a.v1: 0");
        html.ShouldContain("10.0.0.1");
        (await console.GetAsync("/groups/none")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Offsets_are_set_to_exactly_what_the_plan_shows_and_not_while_members_read()
    {
        await using var console = await ConsoleHost.StartAsync();
        var request = new OffsetResetRequest("g", "a.v1", "earliest");
        var plan = new OffsetPlan(request, [new(0, 40, 0, 0, 50), new(1, null, 5, 5, 9)], []);
        console.Services.Topics.PlanResetAsync(request, Arg.Any<CancellationToken>()).Returns(plan with { Members = [new("m", "app", "10.0.0.1", [])] });
        const string Url = "/actions/reset-offsets?group=g&topic=a.v1&to=earliest";
        var (_, busy) = await console.GetAsync(Url);
        busy.ShouldContain("The group has 1 member (app at 10.0.0.1)");
        busy.ShouldNotContain("method=\"post\"");

        console.Services.Topics.PlanResetAsync(request, Arg.Any<CancellationToken>()).Returns(plan);
        console.Services.Topics.FindGroupAsync("g", Arg.Any<CancellationToken>()).Returns(new GroupDetails("g", "Empty", [], [new("g", "a.v1", 0, 0, 50)]));
        var (_, html) = await console.GetAsync(Url);
        html.ShouldContain("mesh groups reset-offsets g --topic a.v1 --from 0:0,1:5");
        html.ShouldContain("<td>40</td><td>0</td><td>-40</td>");
        html.ShouldContain("<td>none</td><td>5</td><td>begins</td>");
        var (ran, _) = await console.RunPlanAsync("/actions/reset-offsets", html);
        ran.ShouldBe(200);
        await console.Services.Topics.Received(1).ResetAsync(plan, Arg.Any<CancellationToken>());
    }

    private static readonly Dictionary<int, (long Start, long End)> Ranges = new() { [2] = (0, 100) };

    private static void Messages(ConsoleHost console, MessagePage page) => console.Services.Topics.ReadAsync(Arg.Any<MessageQuery>(), Arg.Any<CancellationToken>()).Returns(page);
}
