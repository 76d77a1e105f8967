namespace Mesh.Console.Graphs;

/// <summary>
/// A graph in columns, with cycles broken and a lane through every column that an edge passes. Vertices are numbered: the nodes first, in their
/// order, then the lanes.
/// </summary>
internal sealed class LayeredGraph
{
    /// <summary>Height that a lane takes, in pixels.</summary>
    private const double LaneHeight = 6;

    private readonly List<List<int>> next = [];
    private readonly List<List<int>> previous = [];
    private readonly List<double> heights = [];

    public LayeredGraph(IReadOnlyList<GraphNode> nodes, IReadOnlyList<GraphEdge> edges)
    {
        Nodes = nodes;
        var numbers = new Dictionary<string, int>(nodes.Count, StringComparer.Ordinal);
        for (int i = 0; i < nodes.Count; i++) numbers.Add(nodes[i].Id, i);
        foreach (var edge in edges)
        {
            if (numbers.TryGetValue(edge.From, out int from) && numbers.TryGetValue(edge.To, out int to)) Edges.Add(new Course(edge, from, to));
        }

        BreakCycles();
        Layer = Enumerable.Repeat(0, nodes.Count).ToList();
        AssignLayers();
        foreach (var node in nodes) AddVertex(node.Height);
        foreach (var course in Edges.Where(course => !course.IsFeedback)) AddLanes(course);
        Order = [.. Enumerable.Range(0, Layer.Max() + 1).Select(_ => new List<int>())];
        for (int vertex = 0; vertex < Layer.Count; vertex++) Order[Layer[vertex]].Add(vertex);
    }

    /// <summary>The nodes.</summary>
    public IReadOnlyList<GraphNode> Nodes { get; }

    /// <summary>The edges.</summary>
    public List<Course> Edges { get; } = [];

    /// <summary>Column of each vertex.</summary>
    public List<int> Layer { get; }

    /// <summary>The vertices of each column, from top to bottom.</summary>
    public List<List<int>> Order { get; set; }

    /// <summary>Middle of each vertex, from top to bottom; set by <see cref="LayerCoordinates"/>.</summary>
    public double[] Middle { get; set; } = [];

    public int Count => Layer.Count;

    public bool IsLane(int vertex) => vertex >= Nodes.Count;

    public double HeightOf(int vertex) => heights[vertex];

    /// <summary>Vertices of the next column that one leads to.</summary>
    public IReadOnlyList<int> Next(int vertex) => next[vertex];

    /// <summary>Vertices of the previous column that lead to one.</summary>
    public IReadOnlyList<int> Previous(int vertex) => previous[vertex];

    private int AddVertex(double height)
    {
        heights.Add(height);
        next.Add([]);
        previous.Add([]);
        return heights.Count - 1;
    }

    private void AddLanes(Course course)
    {
        int last = course.From;
        for (int layer = Layer[course.From] + 1; layer < Layer[course.To]; layer++)
        {
            int lane = AddVertex(LaneHeight);
            Layer.Add(layer);
            Connect(last, lane);
            course.Lanes.Add(lane);
            last = lane;
        }

        Connect(last, course.To);
    }

    private void Connect(int from, int to)
    {
        next[from].Add(to);
        previous[to].Add(from);
    }

    // Depth first in the order of the nodes: an edge to a node that is still being visited closes a cycle.
    private void BreakCycles()
    {
        var leaving = Edges.ToLookup(course => course.From);
        var state = new byte[Nodes.Count];
        var path = new Stack<(int Node, IEnumerator<Course> Left)>();
        for (int root = 0; root < Nodes.Count; root++)
        {
            if (state[root] != 0) continue;
            state[root] = 1;
            path.Push((root, leaving[root].GetEnumerator()));
            while (path.TryPeek(out var top))
            {
                if (!top.Left.MoveNext())
                {
                    state[top.Node] = 2;
                    path.Pop();
                    continue;
                }

                var course = top.Left.Current;
                if (state[course.To] == 1) course.IsFeedback = true;
                else if (state[course.To] == 0)
                {
                    state[course.To] = 1;
                    path.Push((course.To, leaving[course.To].GetEnumerator()));
                }
            }
        }
    }

    // Each node right of all that lead to it; what nothing leads to as near as may be to what it leads to.
    private void AssignLayers()
    {
        var leaving = Edges.Where(course => !course.IsFeedback).ToLookup(course => course.From, course => course.To);
        var waiting = new int[Nodes.Count];
        foreach (var course in Edges.Where(course => !course.IsFeedback)) waiting[course.To]++;
        var isSource = waiting.Select(count => count == 0).ToArray();
        var ready = new Queue<int>(Enumerable.Range(0, Nodes.Count).Where(node => waiting[node] == 0));
        while (ready.TryDequeue(out int node))
        {
            foreach (int to in leaving[node])
            {
                Layer[to] = Math.Max(Layer[to], Layer[node] + 1);
                if (--waiting[to] == 0) ready.Enqueue(to);
            }
        }

        for (int node = 0; node < Nodes.Count; node++)
        {
            if (isSource[node] && leaving[node].Any()) Layer[node] = leaving[node].Min(to => Layer[to]) - 1;
        }

        int first = Layer.Min();
        for (int node = 0; node < Nodes.Count; node++) Layer[node] -= first;
    }

    /// <summary>An edge and the lanes it takes.</summary>
    internal sealed class Course(GraphEdge edge, int from, int to)
    {
        public GraphEdge Edge => edge;

        public int From => from;

        public int To => to;

        public bool IsFeedback { get; set; } = from == to;

        public List<int> Lanes { get; } = [];
    }
}
