using Mesh.Commands.Flow;
using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse.Topologies;
using Mesh.Model;
using NSubstitute;
using NSubstitute.ExceptionExtensions;

namespace Mesh.Console.Tests.Pages.Flow;

public class TopologyPageTests
{
    private static readonly DateTimeOffset At = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_graph_is_in_the_page_with_a_table_that_says_the_same()
    {
        await using var console = await StartAsync(Small());
        var (status, html) = await console.GetAsync("/topology");

        status.ShouldBe(200);
        html.ShouldContain("<svg");
        html.ShouldContain("data-node=\"topic:fleet.uploads.v1\"");
        html.ShouldContain("data-live-key=\"lag.mesh.ingest.fleet.uploads.v1\">1,234<");
        html.ShouldContain("data-live-key=\"topic.fleet.uploads.v1.rate\">2.5/s<");
        html.ShouldContain("<td class=\"number\">records 2.4/s</td>");
        html.ShouldContain("3 parts, all well");
        html.ShouldNotContain("style=");
    }

    [Fact]
    public async Task What_is_broken_is_said_first_and_found_in_the_graph()
    {
        var view = Small();
        await using var console = await StartAsync(view with { Nodes = [view.Nodes[0], view.Nodes[1] with { Health = FlowHealth.Broken, Problem = "It failed: <script>alert(1)</script>" }, view.Nodes[2]] });
        var (_, html) = await console.GetAsync("/topology");

        html.ShouldContain("decode is broken");
        html.ShouldContain("It failed: &lt;script&gt;alert(1)&lt;/script&gt;");
        html.ShouldNotContain("<script>alert");
        html.ShouldContain("1 not well");
        html.ShouldContain("class=\"node bad");
    }

    [Fact]
    public async Task A_chosen_part_highlights_its_way_and_shows_what_is_known_of_it_and_what_can_be_done()
    {
        await using var console = await StartAsync(Small());
        var (_, html) = await console.GetAsync("/topology?node=stage:decode%20a@1");

        html.ShouldContain("Chosen part");
        html.ShouldContain("has-path");
        html.ShouldContain("/actions/replay-recordings?topology=a%401");
        html.ShouldContain("read by <a href=\"/groups/mesh.ingest\">mesh.ingest</a>");
    }

    [Fact]
    public async Task A_chosen_part_that_has_gone_is_said()
    {
        await using var console = await StartAsync(Small());
        (await console.GetAsync("/topology?node=stage:gone")).Html.ShouldContain("The part that was chosen is not there any more.");
    }

    [Fact]
    public async Task More_than_twenty_siblings_are_one_until_they_are_wanted()
    {
        await using var console = await StartAsync(Many(27));
        var (_, html) = await console.GetAsync("/topology");
        html.ShouldContain("27 tables");
        html.ShouldNotContain("data-node=\"table:raw.t5\"");

        (await console.GetAsync("/topology?expand=group:table:stage:catalogue")).Html.ShouldContain("data-node=\"table:raw.t5\"");
        (await console.GetAsync("/topology?node=table:raw.t5")).Html.ShouldContain("data-node=\"table:raw.t5\"");
    }

    [Fact]
    public async Task Above_three_hundred_parts_a_choice_is_asked_for()
    {
        await using var console = await StartAsync(Many(400));
        var (status, html) = await console.GetAsync("/topology?expand=group:table:stage:catalogue");
        status.ShouldBe(200);
        html.ShouldContain("401 parts are too many to draw.");
        html.ShouldNotContain("data-node=");

        (await console.GetAsync("/topology?node=table:raw.t5&depth=1&expand=group:table:stage:catalogue")).Html.ShouldContain("2 of 401 parts");
    }

    [Fact]
    public async Task Only_what_is_not_well_is_shown_when_that_is_wanted()
    {
        await using var console = await StartAsync(Small());
        (await console.GetAsync("/topology?health=unwell")).Html.ShouldContain("Everything is well: nothing is late or broken.");
    }

    [Fact]
    public async Task Before_anything_was_measured_that_is_said_and_no_number_is_shown()
    {
        var view = Small();
        await using var console = await StartAsync(view with { MeasuredAt = null, Nodes = [.. view.Nodes.Select(node => node with { Rate = null })], Edges = [.. view.Edges.Select(edge => edge with { Rate = null, Lag = null })] });
        var (_, html) = await console.GetAsync("/topology");
        html.ShouldContain("Rates and lags are not measured yet.");
        html.ShouldNotContain("0/s");
    }

