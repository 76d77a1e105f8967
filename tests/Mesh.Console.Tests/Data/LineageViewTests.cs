using Mesh.Console.Pages.Lineage;

namespace Mesh.Console.Tests.Data;

public class LineageViewTests
{
    [Fact]
    public void One_step_shows_the_neighbours_and_counts_what_it_hides()
    {
        var graph = Chain("a", "b", "c", "d", "e");

        var view = LineageView.Of(graph, "job:c", up: 1, down: 1, []);

        view.Nodes.Select(node => node.Id).ShouldBe(["c", "b", "d"], ignoreOrder: true);
        view.Hidden["job:b"].ShouldBe(1);
        view.Hidden["job:c"].ShouldBe(0);
        view.Edges.Count.ShouldBe(2);
    }

    [Fact]
    public void Opening_a_thing_shows_its_neighbours_too()
    {
        var view = LineageView.Of(Chain("a", "b", "c", "d", "e"), "job:c", 1, 1, ["job:d"]);

        view.Nodes.Select(node => node.Id).ShouldBe(["c", "b", "d", "e"], ignoreOrder: true);
    }

    [Fact]
    public void A_thing_with_a_thousand_neighbours_shows_few_and_says_how_many_more_there_are()
    {
        var graph = new LineageGraph();
        string centre = graph.Add(new LineageNode("product", "p", "", "/"));
        for (int i = 0; i < 1_000; i++) graph.Connect(centre, graph.Add(new LineageNode("job", $"j{i:D4}", "", "/")));

        var view = LineageView.Of(graph, centre, 5, 5, []);

        view.Nodes.Count.ShouldBe(1 + LineageView.MaxNeighbours);
        view.Hidden[centre].ShouldBe(1_000 - LineageView.MaxNeighbours);
        graph.Impact(centre).Count.ShouldBe(1_000);
    }

    [Fact]
    public void A_cycle_ends()
    {
        var graph = Chain("a", "b");
        graph.Connect("job:b", "job:a");

        LineageView.Of(graph, "job:a", 5, 5, []).Nodes.Count.ShouldBe(2);
        graph.Impact("job:a").Select(item => item.Node.Id).ShouldBe(["b"]);
    }

    private static LineageGraph Chain(params string[] ids)
    {
        var graph = new LineageGraph();
        string? last = null;
        foreach (string id in ids)
        {
            string key = graph.Add(new LineageNode("job", id, "", "/jobs/" + id));
            if (last is not null) graph.Connect(last, key);
            last = key;
        }

        return graph;
    }
}
