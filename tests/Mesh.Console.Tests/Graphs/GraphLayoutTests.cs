using System.Diagnostics;
using Mesh.Console.Graphs;

namespace Mesh.Console.Tests.Graphs;

public class GraphLayoutTests(ITestOutputHelper output)
{
    public static TheoryData<int, int, int> Sizes => new()
    {
        { 1, 0, 1 }, { 2, 1, 2 }, { 12, 14, 3 }, { 30, 44, 4 }, { 30, 44, 5 }, { 100, 164, 6 }, { 100, 300, 7 }, { 300, 507, 8 },
    };

    [Fact]
    public void Nothing_is_an_empty_drawing() => GraphLayout.Of([], []).ShouldSatisfyAllConditions(layout => layout.Nodes.ShouldBeEmpty(), layout => layout.Width.ShouldBe(0));

    [Theory]
    [MemberData(nameof(Sizes))]
    public void No_two_nodes_overlap_and_all_lie_within_the_drawing(int nodes, int edges, int seed)
    {
        var layout = Layout(nodes, edges, seed);

        layout.Nodes.Count.ShouldBe(nodes);
        foreach (var column in layout.Nodes.GroupBy(node => node.Layer))
        {
            var sorted = column.OrderBy(node => node.Y).ToList();
            for (int i = 1; i < sorted.Count; i++) (sorted[i].Y - sorted[i - 1].Y - sorted[i - 1].Height).ShouldBeGreaterThanOrEqualTo(GraphLayout.NodeGap - 0.001);
            sorted.Select(node => node.Order).ShouldBe(Enumerable.Range(0, sorted.Count));
        }

        foreach (var (left, right) in layout.Nodes.SelectMany(left => layout.Nodes.Where(right => right.Layer > left.Layer).Select(right => (left, right)))) (left.X + left.Width).ShouldBeLessThan(right.X);
        foreach (var node in layout.Nodes)
        {
            node.X.ShouldBeGreaterThanOrEqualTo(0);
            node.Y.ShouldBeGreaterThanOrEqualTo(0);
            (node.X + node.Width).ShouldBeLessThanOrEqualTo(layout.Width);
            (node.Y + node.Height).ShouldBeLessThanOrEqualTo(layout.Height);
        }
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void Edges_lead_from_left_to_right_and_only_those_that_close_a_cycle_lead_back(int nodes, int edges, int seed)
    {
        var layout = Layout(nodes, edges, seed);
        var places = layout.Nodes.ToDictionary(node => node.Id);

        foreach (var edge in layout.Edges)
        {
            var (from, to) = (places[edge.Edge.From], places[edge.Edge.To]);
            edge.Points[0].ShouldSatisfyAllConditions(point => point.X.ShouldBe(from.X + from.Width, 0.001), point => point.Y.ShouldBeInRange(from.Y, from.Y + from.Height));
            edge.Points[^1].ShouldSatisfyAllConditions(point => point.X.ShouldBe(to.X, 0.001), point => point.Y.ShouldBeInRange(to.Y, to.Y + to.Height));
            if (edge.IsFeedback) continue;
            to.Layer.ShouldBeGreaterThan(from.Layer);
            for (int i = 1; i < edge.Points.Count; i++) edge.Points[i].X.ShouldBeGreaterThanOrEqualTo(edge.Points[i - 1].X);
        }

        // Without those that lead back there is no cycle, and each of them closes one.
        var next = layout.Edges.Where(edge => !edge.IsFeedback).ToLookup(edge => edge.Edge.From, edge => edge.Edge.To);
        foreach (var back in layout.Edges.Where(edge => edge.IsFeedback)) Reaches(next, back.Edge.To, back.Edge.From).ShouldBeTrue();
    }

    [Theory]
    [MemberData(nameof(Sizes))]
    public void An_edge_never_passes_through_a_node_of_a_column_between(int nodes, int edges, int seed)
    {
        var layout = Layout(nodes, edges, seed);
        foreach (var edge in layout.Edges.Where(edge => !edge.IsFeedback))
        {
            // Within a column it is straight, from one point of a pair to the other.
            for (int i = 1; i + 1 < edge.Points.Count - 1; i += 2)
            {
                edge.Points[i].Y.ShouldBe(edge.Points[i + 1].Y, 0.001);
                foreach (var node in layout.Nodes.Where(node => node.X < edge.Points[i + 1].X && node.X + node.Width > edge.Points[i].X))
                {
                    bool isBeside = edge.Points[i].Y < node.Y || edge.Points[i].Y > node.Y + node.Height;
                    isBeside.ShouldBeTrue($"{edge.Edge} passes {node.Id}");
                }
            }
        }
    }

    [Fact]
    public void The_same_graph_always_looks_the_same_and_one_more_node_moves_no_other_into_another_column()
    {
        var (nodes, edges) = Random(60, 90, 11);
        var first = GraphLayout.Of(nodes, edges);
        var again = GraphLayout.Of(nodes, edges);
        again.Nodes.ShouldBe(first.Nodes);
        again.Edges.Select(edge => edge.Path).ShouldBe(first.Edges.Select(edge => edge.Path));

        var more = GraphLayout.Of([.. nodes, new GraphNode("new", 120, 40)], [.. edges, new GraphEdge(nodes[0].Id, "new")]);
        more.Nodes.Where(node => node.Id != "new").ToDictionary(node => node.Id, node => node.Layer).ShouldBe(first.Nodes.ToDictionary(node => node.Id, node => node.Layer), ignoreOrder: true);
    }

    [Fact]
    public void A_node_that_leads_to_itself_and_edges_to_nowhere_are_drawn_or_left_out()
    {
        var layout = GraphLayout.Of([new GraphNode("a", 100, 40)], [new GraphEdge("a", "a"), new GraphEdge("a", "gone")]);
        layout.Edges.Single().ShouldSatisfyAllConditions(edge => edge.IsFeedback.ShouldBeTrue(), edge => edge.Path.ShouldStartWith("M"));
    }

    [Fact]
    public void A_way_without_branches_is_a_straight_line()
    {
        var nodes = Enumerable.Range(0, 6).Select(i => new GraphNode($"n{i}", 100, 40)).ToList();
        var layout = GraphLayout.Of(nodes, [.. Enumerable.Range(0, 5).Select(i => new GraphEdge($"n{i}", $"n{i + 1}"))]);
        layout.Nodes.Select(node => node.Y).Distinct().Count().ShouldBe(1);
        layout.Nodes.Select(node => node.Layer).ShouldBe([0, 1, 2, 3, 4, 5]);
        layout.Crossings.ShouldBe(0);
    }

    [Fact]
    public void Sweeps_undo_crossings_that_the_given_order_has()
    {
        var nodes = new[] { "a", "b", "x", "y" }.Select(id => new GraphNode(id, 100, 40)).ToList();
        GraphLayout.Of(nodes, [new("a", "y"), new("b", "x")]).Crossings.ShouldBe(0);
    }

    [Theory]
    [InlineData(30, 44)]
    [InlineData(100, 164)]
    [InlineData(300, 507)]
    [InlineData(1000, 1696)]
    public void A_large_graph_is_placed(int nodes, int edges)
    {
        var graph = Random(nodes, edges, 42);
        var layout = GraphLayout.Of(graph.Nodes, graph.Edges);
        var times = new List<double>();
        for (int i = 0; i < 5; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            GraphLayout.Of(graph.Nodes, graph.Edges);
            times.Add(Stopwatch.GetElapsedTime(begun).TotalMilliseconds);
        }

        output.WriteLine($"{nodes} nodes, {edges} edges: {times.Order().ElementAt(2):0.0} ms ({times.Min():0.0} to {times.Max():0.0}), {layout.Crossings} crossings, {layout.Width:0} x {layout.Height:0}");
        layout.Nodes.Count.ShouldBe(nodes);
        layout.Edges.Count.ShouldBe(edges);
    }

    private static GraphLayout Layout(int nodes, int edges, int seed)
    {
        var graph = Random(nodes, edges, seed);
        return GraphLayout.Of(graph.Nodes, graph.Edges);
    }

    // Mostly forwards, near, and now and then back: as a system of stages is.
    private static (List<GraphNode> Nodes, List<GraphEdge> Edges) Random(int count, int edges, int seed)
    {
        var random = new Random(seed);
        var nodes = Enumerable.Range(0, count).Select(i => new GraphNode($"n{i}", random.Next(80, 240), random.Next(30, 70))).ToList();
        var made = new HashSet<GraphEdge>();
        while (made.Count < edges)
        {
            int from = random.Next(count), to = random.Next(20) == 0 ? random.Next(count) : Math.Min(count - 1, from + 1 + random.Next(Math.Max(2, count / 6)));
            if (from != to) made.Add(new GraphEdge(nodes[from].Id, nodes[to].Id));
        }

        return (nodes, [.. made]);
    }

    private static bool Reaches(ILookup<string, string> next, string from, string to)
    {
        var seen = new HashSet<string> { from };
        var queue = new Queue<string>([from]);
        while (queue.TryDequeue(out string? at))
        {
            if (at == to) return true;
            foreach (string id in next[at].Where(seen.Add)) queue.Enqueue(id);
        }

        return false;
    }
}
