namespace Mesh.Console.Graphs;

/// <summary>
/// Gives edges their course: out of the right side of a node, each at a place of its own, along its lanes, into the left side of the next. Those that
/// lead back go down between the columns and below everything.
/// </summary>
internal sealed class EdgeRouter(LayeredGraph graph)
{
    /// <summary>Share of a side over which places of edges are spread.</summary>
    private const double PortShare = 0.6;

    private const double FeedbackLane = 10;

    private readonly double[] left = new double[graph.Order.Count];
    private readonly double[] width = new double[graph.Order.Count];

    public GraphLayout Route()
    {
        double x = GraphLayout.Margin;
        for (int layer = 0; layer < graph.Order.Count; layer++)
        {
            left[layer] = x;
            width[layer] = graph.Order[layer].Where(vertex => !graph.IsLane(vertex)).Select(vertex => graph.Nodes[vertex].Width).DefaultIfEmpty(0).Max();
            x += width[layer] + GraphLayout.LayerGap;
        }

        var nodes = Place();
        double bottom = Enumerable.Range(0, graph.Count).Max(vertex => graph.Middle[vertex] + (graph.HeightOf(vertex) / 2));
        var (leaves, reaches) = (Ports(course => course.From, course => course.Lanes is [int lane, ..] ? lane : course.To), Ports(course => course.To, course => course.Lanes is [.., int lane] ? lane : course.From));
        int back = 0;
        var edges = graph.Edges.ConvertAll(course => course.IsFeedback
            ? new PlacedEdge(course.Edge, Around(course, leaves[course], reaches[course], bottom, back++), IsFeedback: true)
            : new PlacedEdge(course.Edge, Along(course, leaves[course], reaches[course]), IsFeedback: false));
        double height = bottom + GraphLayout.Margin + (back > 0 ? (back + 1) * FeedbackLane : 0);

        // A column at the edge has room for the lines that lead back around it.
        return new GraphLayout(nodes, edges, x - GraphLayout.LayerGap + GraphLayout.Margin, height, LayerOrder.Crossings(graph));
    }

    private List<PlacedNode> Place()
    {
        var nodes = new List<PlacedNode>(graph.Nodes.Count);
        for (int layer = 0; layer < graph.Order.Count; layer++)
        {
            foreach (int vertex in graph.Order[layer].Where(vertex => !graph.IsLane(vertex)))
            {
                var node = graph.Nodes[vertex];
                int order = nodes.Count > 0 && nodes[^1].Layer == layer ? nodes[^1].Order + 1 : 0;
                nodes.Add(new PlacedNode(node.Id, layer, order, left[layer] + ((width[layer] - node.Width) / 2), graph.Middle[vertex] - (node.Height / 2), node.Width, node.Height));
            }
        }

        return nodes;
    }

    /// <summary>Height at which each edge touches a node, in the order of where it comes from or goes to, so that edges of one side do not cross at it.</summary>
    private Dictionary<LayeredGraph.Course, double> Ports(Func<LayeredGraph.Course, int> end, Func<LayeredGraph.Course, int> other)
    {
        var ports = new Dictionary<LayeredGraph.Course, double>(graph.Edges.Count);
        foreach (var side in graph.Edges.GroupBy(end))
        {
            // What leads back leaves and arrives lowest, for it goes below.
            var sorted = side.OrderBy(course => course.IsFeedback).ThenBy(course => graph.Middle[other(course)]).ToList();
            double room = graph.HeightOf(side.Key) * PortShare;
            for (int i = 0; i < sorted.Count; i++)
            {
                ports[sorted[i]] = graph.Middle[side.Key] + (room * (((i + 1.0) / (sorted.Count + 1)) - 0.5));
            }
        }

        return ports;
    }

    private List<GraphPoint> Along(LayeredGraph.Course course, double leaves, double reaches)
    {
        var points = new List<GraphPoint> { new(Right(course.From), leaves) };
        foreach (int lane in course.Lanes)
        {
            points.Add(new(left[graph.Layer[lane]], graph.Middle[lane]));
            points.Add(new(left[graph.Layer[lane]] + width[graph.Layer[lane]], graph.Middle[lane]));
        }

        points.Add(new(Left(course.To), reaches));
        return points;
    }

    private List<GraphPoint> Around(LayeredGraph.Course course, double leaves, double reaches, double bottom, int number)
    {
        double lane = bottom + ((number + 1) * FeedbackLane);
        double shift = Math.Min(number * 3, GraphLayout.LayerGap / 4);
        double down = Math.Min(left[graph.Layer[course.From]] + width[graph.Layer[course.From]] + 10 + shift, left[^1] + width[^1] + GraphLayout.Margin - 2);
        double up = Math.Max(left[graph.Layer[course.To]] - 10 - shift, 2);
        return [new(Right(course.From), leaves), new(down, leaves), new(down, lane), new(up, lane), new(up, reaches), new(Left(course.To), reaches)];
    }

    private double Left(int node) => left[graph.Layer[node]] + ((width[graph.Layer[node]] - graph.Nodes[node].Width) / 2);

    private double Right(int node) => Left(node) + graph.Nodes[node].Width;
}
