using System.Text.Json;
using Mesh.Commands.Queries;
using Mesh.Commands.Replay;
using Mesh.Model;
using Mesh.Streaming.DeadLetters;
using NSubstitute;

namespace Mesh.Console.Tests.Pages.Flow;

public class DeadLetterPagesTests
{
    private const string Id = "3d46430ac37e00112233445566778899aabbccddeeff00112233445566778899";

    [Fact]
    public async Task The_open_ones_come_first_with_facets_and_what_can_be_done()
    {
        await using var console = await StartAsync([Letter()], open: 312);
        var (status, html) = await console.GetAsync("/dead-letters?stage=decode");

        status.ShouldBe(200);
        html.ShouldContain("312 open");
        html.ShouldContain("3d46430ac37e");
        html.ShouldContain("At byte 12 &lt;script&gt;");
        html.ShouldContain("/actions/replay-letters?stage=decode");
        html.ShouldContain("mesh deadletters list --stage decode --state open");
        html.ShouldContain("aria-current=\"true\">decode");
        await console.Services.Queries.Received(1).ListDeadLettersAsync(Arg.Is<DeadLetterQuery>(query => query.Filter.State == DeadLetterState.Open && query.Filter.Stage == "decode"), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Never_any_none_left_and_none_that_match_are_three_sentences()
    {
        await using var console = await StartAsync([], open: 0);
        (await console.GetAsync("/dead-letters")).Html.ShouldContain("There are no dead letters.");
        (await console.GetAsync("/dead-letters?code=MESH1")).Html.ShouldContain("No dead letter matches this choice.");
        console.Services.Queries.CountDeadLettersAsync(Arg.Any<DeadLetterQuery>(), Arg.Any<CancellationToken>()).Returns(Facets(open: 0, replayed: 5));
        (await console.GetAsync("/dead-letters")).Html.ShouldContain("Nothing waits: every dead letter was brought back or dropped.");
        (await console.GetAsync("/dead-letters?state=odd")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(400), answer => answer.Html.ShouldContain("MESH2368"));
    }

    [Fact]
    public async Task A_letter_shows_reason_remedy_history_and_its_payload_decoded_or_raw()
    {
        await using var console = await StartAsync([Letter()], open: 1);
        console.Services.Queries.FindDeadLetterAsync(Id, Arg.Any<CancellationToken>()).Returns(Details(JsonSerializer.SerializeToElement(new { speed = 1.5, note = "<b>" })));

        var (status, html) = await console.GetAsync($"/dead-letters/{Id}");
        status.ShouldBe(200);
        html.ShouldContain("Correct the decode section");
        html.ShouldContain("&quot;speed&quot;: 1.5");
        html.ShouldNotContain("<b>");
        html.ShouldContain("replay asked");
        html.ShouldContain("/topics/fleet.uploads.v1?partition=2&amp;from=0");

        html = (await console.GetAsync($"/dead-letters/{Id}?tab=hex")).Html;
        html.ShouldContain("000000  00 01 00 00");
        html.ShouldContain($"/api/v1/dead-letters/{Id}/payload");
        (await console.GetAsync("/dead-letters/beef")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task Replay_shows_what_is_taken_and_what_not_and_runs_exactly_that()
    {
        await using var console = await StartAsync([Letter()], open: 312);
        var refusal = new LetterRefusal("aa", "fleet@1", 2, "MESH2352", "Retention deleted it on 2026-01-01.");
        Plan(console, new LetterReplayPlan([new("86a9af5e908c", "drive.mcap", "fleet@1", ReplayItemMode.Messages, 310, 310, 1_505)], [refusal], ""));
        console.Services.Replays.ReplayLettersAsync(Arg.Any<LetterReplayRequest>(), Arg.Any<CancellationToken>()).Returns(Replay(ReplayState.Running));
        console.Services.Queries.FindReplayAsync("d0061b0e8a88", Arg.Any<CancellationToken>()).Returns(new ReplayDetails(Replay(ReplayState.Running), []));

        var (_, html) = await console.GetAsync("/actions/replay-letters?stage=decode");
        html.ShouldContain("Replay 310 dead letters");
        html.ShouldContain("2 letters left out (MESH2352): Retention deleted it on 2026-01-01.");
        html.ShouldContain("mesh deadletters replay --stage decode --leave-out");
        html.ShouldContain("drive.mcap");

        // While somebody looked, another letter was brought back: the plan is another, so nothing is done.
        Plan(console, new LetterReplayPlan([new("86a9af5e908c", "drive.mcap", "fleet@1", ReplayItemMode.Messages, 309, 309, 1_505)], [refusal], ""));
        var (refused, now) = await console.RunPlanAsync("/actions/replay-letters", html);
        refused.ShouldBe(409);
        now.ShouldContain("MESH13005");
        await console.Services.Replays.DidNotReceive().ReplayLettersAsync(Arg.Any<LetterReplayRequest>(), Arg.Any<CancellationToken>());

        var (ran, replay) = await console.RunPlanAsync("/actions/replay-letters", now);
        ran.ShouldBe(200);
        replay.ShouldContain("Replay d0061b0e8a88");
        await console.Services.Replays.Received(1).ReplayLettersAsync(Arg.Is<LetterReplayRequest>(request => request.LeaveOut && request.Filter.Stage == "decode"), Arg.Any<CancellationToken>());
    }

    [Fact]
    public async Task Ticked_letters_are_meant_and_nothing_else()
    {
        await using var console = await StartAsync([Letter()], open: 1);
        Plan(console, new LetterReplayPlan([new("86a9af5e908c", "drive.mcap", "fleet@1", ReplayItemMode.Messages, 2, 2, 10)], [], ""));
        (await console.GetAsync("/actions/replay-letters?id=aaaa&id=bbbb")).Html.ShouldContain("mesh deadletters replay aaaa bbbb --leave-out");
        (await console.GetAsync("/actions/replay-letters")).Html.ShouldContain("--since 1970-01-01T00:00:00Z");
    }

    [Fact]
    public async Task Nothing_that_can_be_replayed_is_a_plan_without_a_button()
    {
        await using var console = await StartAsync([Letter()], open: 1);
        Plan(console, new LetterReplayPlan([], [new("", "", 1, "MESH2353", "It is no event of its kind.")], ""));
        var (_, html) = await console.GetAsync("/actions/replay-letters?id=aaaa");
        html.ShouldContain("None of them can be replayed");
        html.ShouldNotContain("method=\"post\"");
    }

    [Fact]
    public async Task Dropping_asks_for_a_reason_first_and_says_what_is_lost()
    {
        await using var console = await StartAsync([Letter()], open: 1);
        var (_, asks) = await console.GetAsync("/actions/drop-letters?stage=decode");
        asks.ShouldContain("Why they are given up (required)");
        asks.ShouldNotContain("method=\"post\"");

        var (_, html) = await console.GetAsync("/actions/drop-letters?stage=decode&reason=test%20bench");
        html.ShouldContain("stays out of the lake for good");
        html.ShouldContain("mesh deadletters drop --stage decode --reason &#x27;test bench&#x27; --yes");
    }

    [Fact]
    public async Task A_replay_shows_how_far_it_is_and_what_can_be_done_about_it()
    {
        await using var console = await StartAsync([], open: 0);
        console.Services.Queries.FindReplayAsync("d0061b0e8a88", Arg.Any<CancellationToken>()).Returns(
            new ReplayDetails(Replay(ReplayState.Running), [new(0, "86a9af5e908c", "fleet", "1", 1_505, ReplayItemMode.Messages, ReplayItemState.Failed, 3, "<i>torque</i>")]));
        var (_, html) = await console.GetAsync("/replays/d0061b0e8a88");
        html.ShouldContain("3 of 4 recordings");
        html.ShouldContain("/actions/change-replay?id=d0061b0e8a88&amp;to=pause");
        html.ShouldContain("&lt;i&gt;torque&lt;/i&gt;");
        (await console.GetAsync("/actions/change-replay?id=d0061b0e8a88&to=resume")).Html.ShouldContain("It is running.");
        (await console.GetAsync("/actions/change-replay?id=d0061b0e8a88&to=stop")).Html.ShouldContain("mesh replay stop d0061b0e8a88");
        (await console.GetAsync("/replays/none")).Status.ShouldBe(404);
    }

    private static void Plan(ConsoleHost console, LetterReplayPlan plan) =>
        console.Services.Replays.PlanLettersAsync(Arg.Any<LetterReplayRequest>(), Arg.Any<CancellationToken>()).Returns(plan);

    private static Task<ConsoleHost> StartAsync(IReadOnlyList<DeadLetterView> letters, long open) => ConsoleHost.StartAsync(services =>
    {
        services.Queries.ListDeadLettersAsync(Arg.Any<DeadLetterQuery>(), Arg.Any<CancellationToken>()).Returns(new Page<DeadLetterView>(letters, letters.Count, 1, 100));
        services.Queries.CountDeadLettersAsync(Arg.Any<DeadLetterQuery>(), Arg.Any<CancellationToken>()).Returns(Facets(open, 0));
        services.Queries.FindReplayAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns((ReplayDetails?)null);
        services.Queries.FindDeadLetterAsync(Arg.Any<string>(), Arg.Any<CancellationToken>()).Returns((DeadLetterDetails?)null);
        return services;
    });

    private static DeadLetterFacets Facets(long open, long replayed)
    {
        var states = new Dictionary<DeadLetterState, long>();
        if (open > 0) states.Add(DeadLetterState.Open, open);
        if (replayed > 0) states.Add(DeadLetterState.Replayed, replayed);
        var stages = open > 0 ? new Dictionary<string, long> { ["decode"] = open } : [];
        return new DeadLetterFacets(stages, open > 0 ? new Dictionary<string, long> { ["MESH10311"] = open } : [], states, new Dictionary<string, long>());
    }

    private static DeadLetterView Letter() => new(
        Id, "decode", "MESH10311", "At byte 12 <script>", "86a9af5e908c", "V1", "/wheel", 1, 1, 1, 1, 0, "demo_msgs/msg/Wheel", 12, 1, "fleet", "1", "messages", "open", "",
        DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch);

    private static DeadLetterDetails Details(JsonElement decoded) => new(
        Letter(), "Correct the decode section of topology fleet.", "fleet.uploads.v1-2@0", "mesh.decode.dead-letters.v1-0@2", "", 0,
        [new(DateTimeOffset.UnixEpoch, "written", "MESH10311", "", "", ""), new(DateTimeOffset.UnixEpoch, "replay_asked", "replay d0", "", "", "")], "00010000", null, decoded);

    private static ReplayEntry Replay(ReplayState state) => new()
    {
        Id = "d0061b0e8a88", Kind = ReplayKind.DeadLetters, State = state, Total = 4, Done = 2, Failed = 1, Description = "310 dead letters of 4 recordings", TotalBytes = 4_000, FinishedBytes = 3_000, WorkedSeconds = 3,
    };
}