    [Fact]
    public async Task A_database_that_is_away_is_an_error_and_not_an_empty_graph()
    {
        await using var console = await ConsoleHost.StartAsync();
        console.Services.Flow.GetAsync(Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH5001", "The database is away.", isTransient: true));
        (await console.GetAsync("/topology")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(503), answer => answer.Html.ShouldContain("MESH5001"));
    }

    [Fact]
    public async Task The_text_of_a_topology_is_shown_escaped_and_numbered()
    {
        await using var console = await StartAsync(Small());
        console.Services.Topologies.FindAsync("a", 1, Arg.Any<CancellationToken>()).Returns(Topology() with { Yaml = "kind: Topology\n# <b>&\n" });
        var (status, html) = await console.GetAsync("/topology/a?version=1");
        status.ShouldBe(200);
        html.ShouldContain("# &lt;b&gt;&amp;");
        html.ShouldContain("mesh topology show a@1");
        (await console.GetAsync("/topology/b")).ShouldSatisfyAllConditions(answer => answer.Status.ShouldBe(404), answer => answer.Html.ShouldContain("Did you mean"));
    }

    [Fact]
    public async Task A_topology_is_applied_by_post_after_its_plan_and_with_errors_it_is_not()
    {
        await using var console = await StartAsync(Small());
        string yaml = new('#', 20_000);
        console.Services.Topologies.PlanAsync(Arg.Any<TopologyRequest>(), Arg.Any<CancellationToken>()).Returns(new TopologyPlanView("a", 2, "abc", "add", [new("table", "raw.x", "add")], [], [], [], ""));
        console.Services.Topologies.ApplyAsync(Arg.Any<TopologyRequest>(), Arg.Any<CancellationToken>()).Returns(new TopologyPlanView("a", 2, "abc", "add", [], [], [], [], ""));
        console.Services.Topologies.FindAsync("a", 2, Arg.Any<CancellationToken>()).Returns(Topology() with { Version = 2, Yaml = yaml });

        // The form comes filled in from what is in force, and its plan is asked for by POST, for an address has no room for it.
        console.Services.Topologies.FindAsync("a", 1, Arg.Any<CancellationToken>()).Returns(Topology() with { Yaml = yaml });
        var (_, form) = await console.GetAsync("/actions/apply-topology?from=a@1");
        form.ShouldContain(yaml);
        var (status, ran) = await console.RunPlanAsync("/actions/apply-topology", form);
        status.ShouldBe(200);
        await console.Services.Topologies.Received(1).ApplyAsync(new TopologyRequest("a.yaml", yaml), Arg.Any<CancellationToken>());

        console.Services.Topologies.PlanAsync(Arg.Any<TopologyRequest>(), Arg.Any<CancellationToken>()).ThrowsAsync(new MeshException("MESH11040", "The topology has 1 error:\na.yaml(3,5): no such key"));
        var (_, refused) = await console.GetAsync("/actions/apply-topology?from=a@1");
        refused.ShouldContain("a.yaml(3,5): no such key");
        refused.ShouldContain("It cannot be run now");
        ran.ShouldNotBeNull();
    }

    private static Task<ConsoleHost> StartAsync(FlowView view) => ConsoleHost.StartAsync(services =>
    {
        services.Flow.GetAsync(Arg.Any<CancellationToken>()).Returns(view);
        services.Topologies.ListAsync(Arg.Any<CancellationToken>()).Returns([Topology()]);
        return services;
    });

    private static TopologyView Topology() => new("a", 1, "team", "0123456789ab", "active", TopologyOrigin.Applied, At, true, "fleet.uploads.v1", "mesh.ingest", ["p"]);

    private static FlowView Small() => new(
        [
            new("topic:fleet.uploads.v1", FlowKind.Topic, "fleet.uploads.v1") { Rate = 2.5, RateUnit = "records", Records = 10, Health = FlowHealth.Ok },
            new("stage:decode a@1", FlowKind.Stage, "decode") { Detail = "a@1", Topology = "a@1", Health = FlowHealth.Ok },
            new("table:raw.x", FlowKind.Table, "raw.x") { Topology = "a@1" },
        ],
        [new("topic:fleet.uploads.v1", "stage:decode a@1") { Group = "mesh.ingest", Lag = 1_234, Rate = 2.4, RateUnit = "records" }, new("stage:decode a@1", "table:raw.x")],
        [new StageView("catalogue", "running", 0, null)], At, TimeSpan.FromSeconds(10));

    private static FlowView Many(int tables) => new(
        [new("stage:catalogue", FlowKind.Stage, "catalogue") { Health = FlowHealth.Ok }, .. Enumerable.Range(0, tables).Select(i => new FlowNode($"table:raw.t{i}", FlowKind.Table, $"raw.t{i}"))],
        [.. Enumerable.Range(0, tables).Select(i => new FlowEdge("stage:catalogue", $"table:raw.t{i}"))], [], At, TimeSpan.FromSeconds(10));
}
